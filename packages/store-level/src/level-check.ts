import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { ageKey, expiryKey, readAgeKey, readExpiryKey, space, spaceKey } from './level-layout.ts'
import type { LevelChange } from './level-writer.ts'
import type { Counters, MarkForm, RecordForm } from './entry-format.ts'
import { decodeCounters, decodeMark, decodeRecordForm, encodeRecordForm, readable } from './entry-format.ts'

/** One thing that is not as it must be. */
export interface EntryProblem {
  readonly kind: 'record' | 'mark' | 'expiry' | 'age' | 'counters' | 'unknown'
  /** the record key it is about, or the whole key in the database of an entry that is of no kind */
  readonly key: Uint8Array
  readonly message: string
}

export interface CheckReport {
  /** entries looked at */
  readonly checked: number
  readonly problems: readonly EntryProblem[]
  /** entries that an earlier repair, or a put over a damaged entry, moved aside */
  readonly quarantined: number
}

/** What is wrong, and the change that puts it right. */
export interface Findings {
  readonly report: CheckReport
  readonly change: LevelChange
}

/** Goes through every entry of the database. Nothing may be written meanwhile. */
export async function checkEntries(
  database: LevelDatabase,
  counters: Counters,
  signal: AbortSignal | undefined
): Promise<Findings> {
  const check = new Check(database)
  for await (const [key, value] of readRange(database, {})) {
    signal?.throwIfAborted()
    await check.entry(key, value)
  }
  return check.findings(counters)
}

class Check {
  readonly #database: LevelDatabase
  readonly #problems: EntryProblem[] = []
  readonly #operations: LevelOperation[] = []
  #checked = 0
  #quarantined = 0
  #entries = 0
  #bytes = 0
  #marks = 0
  #kept: Counters | undefined

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  async entry(full: Uint8Array, value: Uint8Array): Promise<void> {
    this.#checked++
    const key = full.subarray(1)
    if (full[0] === space.header && key.length === 0) return
    if (full[0] === space.record && key.length > 0) return this.#record(full, value)
    if (full[0] === space.mark && key.length > 0) return this.#mark(full, value)
    if (full[0] === space.expiry) return this.#expiry(full, value)
    if (full[0] === space.age) return this.#age(full, value)
    // damaged ones are reported at the end, as missing
    if (full[0] === space.counters && key.length === 0) this.#kept = readable(decodeCounters, full, value)
    else if (full[0] === space.quarantine) this.#quarantined++
    else this.#moveAside('unknown', full, full, value, 'the entry is of no kind that there is')
  }

  findings(counters: Counters): Findings {
    const counted = { entries: this.#entries, bytes: this.#bytes, marks: this.#marks }
    const kept: Omit<Counters, 'ordinal'> | undefined = this.#kept ?? (this.#checked > 1 ? undefined : counted)
    if (kept?.entries !== counted.entries || kept.bytes !== counted.bytes || kept.marks !== counted.marks) {
      const message = `there are ${counted.entries} records of ${counted.bytes} bytes and ${counted.marks} marks`
      this.#report('counters', new Uint8Array(0), `the counters are wrong or missing: ${message}`)
      // the counters themselves go with every batch
      this.#operations.push({ type: 'del', key: Uint8Array.of(space.counters) })
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

  async #record(full: Uint8Array, value: Uint8Array): Promise<void> {
    const key = full.subarray(1)
    let form: RecordForm
    try {
      form = decodeRecordForm(full, value)
    } catch (error) {
      return this.#moveAside('record', key, full, value, (error as Error).message)
    }
    const { record, marked } = form
    this.#entries++
    this.#bytes += record.key.length + record.value.length + record.rank.length
    if (record.expires !== undefined)
      await this.#needsIndex('expiry', expiryKey(record.expires, space.record, key), key)
    const hasMark = (await this.#readMark(key)) !== undefined
    if (hasMark === marked) return
    this.#report(
      'record',
      key,
      marked ? 'the mark beside the record is missing' : 'the record does not know of its mark'
    )
    this.#operations.push({
      type: 'put',
      key: new Uint8Array(full),
      value: encodeRecordForm(full, { record, marked: hasMark })
    })
  }

  async #mark(full: Uint8Array, value: Uint8Array): Promise<void> {
    const key = full.subarray(1)
    let form: MarkForm
    try {
      form = decodeMark(full, value)
    } catch (error) {
      return this.#moveAside('mark', key, full, value, (error as Error).message)
    }
    this.#marks++
    await this.#needsIndex('expiry', expiryKey(form.mark.until, space.mark, key), key)
    await this.#needsIndex('age', ageKey(form.ordinal, key), key)
  }

  async #expiry(full: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readExpiryKey(full)
    if (parts === undefined) return this.#moveAside('unknown', full, full, value, 'the index entry cannot be read')
    const { time, expiring, key } = parts
    const kept =
      expiring === space.record ? (await this.#readRecord(key))?.expires : (await this.#readMark(key))?.mark.until
    if (kept === time) return
    this.#report('expiry', key, 'an index entry stands for nothing')
    this.#operations.push({ type: 'del', key: new Uint8Array(full) })
  }

  async #age(full: Uint8Array, value: Uint8Array): Promise<void> {
    const parts = readAgeKey(full)
    if (parts === undefined) return this.#moveAside('unknown', full, full, value, 'the index entry cannot be read')
    if ((await this.#readMark(parts.key))?.ordinal === parts.ordinal) return
    this.#report('age', parts.key, 'an index entry stands for nothing')
    this.#operations.push({ type: 'del', key: new Uint8Array(full) })
  }

  async #needsIndex(kind: 'expiry' | 'age', indexKey: Uint8Array, key: Uint8Array): Promise<void> {
    if ((await readBytes(this.#database, indexKey)) !== undefined) return
    this.#report(kind, key, 'the index entry is missing')
    this.#operations.push({ type: 'put', key: indexKey, value: new Uint8Array(0) })
  }

  async #readRecord(key: Uint8Array): Promise<RecordForm['record'] | undefined> {
    const full = spaceKey(space.record, key)
    return readable(decodeRecordForm, full, await readBytes(this.#database, full))?.record
  }

  async #readMark(key: Uint8Array): Promise<MarkForm | undefined> {
    const full = spaceKey(space.mark, key)
    return readable(decodeMark, full, await readBytes(this.#database, full))
  }

  #moveAside(kind: EntryProblem['kind'], key: Uint8Array, full: Uint8Array, value: Uint8Array, message: string): void {
    this.#report(kind, key, message)
    this.#operations.push(
      { type: 'put', key: spaceKey(space.quarantine, full), value: new Uint8Array(value) },
      { type: 'del', key: new Uint8Array(full) }
    )
  }

  #report(kind: EntryProblem['kind'], key: Uint8Array, message: string): void {
    this.#problems.push({ kind, key: new Uint8Array(key), message })
  }
}
