import type {
  AccountChange,
  EntryKind,
  ScanRange,
  StoreAccounts,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { accountChanges, PagedEntries } from '@recordkit/record-store'
import { sameShare, wrapErrors } from '@recordkit/record-store/internal'
import type { MaybePromise } from '@recordkit/record-types'
import { inPieces } from '@recordkit/record-types/internal'
import { encodeMark, encodePublication, encodeRecordForm } from './entry-format.ts'
import type { LevelDatabase, LevelOperation, LevelPair } from './level-database.ts'
import { LevelAccounts } from './level-accounts.ts'
import { LevelPages, readRange } from './level-database.ts'
import type { LevelEntry } from './level-entry.ts'
import { readMark, readPublication, readRecord, sameParts } from './level-entry.ts'
import { entryKey, entryType, expiryKey, memberKey, quarantineKey, readExpiryKey } from './level-layout.ts'
import { LevelReads } from './level-reads.ts'
import type { LevelChange, LevelWriter } from './level-writer.ts'
import { addTotals, noChange } from './level-writer.ts'

/** The value of an index entry. */
const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** Changes of a call that are encoded in one piece. */
const pieceSize = 128

/** What a call writes. */
class ChangeOfCall implements LevelChange {
  readonly operations: LevelOperation[] = []
  readonly totals = {
    records: 0,
    bytes: 0,
    marks: 0,
    publications: 0,
    publishedRecords: 0,
    publishedBytes: 0,
    groups: 0
  }
  readonly accounts: AccountChange[] = []
}

/** Reads and writes the entries of a record store in an abstract-level database. */
export class LevelBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly collectsCalls = true
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  readonly accounts: StoreAccounts
  readonly #close: () => Promise<void>
  readonly #reads: LevelReads

  constructor(
    database: LevelDatabase,
    writer: LevelWriter,
    capabilities: StoreCapabilities,
    close: () => Promise<void>
  ) {
    this.#database = database
    this.#writer = writer
    this.capabilities = capabilities
    this.accounts = new LevelAccounts(database, writer, (keys) => this.read(keys))
    this.#close = close
    this.#reads = new LevelReads(database, writer)
  }

  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]> {
    return this.#reads.read(keys)
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    const change = new ChangeOfCall()
    if (changes.length <= pieceSize) this.#push(change, changes)
    else await inPieces(changes.length, pieceSize, (start, end) => this.#push(change, changes.slice(start, end)))
    const uncertain: StoreChange[] = []
    for (const each of changes)
      if (this.#writer.mayHaveChanged(each.key, (each.previous as LevelEntry).settled ?? -1)) uncertain.push(each)
    if (uncertain.length === 0) {
      await this.#writer.write(change, changes)
      return true
    }
    // an earlier write of one of the keys was not finished when its entry was read: its caller did not wait for it
    let unchanged = false
    await this.#writer.write(async () => {
      unchanged = await wrapErrors(async () => this.#areUnchanged(uncertain))
      return unchanged ? change : noChange
    }, changes)
    return unchanged
  }

  scan(kind: EntryKind, query: ScanRange): PagedEntries<LevelPair> {
    const [type, read] = {
      records: [entryType.record, readRecord] as const,
      marks: [entryType.mark, readMark] as const,
      publications: [entryType.publication, readPublication] as const
    }[kind]
    const range = {
      gte: entryKey(type, query.start ?? new Uint8Array(0)),
      lt: query.end === undefined ? Uint8Array.of(type + 1) : entryKey(type, query.end),
      reverse: query.reverse
    }
    return new PagedEntries(
      () => new LevelPages(this.#database, range),
      ([fullKey, value]) => read(fullKey, value)
    )
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

  async stats(): Promise<StoreStats> {
    const { records, bytes, marks, publications } = await this.#writer.storedCounters()
    return { entries: records, bytes, marks, publications }
  }

  close(): Promise<void> {
    return this.#close()
  }

  async #areUnchanged(changes: readonly StoreChange[]): Promise<boolean> {
    const entries = await this.read(changes.map(({ key }) => key))
    return changes.every(({ previous }, index) =>
      sameParts((previous as LevelEntry).version, (entries[index] as LevelEntry).version)
    )
  }

  /** Adds what some changes write to the change of a call. */
  #push(change: ChangeOfCall, changes: readonly StoreChange[]): void {
    const { operations } = change
    for (const each of changes) {
      pushRecord(operations, each)
      pushMark(operations, each)
      pushPublication(operations, each)
      if ((each.previous as LevelEntry).damaged !== undefined) this.#pushQuarantine(operations, each)
    }
    const { totals, accounts, removed, added } = accountChanges(changes)
    for (const member of removed) operations.push({ type: 'del', key: memberKey(member) })
    for (const member of added) operations.push({ type: 'put', key: memberKey(member), value: emptyValue })
    addTotals(change.totals, totals)
    for (const account of accounts) change.accounts.push(account)
  }

  /** Moves damaged bytes aside that are overwritten or deleted, so that no data disappears silently. */
  #pushQuarantine(operations: LevelOperation[], { previous, next }: StoreChange): void {
    for (const { key, value } of (previous as LevelEntry).damaged ?? []) {
      operations.push({ type: 'put', key: quarantineKey(this.#writer.nextOrdinal(), key), value })
      const [type] = key
      const replacement =
        type === entryType.record ? next.record : type === entryType.mark ? next.mark : next.publication
      if (replacement === undefined) operations.push({ type: 'del', key })
    }
  }
}

function pushRecord(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
  const { record, recordShare } = next
  const previousRecord = previous.record
  const fullKey = entryKey(entryType.record, key)
  // a record that lapses stays while it is published: it is not in the index
  const expires = next.publication === undefined ? record?.expires : undefined
  const previousExpires = previous.publication === undefined ? previousRecord?.expires : undefined
  // also that of a published record, which earlier versions indexed
  if (previousRecord?.expires !== undefined && previousRecord.expires !== expires) {
    operations.push({ type: 'del', key: expiryKey(previousRecord.expires, entryType.record, key) })
  }
  if (record === undefined) {
    if (previousRecord !== undefined) operations.push({ type: 'del', key: fullKey })
    return
  }
  const marked = next.mark !== undefined
  const published = next.publication !== undefined
  const { marked: wasMarked = false, published: wasPublished = false } = previous as LevelEntry
  const hasSameFlags = marked === wasMarked && published === wasPublished
  if (record === previousRecord && hasSameFlags && sameShare(recordShare, previous.recordShare)) return
  const value = encodeRecordForm(fullKey, { record, recordShare, marked, published })
  operations.push({ type: 'put', key: fullKey, value })
  if (expires !== undefined && previousExpires !== expires) {
    operations.push({ type: 'put', key: expiryKey(expires, entryType.record, key), value: emptyValue })
  }
}

function pushMark(operations: LevelOperation[], { key, previous, next }: StoreChange): void {
  const { mark, markShare } = next
  const previousMark = previous.mark
  if (mark === previousMark && sameShare(markShare, previous.markShare)) return
  const fullKey = entryKey(entryType.mark, key)
  if (previousMark !== undefined && previousMark.until !== mark?.until) {
    operations.push({ type: 'del', key: expiryKey(previousMark.until, entryType.mark, key) })
  }
  if (mark === undefined) {
    operations.push({ type: 'del', key: fullKey })
    return
  }
  operations.push({ type: 'put', key: fullKey, value: encodeMark(fullKey, { mark, markShare }) })
  if (previousMark?.until !== mark.until) {
    operations.push({ type: 'put', key: expiryKey(mark.until, entryType.mark, key), value: emptyValue })
  }
}

function pushPublication(operations: LevelOperation[], { key, previous, next: { publication } }: StoreChange): void {
  if (publication === previous.publication) return
  const fullKey = entryKey(entryType.publication, key)
  operations.push(
    publication === undefined
      ? { type: 'del', key: fullKey }
      : { type: 'put', key: fullKey, value: encodePublication(fullKey, publication) }
  )
}
