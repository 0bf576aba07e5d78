import type {
  HighWaterMark,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoredRecord,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
import { decodeMark, decodeRecordForm, encodeMark, encodeRecordForm } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, readsSynchronously } from './level-database.ts'
import { ageKey, entryKey, entryType, expiryKey, readAgeKey, readExpiryKey } from './level-layout.ts'
import type { LevelWriter } from './level-writer.ts'

/** The value of an index entry. */
const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

interface LevelEntry extends StoreEntry {
  /** ordinal of the mark */
  readonly ordinal?: number | undefined
  /** stored bytes that cannot be read; a write moves them aside */
  readonly damaged?: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] | undefined
}

/** Keys that are read synchronously before other tasks may run. */
const readSlice = 1024

/** Reads and writes the entries of a record store in an abstract-level database. */
export class LevelBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  readonly #maxMarks: number
  readonly #close: () => Promise<void>

  constructor(
    database: LevelDatabase,
    writer: LevelWriter,
    capabilities: StoreCapabilities,
    maxMarks: number,
    close: () => Promise<void>
  ) {
    this.#database = database
    this.#writer = writer
    this.capabilities = capabilities
    this.#maxMarks = maxMarks
    this.#close = close
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    if (!readsSynchronously(this.#database)) return Promise.all(keys.map(async (key) => this.#read(key)))
    const entries: StoreEntry[] = []
    for (const key of keys) {
      const entry = this.#read(key)
      entries.push(entry instanceof Promise ? await entry : entry)
      if (entries.length % readSlice === 0 && entries.length < keys.length)
        await new Promise((resolve) => setTimeout(resolve, 0))
    }
    return entries
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    const operations: LevelOperation[] = []
    let entries = 0
    let bytes = 0
    let marks = 0
    for (const change of changes) {
      const { previous, next } = change
      pushRecord(operations, change)
      this.#pushMark(operations, change)
      pushQuarantine(operations, previous, next)
      entries += countOf(next.record) - countOf(previous.record)
      bytes += sizeOf(next.record) - sizeOf(previous.record)
      marks += countOf(next.mark) - countOf(previous.mark)
    }
    await this.#writer.write({ operations, entries, bytes, marks })
    return true
  }

  async *scan(kind: 'records' | 'marks', query: ScanRange): AsyncGenerator<StoreEntry, undefined> {
    const type = kind === 'records' ? entryType.record : entryType.mark
    const range = {
      gte: entryKey(type, query.start ?? new Uint8Array(0)),
      lt: query.end === undefined ? Uint8Array.of(type + 1) : entryKey(type, query.end),
      reverse: query.reverse
    }
    for await (const [key, value] of readRange(this.#database, range)) {
      yield kind === 'records' ? readRecord(key, value).entry : readMark(key, value)
    }
    return undefined
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = []
    const range = { gte: Uint8Array.of(entryType.expiry), lt: expiryKey(now, entryType.record, new Uint8Array(0)) }
    for await (const [fullKey] of readRange(this.#database, range)) {
      const key = readExpiryKey(fullKey)?.key
      // the index of a damaged store may contain malformed keys: skip them
      if (key !== undefined) keys.push(key)
      if (keys.length === limit) break
    }
    return keys
  }

  async excessMarks(limit: number): Promise<HighWaterMark[]> {
    const count = Math.min(limit, this.#writer.counters.marks - this.#maxMarks)
    const excess: HighWaterMark[] = []
    if (count <= 0) return excess
    const range = { gte: Uint8Array.of(entryType.age), lt: Uint8Array.of(entryType.age + 1) }
    for await (const [fullKey] of readRange(this.#database, range)) {
      const key = readAgeKey(fullKey)?.key
      const value = key === undefined ? undefined : await readBytes(this.#database, entryKey(entryType.mark, key))
      const mark = value === undefined ? undefined : readMark(entryKey(entryType.mark, key as Uint8Array), value).mark
      // the index of a damaged store may point to missing or damaged marks: skip them
      if (mark !== undefined) excess.push(mark)
      if (excess.length === count) break
    }
    return excess
  }

  stats(): StoreStats {
    return this.#writer.counters
  }

  close(): Promise<void> {
    return this.#close()
  }

  #read(key: Uint8Array): StoreEntry | Promise<StoreEntry> {
    const recordKey = entryKey(entryType.record, key)
    const value = readBytes(this.#database, recordKey)
    return value instanceof Promise
      ? value.then((bytes) => this.#addMarkOf(recordKey, bytes))
      : this.#addMarkOf(recordKey, value)
  }

  /** Decodes a record and reads the mark of its key, if it can have one. */
  #addMarkOf(recordKey: Uint8Array, value: Uint8Array | undefined): StoreEntry | Promise<StoreEntry> {
    const { entry, marked } =
      value === undefined ? { entry: {}, marked: this.#writer.mayHaveMarks } : readRecord(recordKey, value)
    if (!marked) return entry
    const markKey = entryKey(entryType.mark, recordKey.subarray(1))
    const bytes = readBytes(this.#database, markKey)
    const join = (mark: Uint8Array | undefined): StoreEntry =>
      mark === undefined ? entry : joinEntries(entry, readMark(markKey, mark))
    return bytes instanceof Promise ? bytes.then(join) : join(bytes)
  }

  #pushMark(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
    const { mark } = next
    const previousMark = previous.mark
    if (mark === previousMark) return
    const { ordinal: previousOrdinal } = previous as LevelEntry
    const fullKey = entryKey(entryType.mark, key)
    if (previousMark !== undefined && previousMark.until !== mark?.until) {
      operations.push({ type: 'del', key: expiryKey(previousMark.until, entryType.mark, key) })
    }
    if (previousOrdinal !== undefined) operations.push({ type: 'del', key: ageKey(previousOrdinal, key) })
    if (mark === undefined) {
      operations.push({ type: 'del', key: fullKey })
      return
    }
    const ordinal = this.#writer.nextOrdinal()
    operations.push(
      { type: 'put', key: fullKey, value: encodeMark(fullKey, { mark, ordinal }) },
      { type: 'put', key: ageKey(ordinal, key), value: emptyValue }
    )
    if (previousMark?.until !== mark.until) {
      operations.push({ type: 'put', key: expiryKey(mark.until, entryType.mark, key), value: emptyValue })
    }
  }
}

function pushRecord(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
  const { record } = next
  const previousRecord = previous.record
  const fullKey = entryKey(entryType.record, key)
  if (previousRecord?.expires !== undefined && previousRecord.expires !== record?.expires) {
    operations.push({ type: 'del', key: expiryKey(previousRecord.expires, entryType.record, key) })
  }
  if (record === undefined) {
    if (previousRecord !== undefined) operations.push({ type: 'del', key: fullKey })
    return
  }
  const value = encodeRecordForm(fullKey, { record, marked: next.mark !== undefined })
  operations.push({ type: 'put', key: fullKey, value })
  if (record.expires !== undefined && previousRecord?.expires !== record.expires) {
    operations.push({ type: 'put', key: expiryKey(record.expires, entryType.record, key), value: emptyValue })
  }
}

/** Moves damaged bytes aside that are overwritten or deleted, so that no data disappears silently. */
function pushQuarantine(operations: LevelOperation[], { damaged = [] }: LevelEntry, next: StoreEntry): void {
  for (const { key, value } of damaged) {
    operations.push({ type: 'put', key: entryKey(entryType.quarantine, key), value })
    const replacement = key[0] === entryType.record ? next.record : next.mark
    if (replacement === undefined) operations.push({ type: 'del', key })
  }
}

function readRecord(fullKey: Uint8Array, value: Uint8Array): { entry: LevelEntry; marked: boolean } {
  try {
    const { record, marked } = decodeRecordForm(fullKey, value)
    return { entry: { record }, marked }
  } catch (error) {
    return { entry: damagedEntry(fullKey, value, error), marked: true }
  }
}

function readMark(fullKey: Uint8Array, value: Uint8Array): LevelEntry {
  try {
    return decodeMark(fullKey, value)
  } catch (error) {
    return damagedEntry(fullKey, value, error)
  }
}

function damagedEntry(key: Uint8Array, value: Uint8Array, error: unknown): LevelEntry {
  // any other error is a bug here and does not mean that the entry is damaged
  if (!isRecordError(error, 'STORE_CORRUPT')) throw error
  return { corrupt: error, damaged: [{ key, value }] }
}

/** Joins the record and the mark of a key. An unreadable mark does not hide a readable record. */
function joinEntries(entry: LevelEntry, mark: LevelEntry): LevelEntry {
  const damaged = [...(entry.damaged ?? []), ...(mark.damaged ?? [])]
  const corrupt = entry.record === undefined ? (entry.corrupt ?? mark.corrupt) : undefined
  return {
    record: entry.record,
    mark: mark.mark,
    ordinal: mark.ordinal ?? 0,
    corrupt,
    damaged: damaged.length === 0 ? undefined : damaged
  }
}

function countOf(item: StoredRecord | HighWaterMark | undefined): number {
  return item === undefined ? 0 : 1
}

function sizeOf(record: StoredRecord | undefined): number {
  return record === undefined ? 0 : record.key.length + record.value.length + record.rank.length
}
