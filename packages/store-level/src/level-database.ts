import { storeError, writeError } from '@recordkit/record-store/internal'
import { inPieces } from '@recordkit/record-types/internal'

/** One write of a batch. */
export type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface LevelRange {
  readonly gte?: Uint8Array | undefined
  readonly lt?: Uint8Array | undefined
  readonly reverse?: boolean | undefined
}

/** An entry of a database: its full key and its value. */
export type LevelPair = readonly [Uint8Array, Uint8Array]

/** Keys and values are passed as bytes, whatever the encodings of the database are. */
export interface LevelEncoding {
  readonly keyEncoding: 'view'
  readonly valueEncoding: 'view'
}

/** The methods of an abstract-level iterator that are used. */
export interface LevelIterator {
  /** up to `size` entries; none at the end */
  nextv(size: number): Promise<[Uint8Array, Uint8Array][]>
  close(): Promise<void>
}

/** A chained batch. In classic-level filling one is cheaper than passing a list of many operations. */
export interface LevelBatch {
  put(key: Uint8Array, value: Uint8Array, options: LevelEncoding): unknown
  del(key: Uint8Array, options: LevelEncoding): unknown
  write(options: { readonly sync?: boolean | undefined }): Promise<void>
  close(): Promise<void>
}

/**
 * The members of an abstract-level 3 database that are used: classic-level, browser-level, memory-level, a sublevel of one,
 * or any other implementation. An interface instead of the class, so that a database with any key and value types fits, from
 * any copy of abstract-level.
 */
export interface LevelDatabase {
  readonly supports: {
    readonly encodings?: Readonly<Record<string, boolean>> | undefined
    readonly permanence?: boolean | undefined
    readonly implicitSnapshots?: boolean | undefined
  }
  readonly status: string
  open(): Promise<void>
  close(): Promise<void>
  get(key: Uint8Array, options: LevelEncoding): Promise<Uint8Array | undefined>
  getSync(key: Uint8Array, options: LevelEncoding): Uint8Array | undefined
  getMany(keys: Uint8Array[], options: LevelEncoding): Promise<(Uint8Array | undefined)[]>
  batch(): LevelBatch
  batch(operations: LevelOperation[], options: LevelEncoding & { readonly sync?: boolean | undefined }): Promise<void>
  iterator(options: LevelRange & LevelEncoding & { readonly highWaterMarkBytes?: number | undefined }): LevelIterator
  clear(options: LevelRange & Pick<LevelEncoding, 'keyEncoding'>): Promise<void>
  /** LevelDB only */
  compactRange?(start: Uint8Array, end: Uint8Array, options: LevelEncoding): Promise<void>
  /** the database that a sublevel is part of */
  readonly db?: unknown
}

/** Up to so many operations are passed as a list: a chained batch of the database costs more than they do. */
const fewOperations = 8

/** Operations that are passed to a chained batch in one piece. */
const pieceSize = 512

const encoding: LevelEncoding = /* @__PURE__ */ Object.freeze({ keyEncoding: 'view', valueEncoding: 'view' })

/** Whether the database supports synchronous reads (abstract-level 3.1). */
export function readsSynchronously(database: LevelDatabase): boolean {
  return (database.supports as { readonly getSync?: boolean | undefined }).getSync === true
}

/** Reads the value of a key: synchronously where the database supports it, otherwise as a promise. */
export function readBytes(
  database: LevelDatabase,
  key: Uint8Array
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  return readsSynchronously(database) ? database.getSync(key, encoding) : database.get(key, encoding)
}

/** Reads the values of several keys in one call of the database. */
export function readMany(database: LevelDatabase, keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
  return database.getMany(keys, encoding)
}

/**
 * Writes all operations or none. With `sync` it resolves when the database has synced them, if the database can.
 *
 * @throws RecordError `STORE_IO` when nothing was passed to the database, `STORE_UNKNOWN` when the database failed: it may
 * have the batch in its log, and apply it when it is opened again
 */
export async function writeBatch(
  database: LevelDatabase,
  operations: readonly LevelOperation[],
  sync: boolean
): Promise<void> {
  // a database that is not open rejects a list of operations as late as one that failed to write it
  if (operations.length <= fewOperations && database.status === 'open') return writeList(database, operations, sync)
  let batch: LevelBatch | undefined
  try {
    batch = database.batch()
    const open = batch
    await inPieces(operations.length, pieceSize, (start, end) => {
      for (let index = start; index < end; index++) {
        const operation = operations[index] as LevelOperation
        if (operation.type === 'put') open.put(operation.key, operation.value, encoding)
        else open.del(operation.key, encoding)
      }
    })
  } catch (error) {
    await batch?.close()
    throw storeError(error)
  }
  try {
    await batch.write({ sync })
  } catch (error) {
    throw writeError(error)
  }
}

async function writeList(database: LevelDatabase, operations: readonly LevelOperation[], sync: boolean): Promise<void> {
  try {
    await database.batch([...operations], { ...encoding, sync })
  } catch (error) {
    throw writeError(error)
  }
}

/** Deletes the entries of a range, not all at once. @throws RecordError `STORE_UNKNOWN`: some may be deleted */
export async function clearRange(database: LevelDatabase, range: LevelRange): Promise<void> {
  try {
    await database.clear({ ...range, keyEncoding: encoding.keyEncoding })
  } catch (error) {
    throw writeError(error)
  }
}

/**
 * Makes LevelDB start a new log. A failed write may leave a torn entry in the log, and LevelDB would append behind it, where
 * its recovery does not read: writes acknowledged since then would be lost, synced or not.
 */
export async function startNewLog(database: LevelDatabase): Promise<void> {
  const root = (database.db ?? database) as LevelDatabase
  const empty = new Uint8Array(0)
  // compacting an empty range also moves the entries of the log into a table
  await root.compactRange?.(empty, empty, encoding)
}

/** Number of entries of the first page of a range, and of its largest one. */
const [firstPage, largestPage] = [16, 256]
/** bytes of the entries that a database reads at a time for a page */
const highWaterMarkBytes = 131_072

/** Reads the entries of a range in pages, which grow: most ranges are read to their end, or only begun. */
export class LevelPages {
  readonly #iterator: LevelIterator
  #size = firstPage

  constructor(database: LevelDatabase, range: LevelRange) {
    this.#iterator = database.iterator({ ...range, ...encoding, highWaterMarkBytes })
  }

  /** The next entries; none at the end. */
  async next(): Promise<readonly LevelPair[]> {
    const size = this.#size
    this.#size = Math.min(largestPage, 4 * size)
    return this.#iterator.nextv(size)
  }

  close(): Promise<void> {
    return this.#iterator.close()
  }
}

/** Iterates over the entries of a range; closes the iterator of the database when the loop ends early. */
export async function* readRange(database: LevelDatabase, range: LevelRange): AsyncGenerator<LevelPair, undefined> {
  const pages = new LevelPages(database, range)
  try {
    for (;;) {
      const page = await pages.next()
      if (page.length === 0) return undefined
      yield* page
    }
  } finally {
    await pages.close()
  }
}
