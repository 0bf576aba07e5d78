import type { StoreEntry } from '@recordkit/record-store'
import { TurnCollector } from '@recordkit/record-store/internal'
import type { MaybePromise } from '@recordkit/record-types'
import { isPromise, turns } from '@recordkit/record-types/internal'
import type { LevelDatabase } from './level-database.ts'
import { readBytes, readMany, readsSynchronously } from './level-database.ts'
import type { LevelEntry } from './level-entry.ts'
import { joinEntries, readMark, readPublication, readRecord } from './level-entry.ts'
import { entryKey, entryType } from './level-layout.ts'
import type { LevelWriter } from './level-writer.ts'

/** Keys of a turn that are read synchronously, where the database can: each costs less than its part of a call for many keys. */
const synchronousReads = 64
/** Keys of them that are read in one piece. */
const synchronousSlice = 16
/** Keys that are read in one call of the database. */
const readSlice = 256

/** What is known of a part that does not exist. */
const noEntry: LevelEntry = /* @__PURE__ */ Object.freeze({})

/** A call of the database that reads many records. */
interface ManyRead {
  readonly recordKeys: Uint8Array[]
  readonly values: Promise<(Uint8Array | undefined)[]>
  /** number of writes that had settled before it */
  readonly settled: number
}

/** Reads entries: few keys synchronously while the turn has time, all others of a turn together. */
export class LevelReads {
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  readonly #collector: TurnCollector<readonly Uint8Array[], StoreEntry[]>

  constructor(database: LevelDatabase, writer: LevelWriter) {
    this.#database = database
    this.#writer = writer
    this.#collector = new TurnCollector((calls) => this.#readTogether(calls))
  }

  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]> {
    return this.#isSynchronous(keys) && turns.hasTime ? this.#readEach(keys) : this.#collector.add(keys)
  }

  #isSynchronous(keys: readonly Uint8Array[]): boolean {
    return keys.length <= synchronousReads && readsSynchronously(this.#database)
  }

  #readEach(keys: readonly Uint8Array[]): LevelEntry[] {
    return keys.map((key) => this.#read(key))
  }

  async #readTogether(calls: readonly (readonly Uint8Array[])[]): Promise<StoreEntry[][]> {
    const keys = calls.length === 1 ? (calls[0] as readonly Uint8Array[]) : calls.flat()
    const entries = await (this.#isSynchronous(keys) ? this.#readInPieces(keys) : this.#readInSlices(keys))
    if (calls.length === 1) return [entries]
    let offset = 0
    return calls.map(({ length }) => entries.slice(offset, (offset += length)))
  }

  async #readInPieces(keys: readonly Uint8Array[]): Promise<LevelEntry[]> {
    const entries: LevelEntry[] = []
    for (let start = 0; start < keys.length; start += synchronousSlice) {
      const wait = turns.wait()
      if (wait !== undefined) await wait
      entries.push(...this.#readEach(keys.slice(start, start + synchronousSlice)))
    }
    return entries
  }

  async #readInSlices(keys: readonly Uint8Array[]): Promise<LevelEntry[]> {
    const entries: LevelEntry[] = []
    let reading: ManyRead | undefined = this.#beginRead(keys, 0)
    for (let start = readSlice; reading !== undefined; start += readSlice) {
      const values = await reading.values
      const { recordKeys, settled } = reading
      // the database reads the next slice while this one is decoded
      reading = start < keys.length ? this.#beginRead(keys, start) : undefined
      // a failure is thrown when it is awaited, or is that of a call that has failed already
      reading?.values.catch(() => undefined)
      const wait = turns.wait()
      if (wait !== undefined) await wait
      for (const [index, recordKey] of recordKeys.entries()) {
        const entry = this.#addOtherParts(recordKey, values[index], settled)
        entries.push(isPromise(entry) ? await entry : entry)
      }
    }
    return entries
  }

  #beginRead(keys: readonly Uint8Array[], start: number): ManyRead {
    const recordKeys = keys.slice(start, start + readSlice).map((key) => entryKey(entryType.record, key))
    return { recordKeys, values: readMany(this.#database, recordKeys), settled: this.#writer.settled }
  }

  /** Reads an entry of a database that reads synchronously. */
  #read(key: Uint8Array): LevelEntry {
    const { settled } = this.#writer
    const recordKey = entryKey(entryType.record, key)
    const value = readBytes(this.#database, recordKey) as Uint8Array | undefined
    return this.#addOtherParts(recordKey, value, settled) as LevelEntry
  }

  /** Decodes a record, and reads mark and publication of its key if it can have them. */
  #addOtherParts(
    recordKey: Uint8Array,
    record: Uint8Array | undefined,
    settled: number
  ): LevelEntry | Promise<LevelEntry> {
    const entry = record === undefined ? noEntry : readRecord(recordKey, record)
    const marked = record === undefined ? this.#writer.mayHaveMarks : entry.marked === true
    const published = record === undefined ? this.#writer.mayHavePublications : entry.published === true
    if (!marked && !published) {
      if (record === undefined) return { settled }
      return {
        record: entry.record,
        recordShare: entry.recordShare,
        newer: entry.newer,
        version: { record, mark: undefined, publication: undefined },
        settled
      }
    }
    const key = recordKey.subarray(1)
    const markKey = entryKey(entryType.mark, key)
    const publicationKey = entryKey(entryType.publication, key)
    const join = (mark: Uint8Array | undefined, publication: Uint8Array | undefined): LevelEntry => {
      if (record === undefined && mark === undefined && publication === undefined) return { settled }
      return joinEntries(
        entry,
        mark === undefined ? noEntry : readMark(markKey, mark),
        publication === undefined ? noEntry : readPublication(publicationKey, publication),
        { record, mark, publication },
        settled
      )
    }
    const markBytes = marked ? readBytes(this.#database, markKey) : undefined
    const publicationBytes = published ? readBytes(this.#database, publicationKey) : undefined
    return isPromise(markBytes) || isPromise(publicationBytes)
      ? Promise.all([markBytes, publicationBytes]).then(([mark, publication]) => join(mark, publication))
      : join(markBytes, publicationBytes)
  }
}
