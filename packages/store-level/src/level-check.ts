import type { AccountSize, EntryContent, Publication } from '@recordkit/record-store'
import { groupAccount, groupOfAccount } from '@recordkit/record-store'
import { sizeBucket } from '@recordkit/record-store/internal'
import { isRecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { accountOperation, exists, sameSize } from './account-operations.ts'
import { EntryCounter } from './count-entries.ts'
import type { Account, Counters, MarkForm, RecordForm } from './entry-format.ts'
import {
  decodeAccount,
  decodeCounters,
  decodeMark,
  decodePublication,
  decodeRecordForm,
  encodeRecordForm,
  tryDecode
} from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { sameShare } from '@recordkit/record-store/internal'
import {
  entryKey,
  entryType,
  expiryKey,
  groupSizeKey,
  measures,
  memberKey,
  quarantineKey,
  readExpiryKey,
  readGroupSizeKey,
  readMemberKey,
  readQuarantineKey
} from './level-layout.ts'
import type { LevelChange } from './level-writer.ts'

/** A damaged entry, or one that contradicts another. */
export interface EntryProblem {
  readonly kind:
    | 'record'
    | 'mark'
    | 'publication'
    | 'expiry'
    | 'member'
    | 'account'
    | 'groupSize'
    | 'counters'
    | 'unknown'
  /**
   * the record key; for `account` the name of the account, for `groupSize` the group, for `unknown` the full key in the
   * database, for `counters` empty
   */
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
  const checker = new EntryChecker(database, counters, nextOrdinal)
  for await (const [key, value] of readRange(database, {})) {
    signal?.throwIfAborted()
    await checker.check(key, value)
  }
  return checker.findings()
}

/** Instead of the content of an entry that a later version wrote: it is never changed, and neither is what points to it. */
const newerEntry = 'newer'

class EntryChecker {
  readonly #database: LevelDatabase
  readonly #nextOrdinal: () => number
  readonly #problems: EntryProblem[] = []
  readonly #operations: LevelOperation[] = []
  readonly #counter = new EntryCounter()
  /** the sizes of the accounts after a repair, by map name */
  readonly #accounts = new Map<string, { readonly name: Uint8Array; readonly size: AccountSize }>()
  readonly #counters: Counters
  /** the accounts whose rows may be outdated, by map name */
  readonly #recent: ReadonlyMap<string, Account>
  #checked = 0
  #quarantined = 0
  #newer = 0
  #storedCounters: Counters | undefined

  constructor(database: LevelDatabase, counters: Counters, nextOrdinal: () => number) {
    this.#database = database
    this.#counters = counters
    this.#recent = new Map(counters.recentAccounts.map((account) => [mapKey(account.name), account]))
    this.#nextOrdinal = nextOrdinal
  }

  /** Checks an entry; in the order of their keys, because accounts are compared with the records before them. */
  async check(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    this.#checked++
    const key = fullKey.subarray(1)
    if (fullKey[0] === entryType.header && key.length === 0) return
    if (fullKey[0] === entryType.record && key.length > 0) return this.#checkRecord(fullKey, value)
    if (fullKey[0] === entryType.mark && key.length > 0) return this.#checkMark(fullKey, value)
    if (fullKey[0] === entryType.publication && key.length > 0) return this.#checkPublication(fullKey, value)
    if (fullKey[0] === entryType.expiry) return this.#checkExpiry(fullKey, value)
    if (fullKey[0] === entryType.account && key.length > 0) return this.#checkAccount(fullKey, value)
    if (fullKey[0] === entryType.member) return this.#checkMember(fullKey, value)
    if (fullKey[0] === entryType.groupSize) return this.#checkGroupSize(fullKey, value)
    // damaged counters are reported at the end, as missing ones are
    if (fullKey[0] === entryType.counters && key.length === 0)
      this.#storedCounters = tryDecode(decodeCounters, fullKey, value)
    else if (fullKey[0] === entryType.quarantine && readQuarantineKey(fullKey) !== undefined) this.#quarantined++
    else this.#moveAside('unknown', fullKey, fullKey, value, 'the type of the entry is unknown')
  }

  async findings(): Promise<Findings> {
    const counters = this.#counters
    const recentAccounts = this.#checkRecent()
    await this.#checkMissing()
    const counted = { ...this.#counter.totals, ordinal: counters.ordinal }
    const stored = this.#storedCounters ?? (this.#checked > 1 ? undefined : counted)
    // entries of a later version count too, but with which size only that version can tell
    const uncertain = this.#newer > 0 && stored !== undefined
    if (!uncertain && !countNames.every((name) => stored?.[name] === counted[name])) {
      const { records, bytes, marks, publications, groups } = counted
      const message = `there are ${records} records of ${bytes} bytes, ${marks} marks, ${publications} publications and ${groups} groups`
      this.#report('counters', new Uint8Array(0), `the counters are wrong or missing: ${message}`)
      this.#rewriteCounters()
    }
    const target = uncertain ? counters : counted
    return {
      report: { checked: this.#checked, problems: this.#problems, quarantined: this.#quarantined },
      change: {
        operations: this.#operations,
        totals: {
          records: target.records - counters.records,
          bytes: target.bytes - counters.bytes,
          marks: target.marks - counters.marks,
          publications: target.publications - counters.publications,
          publishedRecords: target.publishedRecords - counters.publishedRecords,
          publishedBytes: target.publishedBytes - counters.publishedBytes,
          groups: target.groups - counters.groups
        },
        accounts: [],
        recentAccounts
      }
    }
  }

  /** The writer adds the counters to every batch that has an operation. */
  #rewriteCounters(): void {
    this.#operations.push({ type: 'del', key: Uint8Array.of(entryType.counters) })
  }

  async #checkRecord(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const key = fullKey.subarray(1)
    const form = this.#decode(decodeRecordForm, 'record', fullKey, value)
    if (form === undefined) return
    const { record, recordShare, marked, published } = form
    const hasMark = (await this.#readMark(key)) !== undefined
    const publication = await this.#readPublication(key)
    const hasPublication = publication !== undefined
    if (record.expires !== undefined && !hasPublication)
      await this.#checkIndexed('expiry', expiryKey(record.expires, entryType.record, key), key)
    this.#checkFlag('mark', marked, hasMark, key)
    this.#checkFlag('publication', published, hasPublication, key)
    await this.#count(key, { record, recordShare }, publication)
    if (hasMark === marked && hasPublication === published) return
    this.#operations.push({
      type: 'put',
      key: new Uint8Array(fullKey),
      value: encodeRecordForm(fullKey, { record, recordShare, marked: hasMark, published: hasPublication })
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
    await this.#checkIndexed('expiry', expiryKey(form.mark.until, entryType.mark, key), key)
    await this.#count(key, form, await this.#readPublication(key))
  }

  /** Counts a record or a mark, and checks that it is in the index of members. */
  async #count(
    key: Uint8Array,
    content: Omit<EntryContent, 'publication'>,
    publication: Publication | typeof newerEntry | undefined
  ): Promise<void> {
    if (publication === newerEntry) return
    for (const member of this.#counter.add(key, { ...content, publication }))
      await this.#checkIndexed('member', memberKey(member), key)
  }

  #checkPublication(fullKey: Uint8Array, value: Uint8Array): void {
    if (this.#decode(decodePublication, 'publication', fullKey, value) !== undefined) this.#counter.addPublication()
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

  async #checkMember(fullKey: Uint8Array, value: Uint8Array): Promise<void> {
    const member = readMemberKey(fullKey)
    if (member === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    const { kind, key } = member
    const target = kind === 'records' ? await this.#readRecord(key) : await this.#readMark(key)
    const publication = await this.#readPublication(key)
    if (target === newerEntry || publication === newerEntry) return
    const share = target && ('record' in target ? target.recordShare : target.markShare)
    if (target !== undefined && publication === undefined && sameShare(share, member)) return
    this.#report('member', key, 'the index entry points to no record or mark of this group and time')
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  #checkAccount(fullKey: Uint8Array, value: Uint8Array): void {
    const name = new Uint8Array(fullKey.subarray(1))
    const stored = tryDecode(decodeAccount, fullKey, value)
    const isRecent = this.#recent.has(mapKey(name))
    const size = this.#accountSize(name, stored)
    this.#accounts.set(mapKey(name), { name, size })
    if (stored !== undefined && (isRecent || (exists(size) && sameSize(stored, size)))) return
    this.#reportAccount(name, size)
    this.#operations.push(accountOperation({ ...size, name }))
  }

  /** Reports the recent accounts that are wrong. Returns the recent accounts after a repair. */
  #checkRecent(): Account[] {
    return this.#counters.recentAccounts.map((account) => {
      const { name } = account
      const size = this.#accountSize(name)
      this.#accounts.set(mapKey(name), { name, size })
      if (!sameSize(account, size)) {
        this.#reportAccount(name, size)
        this.#rewriteCounters()
      }
      return { ...size, name }
    })
  }

  /** Reports the accounts that have no row, and the groups that are missing in the index by size. */
  async #checkMissing(): Promise<void> {
    for (const account of this.#counter.accounts) {
      const { name } = account
      if (this.#accounts.has(mapKey(name))) continue
      this.#accounts.set(mapKey(name), { name, size: account })
      this.#reportAccount(name, account)
      this.#operations.push(accountOperation(account))
    }
    for (const { name, size } of this.#accounts.values()) {
      const group = groupOfAccount(name)
      if (group === undefined) continue
      for (const measure of measures) {
        const bucket = sizeBucket(size[measure])
        if (bucket > 0) await this.#checkIndexed('groupSize', groupSizeKey(measure, bucket, group), group)
      }
    }
  }

  /**
   * The size of an account after a repair: what was counted. Entries of a later version count too: with them, as it was.
   *
   * @param stored - the size in its row
   */
  #accountSize(name: Uint8Array, stored?: AccountSize): AccountSize {
    const mapName = mapKey(name)
    const known =
      this.#newer > 0 ? (this.#recent.get(mapName) ?? this.#accounts.get(mapName)?.size ?? stored) : undefined
    const { records, bytes, marks } = known ?? this.#counter.size(name)
    return { records, bytes, marks }
  }

  #reportAccount(name: Uint8Array, { records, bytes, marks }: AccountSize): void {
    const message = `${records} records of ${bytes} bytes and ${marks} marks count towards it`
    this.#report('account', name, `the account is wrong or missing: ${message}`)
  }

  #checkGroupSize(fullKey: Uint8Array, value: Uint8Array): void {
    const parts = readGroupSizeKey(fullKey)
    if (parts === undefined) return this.#moveAside('unknown', fullKey, fullKey, value, 'the index key is malformed')
    const { measure, bucket, group } = parts
    const size = this.#accountSize(groupAccount(group))
    if (bucket > 0 && sizeBucket(size[measure]) === bucket) return
    this.#report('groupSize', group, `the index entry points to no group of this size by ${measure}`)
    this.#operations.push({ type: 'del', key: new Uint8Array(fullKey) })
  }

  async #checkIndexed(kind: 'expiry' | 'member' | 'groupSize', indexKey: Uint8Array, key: Uint8Array): Promise<void> {
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

  #readPublication(key: Uint8Array): Promise<Publication | typeof newerEntry | undefined> {
    return this.#read(decodePublication, entryType.publication, key)
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

const countNames = [
  'records',
  'bytes',
  'marks',
  'publications',
  'publishedRecords',
  'publishedBytes',
  'groups'
] as const
