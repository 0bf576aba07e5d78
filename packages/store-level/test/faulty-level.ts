import { toHex } from '@recordkit/record-types/internal'
import type { AbstractBatchOperation, AbstractIterator, AbstractIteratorOptions } from 'abstract-level'
import { MemoryLevel } from 'memory-level'

type Bytes = Uint8Array
type Operations = AbstractBatchOperation<MemoryLevel<Bytes, Bytes>, Bytes, Bytes>[]

/** The internal methods that abstract-level calls in a database; overridden below. */
interface InternalMethods {
  _get(key: Bytes, options: object): Promise<Bytes | undefined>
  _getSync(key: Bytes, options: object): Bytes | undefined
  _getMany(keys: Bytes[], options: object): Promise<(Bytes | undefined)[]>
  _batch(operations: Operations, options: { sync?: boolean }): Promise<void>
  _iterator(options: AbstractIteratorOptions<Bytes, Bytes>): AbstractIterator<MemoryLevel<Bytes, Bytes>, Bytes, Bytes>
}

const original = MemoryLevel.prototype as unknown as InternalMethods

/** A database in memory that can fail on request, counts its syncs, and can delay its writes. */
export class FaultyLevel extends MemoryLevel<Bytes, Bytes> {
  readError: Error | undefined
  writeError: Error | undefined
  /** thrown by each batch after it was applied */
  lateWriteError: Error | undefined
  /** awaited by each batch before it is applied */
  gate: Promise<void> | undefined
  syncs = 0
  batches = 0
  onBatch: ((operations: Operations, sync: boolean) => void) | undefined
  /** called with each key that is read individually; the read throws what it throws */
  onRead: ((key: Bytes) => void) | undefined

  constructor() {
    super({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
  }

  async _get(key: Bytes, options: object): Promise<Bytes | undefined> {
    if (this.readError !== undefined) throw this.readError
    this.onRead?.(key)
    return original._get.call(this, key, options)
  }

  _getSync(key: Bytes, options: object): Bytes | undefined {
    if (this.readError !== undefined) throw this.readError
    this.onRead?.(key)
    return original._getSync.call(this, key, options)
  }

  async _getMany(keys: Bytes[], options: object): Promise<(Bytes | undefined)[]> {
    if (this.readError !== undefined) throw this.readError
    for (const key of keys) this.onRead?.(key)
    return original._getMany.call(this, keys, options)
  }

  async _batch(operations: Operations, options: { sync?: boolean }): Promise<void> {
    await this.gate
    if (this.writeError !== undefined) throw this.writeError
    this.batches++
    if (options.sync === true) this.syncs++
    this.onBatch?.(operations, options.sync === true)
    await original._batch.call(this, operations, options)
    if (this.lateWriteError !== undefined) throw this.lateWriteError
  }

  _iterator(options: AbstractIteratorOptions<Bytes, Bytes>): AbstractIterator<MemoryLevel<Bytes, Bytes>, Bytes, Bytes> {
    if (this.readError !== undefined) throw this.readError
    return original._iterator.call(this, options)
  }
}

/** The part of a database that is used. With the class, the type checker would compare all its subclasses in depth. */
interface IterableLevel {
  iterator(options: { keyEncoding: 'view'; valueEncoding: 'view' }): { all(): Promise<[Bytes, Bytes][]> }
}

/** All entries of a database, as `key=value` in hex. */
export async function dump(database: IterableLevel): Promise<string[]> {
  const entries = await database.iterator({ keyEncoding: 'view', valueEncoding: 'view' }).all()
  return entries.map(([key, value]) => `${toHex(key)}=${toHex(value)}`)
}
