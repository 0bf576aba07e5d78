import { isRecordError } from '@recordkit/record-types'
import type { Counters, MarkForm, RecordForm } from './entry-format.ts'
import {
  decodeCounters,
  decodeMark,
  decodePublication,
  decodeRecordForm,
  encodeRecordForm,
  tryDecode
} from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { sizeOf } from './level-entry.ts'
import {
  ageKey,
  entryKey,
  entryType,
  expiryKey,
  quarantineKey,
  readAgeKey,
  readExpiryKey,
  readQuarantineKey
} from './level-layout.ts'
import type { LevelChange } from './level-writer.ts'

/** A damaged entry, or one that contradicts another. */
export interface EntryProblem {
  readonly kind: 'record' | 'mark' | 'publication' | 'expiry' | 'age' | 'counters' | 'unknown'
  /** the record key; for `unknown` the full key in the database, for `counters` empty */
  readonly key: Uint8Array
  readonly message: string
}

/** The result of `verify` and `repair`. */
export interface CheckReport {
  /** number of entries that were read */
  readonly checked: number
  readonly problems: readonly EntryProblem[]
  /** number of entries that an earlier repair, or a write over a damaged entry, moved aside */
  readonly quarantined: number
}

/** The problems of a database, and the change that repairs them. */
export interface Findings {
  readonly report: CheckReport
  readonly change: LevelChange
}

/**
 * Checks every entry of the database. Must not run concurrently with writes.
 *
 * @param nextOrdinal - returns the ordinal of the next entry that is moved aside
 */
export async function checkEntries(
  database: LevelDatabase,
  counters: Counters,
  nextOrdinal: () => number,
  signal: AbortSignal | undefined
): Promise<Findings> {
  const checker = new EntryChecker(database, nextOrdinal)
  for await (const [key, value] of readRange(database, {})) {
    signal?.throwIfAborted()
    await checker.check(key, value)
  }
  return checker.findings(counters)
}

/** Instead of the content of an entry that a later version wrote: it is never changed, and neither is what points to it. */
const newerEntry = 'newer'

class EntryChecker {
  readonly #database: LevelDatabase
  readonly #nextOrdinal: () => number
  readonly #problems: EntryProblem[] = []
  readonly #operations: LevelOperation[] = []
  #checked = 0
  #quarantined = 0
  #newer = 0
  #entries = 0
  #bytes = 0
  #marks = 0
  #publications = 0
  #counters: Counters | undefined

  constructor(database: LevelDatabase, nextOrdinal: () => number) {
    this.#database = database
    this.#nextOrdinal = nextOrdinal
  }

  async check(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    this.#checked++
    const key = fullKey.subarray(1)
    if (fullKey[0] === entryType.header && key.length === 0) return
    if (fullKey[0] === entryType.record && key.length > 0) return this.#checkRecord(fullKey, value)
    if (fullKey[0] === entryType.mark && key.length > 0) return this.#checkMark(fullKey, value)
    if (fullKey[0] === entryType.publication && key.length > 0) return this.#checkPublication(fullKey, value)
    if (fullKey[0] === entryType.expiry) return this.#checkExpiry(fullKey, value)
    if (fullKey[0] === entryType.age) return this.#checkAge(fullKey, value)
    // damaged counters are reported at the end, as missing ones are
    if (fullKey[0] === entryType.counters && key.length === 0)
      this.#counters = tryDecode(decodeCounters, fullKey, value)
    else if (fullKey[0] === entryType.quarantine && readQuarantineKey(fullKey) !== undefined) this.#quarantined++
    else this.#moveAside('unknown', fullKey, fullKey, value, 'the type of the entry is unknown')
  }

  findings(counters: Counters): Findings {
    const counted = {
      entries: this.#entries,
      bytes: this.#bytes,
      marks: this.#marks,
      publications: this.#publications
    }
    const stored: Omit<Counters, 'ordinal'> | undefined = this.#counters ?? (this.#checked > 1 ? undefined : counted)
    // entries of a later version count too, but with which size only that version can tell
    const uncertain = this.#newer > 0 && stored !== undefined
    if (!uncertain && !sameCounts(stored, counted)) {
      const { entries, bytes, marks, publications } = counted
      const message = `there are ${entries} records of ${bytes} bytes, ${marks} marks and ${publications} publications`
      this.#report('counters', new Uint8Array(0), `the counters are wrong or missing: ${message}`)
      // the writer adds the counters to every batch that has an operation
      this.#operations.push({ type: 'del', key: Uint8Array.of(entryType.counters) })
    }
    const target = uncertain ? counters : counted
    return {
      report: { checked: this.#checked, problems: this.#problems, quarantined: this.#quarantined },
      change: {
        operations: this.#operations,
        entries: target.entries - counters.entries,
        bytes: target.bytes - counters.bytes,
        marks: target.marks - counters.marks,
        publications: target.publications - counters.publications
      }
    }
  }

  async #checkRecord(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const key = fullKey.subarray(1)
    const form = this.#decode(decodeRecordForm, 'record', fullKey, value)
    if (form === undefined) return
    const { record, marked, published } = form
    this.#entries++
    this.#bytes += sizeOf(record)
    if (record.expires !== undefined)
      await this.#checkIndexed('expiry', expiryKey(record.expires, entryType.record, key), key)
    const hasMark = (await this.#readMark(key)) !== undefined
    const hasPublication = (await this.#read(decodePublication, entryType.publication, key)) !== undefined
    this.#checkFlag('mark', marked, hasMark, key)
    this.#checkFlag('publication', published, hasPublication, key)
    if (hasMark === marked && hasPublication === published) return
    this.#operations.push({
      type: 'put',
      key: new Uint8Array(fullKey),
      value: encodeRecordForm(fullKey, { record, marked: hasMark, published: hasPublication })
    })
  }

