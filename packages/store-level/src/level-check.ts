import type { Counters, MarkForm, RecordForm } from './entry-format.ts'
import { decodeCounters, decodeMark, decodeRecordForm, encodeRecordForm, tryDecode } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { ageKey, entryKey, entryType, expiryKey, readAgeKey, readExpiryKey } from './level-layout.ts'
import type { LevelChange } from './level-writer.ts'

/** A damaged entry, or one that contradicts another. */
export interface EntryProblem {
  readonly kind: 'record' | 'mark' | 'expiry' | 'age' | 'counters' | 'unknown'
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

/** Checks every entry of the database. Must not run concurrently with writes. */
export async function checkEntries(
  database: LevelDatabase,
  counters: Counters,
  signal: AbortSignal | undefined
): Promise<Findings> {
  const checker = new EntryChecker(database)
  for await (const [key, value] of readRange(database, {})) {
    signal?.throwIfAborted()
    await checker.check(key, value)
  }
  return checker.findings(counters)
}

class EntryChecker {
  readonly #database: LevelDatabase
  readonly #problems: EntryProblem[] = []
  readonly #operations: LevelOperation[] = []
  #checked = 0
  #quarantined = 0
  #entries = 0
  #bytes = 0
  #marks = 0
  #counters: Counters | undefined

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  async check(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    this.#checked++
    const key = fullKey.subarray(1)
    if (fullKey[0] === entryType.header && key.length === 0) return
    if (fullKey[0] === entryType.record && key.length > 0) return this.#checkRecord(fullKey, value)
    if (fullKey[0] === entryType.mark && key.length > 0) return this.#checkMark(fullKey, value)
    if (fullKey[0] === entryType.expiry) return this.#checkExpiry(fullKey, value)
    if (fullKey[0] === entryType.age) return this.#checkAge(fullKey, value)
    // damaged counters are reported at the end, as missing ones are
    if (fullKey[0] === entryType.counters && key.length === 0)
      this.#counters = tryDecode(decodeCounters, fullKey, value)
    else if (fullKey[0] === entryType.quarantine) this.#quarantined++
    else this.#moveAside('unknown', fullKey, fullKey, value, 'the type of the entry is unknown')
  }

  findings(counters: Counters): Findings {
    const counted = { entries: this.#entries, bytes: this.#bytes, marks: this.#marks }
    const stored: Omit<Counters, 'ordinal'> | undefined = this.#counters ?? (this.#checked > 1 ? undefined : counted)
    if (stored?.entries !== counted.entries || stored.bytes !== counted.bytes || stored.marks !== counted.marks) {
      const message = `there are ${counted.entries} records of ${counted.bytes} bytes and ${counted.marks} marks`
      this.#report('counters', new Uint8Array(0), `the counters are wrong or missing: ${message}`)
      // the writer adds the counters to every batch that has an operation
      this.#operations.push({ type: 'del', key: Uint8Array.of(entryType.counters) })
    }
    return {
      report: { checked: this.#checked, problems: this.#problems, quarantined: this.#quarantined },
      change: {
        operations: this.#operations,
        entries: counted.entries - counters.entries,
        bytes: counted.bytes - counters.bytes,
        marks: counted.marks - counters.marks
      }
    }
  }

  async #checkRecord(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const key = fullKey.subarray(1)
    let form: RecordForm
    try {
      form = decodeRecordForm(fullKey, value)
    } catch (error) {
      return this.#moveAside('record', key, fullKey, value, (error as Error).message)
    }
    const { record, marked } = form
    this.#entries++
    this.#bytes += record.key.length + record.value.length + record.rank.length
    if (record.expires !== undefined)
      await this.#checkIndexed('expiry', expiryKey(record.expires, entryType.record, key), key)
    const hasMark = (await this.#readMark(key)) !== undefined
    if (hasMark === marked) return
    this.#report(
      'record',
      key,
      marked ? 'the record has no mark, but says that it has one' : 'the record has a mark, but says that it has none'
    )
    this.#operations.push({
      type: 'put',
      key: new Uint8Array(fullKey),
      value: encodeRecordForm(fullKey, { record, marked: hasMark })
    })
  }

  async #checkMark(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const key = fullKey.subarray(1)
    let form: MarkForm
    try {
      form = decodeMark(fullKey, value)
    } catch (error) {
      return this.#moveAside('mark', key, fullKey, value, (error as Error).message)
    }
    this.#marks++
    await this.#checkIndexed('expiry', expiryKey(form.mark.until, entryType.mark, key), key)
    await this.#checkIndexed('age', ageKey(form.ordinal, key), key)
  }

  async #checkExpiry(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readExpiryKey(fullKey)
    if (parts === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    const { time, expiringType, key } = parts
    const expectedTime =
      expiringType === entryType.record
        ? (await this.#readRecord(key))?.expires
        : (await this.#readMark(key))?.mark.until
    if (expectedTime === time) return
    this.#report('expiry', key, 'the index entry points to no record or mark with this time')
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  async #checkAge(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readAgeKey(fullKey)
    if (parts === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    if ((await this.#readMark(parts.key))?.ordinal === parts.ordinal) return
    this.#report('age', parts.key, 'the index entry points to no mark with this ordinal')
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  async #checkIndexed(kind: 'expiry' | 'age', indexKey: Uint8Array, key: Uint8Array): Promise<void> {
    if ((await readBytes(this.#database, indexKey)) !== undefined) return
    this.#report(kind, key, 'the index entry is missing')
    this.#operations.push({ type: 'put', key: indexKey, value: new Uint8Array(0) })
  }

  async #readRecord(key: Uint8Array): Promise<RecordForm['record'] | undefined> {
    const fullKey = entryKey(entryType.record, key)
    return tryDecode(decodeRecordForm, fullKey, await readBytes(this.#database, fullKey))?.record
  }

  async #readMark(key: Uint8Array): Promise<MarkForm | undefined> {
    const fullKey = entryKey(entryType.mark, key)
    return tryDecode(decodeMark, fullKey, await readBytes(this.#database, fullKey))
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
      { type: 'put', key: entryKey(entryType.quarantine, fullKey), value: new Uint8Array(value) },
      { type: 'del', key: new Uint8Array(fullKey) }
    )
  }

  #report(kind: EntryProblem['kind'], key: Uint8Array, message: string): void {
    this.#problems.push({ kind, key: new Uint8Array(key), message })
  }
}
