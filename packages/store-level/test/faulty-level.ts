import type { AbstractBatchOperation, AbstractIterator, AbstractIteratorOptions } from 'abstract-level'
import { MemoryLevel } from 'memory-level'

type Bytes = Uint8Array
type Operations = AbstractBatchOperation<MemoryLevel<Bytes, Bytes>, Bytes, Bytes>[]

/** What abstract-level calls in a database, for those who stand in between. */
interface Inner {
  _get(key: Bytes, options: object): Promise<Bytes | undefined>
  _getSync(key: Bytes, options: object): Bytes | undefined
  _batch(operations: Operations, options: { sync?: boolean }): Promise<void>
  _iterator(options: AbstractIteratorOptions<Bytes, Bytes>): AbstractIterator<MemoryLevel<Bytes, Bytes>, Bytes, Bytes>
}

const inner = MemoryLevel.prototype as unknown as Inner

/** A database in memory that fails when it is told to, counts its syncs, and can be held up while it writes. */
export class FaultyLevel extends MemoryLevel<Bytes, Bytes> {
  readError: Error | undefined
  writeError: Error | undefined
  /** thrown by each batch once it has been applied */
  lateWriteError: Error | undefined
  /** awaited by each batch before it is applied */
  gate: Promise<void> | undefined
  syncs = 0
  batches = 0
  onBatch: ((operations: Operations, sync: boolean) => void) | undefined
  /** told of each key that is read by itself; what it throws, the read throws */
  onRead: ((key: Bytes) => void) | undefined

  constructor() {
    super({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' })
  }

  async _get(key: Bytes, options: object): Promise<Bytes | undefined> {
    if (this.readError !== undefined) throw this.readError
    this.onRead?.(key)
    return inner._get.call(this, key, options)
  }

  _getSync(key: Bytes, options: object): Bytes | undefined {
    if (this.readError !== undefined) throw this.readError
    this.onRead?.(key)
    return inner._getSync.call(this, key, options)
  }

  async _batch(operations: Operations, options: { sync?: boolean }): Promise<void> {
    await this.gate
    if (this.writeError !== undefined) throw this.writeError
    this.batches++
    if (options.sync === true) this.syncs++
    this.onBatch?.(operations, options.sync === true)
    await inner._batch.call(this, operations, options)
    if (this.lateWriteError !== undefined) throw this.lateWriteError
  }

  _iterator(options: AbstractIteratorOptions<Bytes, Bytes>): AbstractIterator<MemoryLevel<Bytes, Bytes>, Bytes, Bytes> {
    if (this.readError !== undefined) throw this.readError
    return inner._iterator.call(this, options)
  }
}

/** What is used of a database: naming the class would compare it with its subclasses in depth, in an order that varies. */
interface Listed {
  iterator(options: { keyEncoding: 'view'; valueEncoding: 'view' }): { all(): Promise<[Bytes, Bytes][]> }
}

/** Everything that is in a database, as hex pairs. */
export async function dump(database: Listed): Promise<string[]> {
  const hex = (bytes: Bytes): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const entries = await database.iterator({ keyEncoding: 'view', valueEncoding: 'view' }).all()
  return entries.map(([key, value]) => `${hex(key)}=${hex(value)}`)
}