  #checkFlag(part: 'mark' | 'publication', expected: boolean, found: boolean, key: Uint8Array): void {
    if (expected === found) return
    const message = expected
      ? `the record has no ${part}, but says that it has one`
      : `the record has a ${part}, but says that it has none`
    this.#report('record', key, message)
  }

  async #checkMark(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const key = fullKey.subarray(1)
    const form = this.#decode(decodeMark, 'mark', fullKey, value)
    if (form === undefined) return
    this.#marks++
    await this.#checkIndexed('expiry', expiryKey(form.mark.until, entryType.mark, key), key)
    await this.#checkIndexed('age', ageKey(form.ordinal, key), key)
  }

  #checkPublication(fullKey: Uint8Array, value: Uint8Array): void {
    if (this.#decode(decodePublication, 'publication', fullKey, value) !== undefined) this.#publications++
  }

  async #checkExpiry(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readExpiryKey(fullKey)
    if (parts === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    const { time, expiringType, key } = parts
    const target = expiringType === entryType.record ? await this.#readRecord(key) : await this.#readMark(key)
    if (target === newerEntry) return
    const expectedTime =
      target === undefined ? undefined : 'record' in target ? target.record.expires : target.mark.until
    if (expectedTime === time) return
    this.#report('expiry', key, 'the index entry points to no record or mark with this time')
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  async #checkAge(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readAgeKey(fullKey)
    if (parts === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    const target = await this.#readMark(parts.key)
    if (target === newerEntry || target?.ordinal === parts.ordinal) return
    this.#report('age', parts.key, 'the index entry points to no mark with this ordinal')
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  async #checkIndexed(kind: 'expiry' | 'age', indexKey: Uint8Array, key: Uint8Array): Promise<void> {
    if ((await readBytes(this.#database, indexKey)) !== undefined) return
    this.#report(kind, key, 'the index entry is missing')
    this.#operations.push({ type: 'put', key: indexKey, value: new Uint8Array(0) })
  }

  #readRecord(key: Uint8Array): Promise<RecordForm | typeof newerEntry | undefined> {
    return this.#read(decodeRecordForm, entryType.record, key)
  }

  #readMark(key: Uint8Array): Promise<MarkForm | typeof newerEntry | undefined> {
    return this.#read(decodeMark, entryType.mark, key)
  }

  /** Reads and decodes a part of an entry; `undefined` when it is missing or cannot be read. */
  async #read<Form>(
    decode: (fullKey: Uint8Array, bytes: Uint8Array) => Form,
    type: number,
    key: Uint8Array
  ): Promise<Form | typeof newerEntry | undefined> {
    const fullKey = entryKey(type, key)
    const bytes = await readBytes(this.#database, fullKey)
    if (bytes === undefined) return undefined
    try {
      return decode(fullKey, bytes)
    } catch (error) {
      return isRecordError(error, 'STORE_NEWER_FORMAT') ? newerEntry : undefined
    }
  }

  /** Decodes an entry that is checked; `undefined` when it was moved aside or is left to a later version. */
  #decode<Form>(
    decode: (fullKey: Uint8Array, bytes: Uint8Array) => Form,
    kind: EntryProblem['kind'],
    fullKey: Uint8Array,
    value: Uint8Array
  ): Form | undefined {
    try {
      return decode(fullKey, value)
    } catch (error) {
      if (isRecordError(error, 'STORE_NEWER_FORMAT')) this.#newer++
      else this.#moveAside(kind, fullKey.subarray(1), fullKey, value, (error as Error).message)
      return undefined
    }
  }

  #moveAside(
    kind: EntryProblem['kind'],
    key: Uint8Array,
    fullKey: Uint8Array,
    value: Uint8Array,
    message: string
  ): void {
    this.#report(kind, key, message)
    this.#operations.push(
      { type: 'put', key: quarantineKey(this.#nextOrdinal(), fullKey), value: new Uint8Array(value) },
      { type: 'del', key: new Uint8Array(fullKey) }
    )
  }

  #report(kind: EntryProblem['kind'], key: Uint8Array, message: string): void {
    this.#problems.push({ kind, key: new Uint8Array(key), message })
  }
}

function sameCounts(stored: Omit<Counters, 'ordinal'> | undefined, counted: Omit<Counters, 'ordinal'>): boolean {
  return (['entries', 'bytes', 'marks', 'publications'] as const).every((name) => stored?.[name] === counted[name])
}
