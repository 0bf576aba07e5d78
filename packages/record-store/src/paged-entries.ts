import type { MaybePromise } from '@recordkit/record-types'
import type { BufferedEntries, StoreEntry } from './backend.ts'

/** A range of a database that is read in pages. */
export interface EntryPages<Row> {
  /** Reads the next rows; none at the end. */
  next(): MaybePromise<readonly Row[]>
  /** Ends the reading, whether all was read or not. */
  close?(): MaybePromise<void>
}

/**
 * The entries of a range, for the `scan` of a backend: pages of rows, decoded one at a time. Nothing is read before the first `next`.
 *
 * @example
 * ```ts
 * const scan = new PagedEntries(() => ({ next: () => nextRows() }), ({ key, entry }) => decodeStoreEntry(key, entry))
 * ```
 */
export class PagedEntries<Row> implements BufferedEntries {
  readonly #begin: () => EntryPages<Row>
  readonly #decode: (row: Row) => StoreEntry
  #pages: EntryPages<Row> | undefined
  #page: readonly Row[] = []
  #position = 0
  #done = false

  /**
   * @param begin - called at the first `next`
   * @param decode - called for each row that is taken
   */
  constructor(begin: () => EntryPages<Row>, decode: (row: Row) => StoreEntry) {
    this.#begin = begin
    this.#decode = decode
  }

  takeRead(): StoreEntry | undefined {
    if (this.#position >= this.#page.length) return undefined
    return this.#decode(this.#page[this.#position++] as Row)
  }

  async next(): Promise<IteratorResult<StoreEntry, undefined>> {
    if (this.#position >= this.#page.length && !this.#done) {
      this.#pages ??= this.#begin()
      this.#page = await this.#pages.next()
      this.#position = 0
    }
    const value = this.takeRead()
    return value === undefined ? this.return() : { done: false, value }
  }

  async return(): Promise<IteratorResult<StoreEntry, undefined>> {
    const pages = this.#pages
    this.#done = true
    this.#page = []
    this.#pages = undefined
    await pages?.close?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
