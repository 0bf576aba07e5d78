import { parseRecordKey } from '@recordkit/record-codec'
import { compareBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { checkBoolean, checkFunction, checkOptions, ownCopy } from '@recordkit/record-types/internal'
import { header, progressInterval } from './archive-format.ts'
import { endItem, markItem, publicationItem, recordItem } from './archive-items.ts'
import type { ArchiveProgress } from './import-records.ts'
import { managerParts } from './manager-parts.ts'
import type { RecordManager } from './record-manager.ts'

/** Options of {@link exportRecords}. */
export interface ExportOptions extends AbortOptions {
  /** only keys that begin with it; text is encoded as UTF-8. @default all keys */
  readonly prefix?: string | Uint8Array | undefined
  /**
   * an archive for others: without marks, without publications, and without the records that were put offline. @default false: a
   * backup
   */
  readonly public?: boolean | undefined
  /** called after every 256 items, and at the end */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined
}

/**
 * Writes what the store of a manager contains to an archive: a backup with its records, its marks and how it publishes which keys, or
 * with `public` the records for others. A backup contains no private key, but what was put offline: keep it as you keep the store.
 * Records are not verified here; the import verifies them. The keys are in byte order.
 *
 * The chunks are the header, one for each item, and the end. What is put while it runs may or may not be included.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option; the error of the store; the reason of the signal
 * @example
 * ```ts
 * await pipeline(exportRecords(manager), createWriteStream('backup.archive'))
 * await pipeline(exportRecords(manager, { prefix: '/config/', public: true }), createWriteStream('config.archive'))
 * ```
 */
export function exportRecords(manager: RecordManager, options: ExportOptions = {}): AsyncGenerator<Uint8Array> {
  // they are read later
  return exportChunks(manager, ownCopy(options))
}

async function* exportChunks(manager: RecordManager, options: ExportOptions): AsyncGenerator<Uint8Array> {
  checkOptions(options, { prefix: 0, public: 0, onProgress: 0, signal: 0 })
  const { signal, onProgress } = options
  const isPublic = checkBoolean(options.public, 'public', false)
  if (onProgress !== undefined) checkFunction(onProgress, 'onProgress')
  const prefix = parseRecordKey(options.prefix ?? '').slice()
  const parts = managerParts.get(manager)
  if (parts === undefined) throw new RecordError('INVALID_ARGUMENT', 'manager must be a RecordManager')
  signal?.throwIfAborted()
  const { store } = parts
  let items = 0
  let bytes = 0
  const count = (chunk: Uint8Array, added: number): Uint8Array => {
    bytes += chunk.length
    items += added
    if (added > 0 && items % progressInterval === 0) onProgress?.({ items, bytes })
    return chunk
  }
  yield count(new TextEncoder().encode(header), 0)
  const query = { prefix }
  // an expired record is written when it is published: it is renewed after the import
  const records = new Peekable(store.iterate({ ...query, expired: !isPublic }, { signal }))
  const marks = new Peekable(isPublic ? none() : store.marks(query, { signal }))
  const publications = new Peekable(isPublic ? none() : store.publications(query, { signal }))
  const now = parts.clock()
  try {
    for (;;) {
      const heads = [await records.peek(), await marks.peek(), await publications.peek()]
      const key = heads.map((head) => head?.key).reduce(lower)
      if (key === undefined) break
      const [record, mark, publication] = [await records.at(key), await marks.at(key), await publications.at(key)]
      if (mark !== undefined) yield count(markItem(mark), 1)
      if (publication !== undefined) yield count(publicationItem(publication, record?.value), 1)
      else if (record !== undefined && !isExpired(record, now)) {
        // read after the record: one that is put offline meanwhile is not for others
        const isOffline = isPublic && (await store.publication(key, { signal }))?.network === false
        if (!isOffline) yield count(recordItem(record), 1)
      }
    }
  } finally {
    await Promise.all([records.close(), marks.close(), publications.close()])
  }
  yield count(endItem(), 0)
  onProgress?.({ items, bytes })
}

function isExpired({ expires }: { readonly expires?: bigint | undefined }, now: bigint): boolean {
  return expires !== undefined && now > expires
}

function lower(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return a === undefined || (b !== undefined && compareBytes(b, a) < 0) ? b : a
}

async function* none(): AsyncGenerator<never> {}

/** A sorted stream whose next element can be looked at. */
class Peekable<T extends { readonly key: Uint8Array }> {
  readonly #stream: AsyncIterator<T>
  #next: Promise<IteratorResult<T>> | undefined

  constructor(stream: AsyncIterable<T>) {
    this.#stream = stream[Symbol.asyncIterator]()
  }

  async peek(): Promise<T | undefined> {
    const { done, value } = await (this.#next ??= this.#stream.next())
    return done === true ? undefined : value
  }

  /** Takes the next element if it is that of `key`. */
  async at(key: Uint8Array): Promise<T | undefined> {
    const next = await this.peek()
    if (next === undefined || compareBytes(next.key, key) !== 0) return undefined
    this.#next = undefined
    return next
  }

  async close(): Promise<void> {
    await this.#stream.return?.()
  }
}
