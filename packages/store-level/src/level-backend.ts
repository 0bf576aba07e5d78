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
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange, readsAtOnce } from './level-database.ts'
import { ageKey, expiryKey, readAgeKey, readExpiryKey, space, spaceKey } from './level-layout.ts'
import type { LevelWriter } from './level-writer.ts'
import { decodeMark, decodeRecordForm, encodeMark, encodeRecordForm } from './entry-format.ts'

/** The value of an index entry. */
const nothing: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** An entry with what could not be read of it: moved aside when it is overwritten. */
interface LevelEntry extends StoreEntry {
  /** of its mark */
  readonly ordinal?: number | undefined
  readonly damaged?: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[] | undefined
}

/** Keys read in one go without giving other work its turn. */
const readSlice = 1024

/** The I/O of a record store on an abstract-level database. */
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
    if (!readsAtOnce(this.#database)) return Promise.all(keys.map(async (key) => this.#read(key)))
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
      addRecord(operations, change)
      this.#addMark(operations, change)
      addQuarantine(operations, previous, next)
      entries += countOf(next.record) - countOf(previous.record)
      bytes += sizeOf(next.record) - sizeOf(previous.record)
      marks += countOf(next.mark) - countOf(previous.mark)
    }
    await this.#writer.write({ operations, entries, bytes, marks })
    return true
  }

  async *scan(kind: 'records' | 'marks', query: ScanRange): AsyncGenerator<StoreEntry, undefined> {
    const prefix = kind === 'records' ? space.record : space.mark
    const range = {
      gte: spaceKey(prefix, query.start ?? new Uint8Array(0)),
      lt: query.end === undefined ? Uint8Array.of(prefix + 1) : spaceKey(prefix, query.end),
      ...(query.reverse === true ? { reverse: true } : {})
    }
    for await (const [key, value] of readRange(this.#database, range)) {
      yield kind === 'records' ? readRecord(key, value).entry : readMark(key, value)
    }
    return undefined
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = []
    const range = { gte: Uint8Array.of(space.expiry), lt: expiryKey(now, space.record, new Uint8Array(0)) }
    for await (const [full] of readRange(this.#database, range)) {
      const key = readExpiryKey(full)?.key
      // an index of a damaged store may hold what is no entry: look behind it
      if (key !== undefined) keys.push(key)
      if (keys.length === limit) break
    }
    return keys
  }

  async excessMarks(limit: number): Promise<HighWaterMark[]> {
    const wanted = Math.min(limit, this.#writer.counters.marks - this.#maxMarks)
    const surplus: HighWaterMark[] = []
    if (wanted <= 0) return surplus
    const range = { gte: Uint8Array.of(space.age), lt: Uint8Array.of(space.age + 1) }
    for await (const [full] of readRange(this.#database, range)) {
      const key = readAgeKey(full)?.key
      const value = key === undefined ? undefined : await readBytes(this.#database, spaceKey(space.mark, key))
      const mark = value === undefined ? undefined : readMark(spaceKey(space.mark, key as Uint8Array), value).mark
      // an index of a damaged store may name what is not there: look behind it
      if (mark !== undefined) surplus.push(mark)
      if (surplus.length === wanted) break
    }
    return surplus
  }

  stats(): StoreStats {
    return this.#writer.counters
  }

  close(): Promise<void> {
    return this.#close()
  }

  #read(key: Uint8Array): StoreEntry | Promise<StoreEntry> {
    const recordKey = spaceKey(space.record, key)
    const value = readBytes(this.#database, recordKey)
    return value instanceof Promise
      ? value.then((bytes) => this.#complete(recordKey, bytes))
      : this.#complete(recordKey, value)
  }

  #complete(recordKey: Uint8Array, value: Uint8Array | undefined): StoreEntry | Promise<StoreEntry> {
    const { entry, marked } =
      value === undefined ? { entry: {}, marked: this.#writer.mayHaveMarks } : readRecord(recordKey, value)
    if (!marked) return entry
    const markKey = spaceKey(space.mark, recordKey.subarray(1))
    const bytes = readBytes(this.#database, markKey)
    const join = (found: Uint8Array | undefined): StoreEntry =>
      found === undefined ? entry : joinEntries(entry, readMark(markKey, found))
    return bytes instanceof Promise ? bytes.then(join) : join(bytes)
  }

  #addMark(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
    const { mark } = next
    const before = previous.mark
    if (mark === before) return
    const { ordinal: ordinalBefore } = previous as LevelEntry
    const fullKey = spaceKey(space.mark, key)
    if (before !== undefined && before.until !== mark?.until) {
      operations.push({ type: 'del', key: expiryKey(before.until, space.mark, key) })
    }
    if (ordinalBefore !== undefined) operations.push({ type: 'del', key: ageKey(ordinalBefore, key) })
    if (mark === undefined) {
      operations.push({ type: 'del', key: fullKey })
      return
    }
    const ordinal = this.#writer.takeOrdinal()
    operations.push(
      { type: 'put', key: fullKey, value: encodeMark(fullKey, { mark, ordinal }) },
      { type: 'put', key: ageKey(ordinal, key), value: nothing }
    )
    if (before?.until !== mark.until) {
      operations.push({ type: 'put', key: expiryKey(mark.until, space.mark, key), value: nothing })
    }
  }
}

function addRecord(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
  const { record } = next
  const before = previous.record
  const fullKey = spaceKey(space.record, key)
  if (before?.expires !== undefined && before.expires !== record?.expires) {
    operations.push({ type: 'del', key: expiryKey(before.expires, space.record, key) })
  }
  if (record === undefined) {
    if (before !== undefined) operations.push({ type: 'del', key: fullKey })
    return
  }
  const value = encodeRecordForm(fullKey, { record, marked: next.mark !== undefined })
  operations.push({ type: 'put', key: fullKey, value })
  if (record.expires !== undefined && before?.expires !== record.expires) {
    operations.push({ type: 'put', key: expiryKey(record.expires, space.record, key), value: nothing })
  }
}

/** Keeps what could not be read and is overwritten or taken away: nothing disappears silently. */
function addQuarantine(operations: LevelOperation[], { damaged = [] }: LevelEntry, next: StoreEntry): void {
  for (const { key, value } of damaged) {
    operations.push({ type: 'put', key: spaceKey(space.quarantine, key), value })
    const replaced = key[0] === space.record ? next.record : next.mark
    if (replaced === undefined) operations.push({ type: 'del', key })
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
  // any other fault is ours, and says nothing of the entry
  if (!isRecordError(error, 'STORE_CORRUPT')) throw error
  return { corrupt: error, damaged: [{ key, value }] }
}

/** One entry of what stands under a key in both spaces. A mark that cannot be read does not hide a record that can. */
function joinEntries(entry: LevelEntry, mark: LevelEntry): LevelEntry {
  const damaged = [...(entry.damaged ?? []), ...(mark.damaged ?? [])]
  const corrupt = entry.record === undefined ? (entry.corrupt ?? mark.corrupt) : undefined
  return {
    record: entry.record,
    mark: mark.mark === undefined ? undefined : mark.mark,
    ordinal: mark.ordinal ?? 0,
    corrupt,
    ...(damaged.length === 0 ? {} : { damaged })
  }
}

function countOf(kept: StoredRecord | HighWaterMark | undefined): number {
  return kept === undefined ? 0 : 1
}

function sizeOf(record: StoredRecord | undefined): number {
  return record === undefined ? 0 : record.key.length + record.value.length + record.rank.length
}
