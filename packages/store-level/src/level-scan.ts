import type { BufferedEntries, StoreEntry } from '@recordkit/record-store'
import { LevelPages } from './level-database.ts'
import type { LevelDatabase, LevelPair, LevelRange } from './level-database.ts'

/** The entries of a range, decoded one at a time from pages of the database. */
export class LevelScan implements BufferedEntries {
  readonly #begin: () => LevelPages
  readonly #read: (fullKey: Uint8Array, value: Uint8Array) => StoreEntry
  #pages: LevelPages | undefined
  #page: readonly LevelPair[] = []
  #position = 0
  #done = false

  constructor(
    database: LevelDatabase,
    range: LevelRange,
    read: (fullKey: Uint8Array, value: Uint8Array) => StoreEntry
  ) {
    this.#begin = () => new LevelPages(database, range)
    this.#read = read
  }

  takeRead(): StoreEntry | undefined {
    const pair = this.#page[this.#position]
    if (pair === undefined) return undefined
    this.#position++
    return this.#read(pair[0], pair[1])
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
    await pages?.close()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
