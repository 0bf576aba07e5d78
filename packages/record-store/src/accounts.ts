import type { MaybePromise, PeerId } from '@recordkit/record-types'
import { equalBytes } from '@recordkit/record-types'
import { mapKey, sameBytes } from '@recordkit/record-types/internal'
import type { EntryContent, Share, StoreChange } from './backend.ts'
import { noGroup, noShare, sameShare } from './share.ts'
import type { StoredRecord } from './store.ts'

/** How many records and marks count towards an account. Published entries count towards none: only the application makes them. */
export interface AccountSize {
  readonly records: number
  /** bytes of their keys, values and ranks */
  readonly bytes: number
  readonly marks: number
}

/** How much a store contains. */
export interface AccountTotals extends AccountSize {
  readonly publications: number
  /** records that are published, part of `records` */
  readonly publishedRecords: number
  /** part of `bytes` */
  readonly publishedBytes: number
  /** number of groups with a record or a mark that is not published */
  readonly groups: number
}

/**
 * Keeps count of what a store contains, so that its bounds cost nothing that grows with it. A backend that keeps the accounts
 * changes them in the same write as the entries: {@link accountChanges} computes by how much.
 */
export interface StoreAccounts {
  totals(): MaybePromise<AccountTotals>
  /**
   * One size per name, in the same order; zeros for an account that does not exist.
   *
   * @param names - of {@link groupAccount}, {@link authorAccount} and {@link namespaceAccount}
   */
  sizes(names: readonly Uint8Array[]): MaybePromise<readonly AccountSize[]>
  /**
   * The groups with the most records, bytes or marks, largest first, at most `limit`; none that has 0. A group may come before
   * one that is up to a sixteenth larger.
   */
  largestGroups(measure: keyof AccountSize, limit: number): MaybePromise<readonly Uint8Array[]>
  /** Keys of the records, or marks, that count towards a group, the earliest `since` first, at most `limit`. */
  oldest(kind: MemberKind, group: Uint8Array, limit: number): MaybePromise<readonly Uint8Array[]>
}

export type MemberKind = 'records' | 'marks'

/** A record or a mark that counts towards a group: a row of the index of the oldest. */
export interface GroupMember extends Share {
  readonly kind: MemberKind
  readonly key: Uint8Array
}

/** By how much a write changes the accounts. */
export interface AccountChanges {
  /** to add to the totals */
  readonly totals: Omit<AccountTotals, 'groups'>
  /** to add to the accounts, each of which occurs once */
  readonly accounts: readonly AccountChange[]
  /** members that leave their groups; before the ones that enter */
  readonly removed: readonly GroupMember[]
  readonly added: readonly GroupMember[]
}

/** To add to an account. */
export interface AccountChange extends AccountSize {
  readonly name: Uint8Array
}

const tag = { author: 0x61, group: 0x67, namespace: 0x6e } as const
const slash = 0x2f

/**
 * The name of the account of a group of senders.
 *
 * @example
 * ```ts
 * const [size] = await accounts.sizes([groupAccount(group)])
 * ```
 */
export function groupAccount(group: Uint8Array): Uint8Array {
  return tagged(tag.group, group)
}

/**
 * The group whose account has this name; `undefined` for the account of an author or a namespace.
 *
 * @example
 * ```ts
 * const groups = rows.map(({ name }) => groupOfAccount(name)).filter((group) => group !== undefined)
 * ```
 */
export function groupOfAccount(name: Uint8Array): Uint8Array | undefined {
  return name[0] === tag.group ? name.subarray(1) : undefined
}

/**
 * The name of the account of an author.
 *
 * @example
 * ```ts
 * const [size] = await accounts.sizes([authorAccount(author)])
 * ```
 */
export function authorAccount(author: PeerId): Uint8Array {
  return tagged(tag.author, author)
}

/**
 * The name of the account of the namespace of a key: the part between its first two slashes, empty without a slash.
 *
 * @example
 * ```ts
 * const [size] = await accounts.sizes([namespaceAccount(key)]) // of all keys of its namespace
 * ```
 */
export function namespaceAccount(key: Uint8Array): Uint8Array {
  if (key[0] !== slash) return tagged(tag.namespace, noGroup)
  const end = key.indexOf(slash, 1)
  return tagged(tag.namespace, key.subarray(1, end < 0 ? key.length : end))
}

/**
 * The author that a record counts towards. A key that ends with its author, such as that of an IPNS record, is the only one
 * of this author in its namespace: counting it would limit nothing.
 */
export function countedAuthor({ key, author }: Pick<StoredRecord, 'key' | 'author'>): PeerId | undefined {
  if (author === undefined || author.length >= key.length) return author
  return equalBytes(key.subarray(key.length - author.length), author) ? undefined : author
}

/** The size that bounds count for a record. */
export function recordSize({ key, value, rank }: Pick<StoredRecord, 'key' | 'value' | 'rank'>): number {
  return key.length + value.length + rank.length
}

/**
 * Computes by how much a write changes the accounts.
 *
 * @example
 * ```ts
 * const { accounts } = accountChanges(changes)
 * for (const { name, records, bytes, marks } of accounts) await addToRow(name, records, bytes, marks)
 * ```
 */
export function accountChanges(changes: readonly StoreChange[]): AccountChanges {
  return countChanges(
    changes.map(({ key, previous, next }) => ({ previous: countEntry(key, previous), next: countEntry(key, next) }))
  )
}

/** What an entry counts for. */
export interface CountedEntry {
  readonly key: Uint8Array
  /** size of the record; `undefined` without one */
  readonly bytes: number | undefined
  readonly author: PeerId | undefined
  readonly recordShare: Share
  readonly marked: boolean
  readonly markShare: Share
  readonly published: boolean
}

/** @returns `undefined` for an entry that counts for nothing */
export function countEntry(key: Uint8Array, content: EntryContent): CountedEntry | undefined {
  const { record, mark, publication, recordShare = noShare, markShare = noShare } = content
  if (record === undefined && mark === undefined && publication === undefined) return undefined
  return {
    key,
    bytes: record && recordSize(record),
    author: record && countedAuthor(record),
    recordShare,
    marked: mark !== undefined,
    markShare,
    published: publication !== undefined
  }
}

/** A change of what an entry counts for. */
export interface CountChange {
  readonly previous: CountedEntry | undefined
  readonly next: CountedEntry | undefined
}

/** Adds up what changes. */
export function countChanges(changes: readonly CountChange[]): AccountChanges {
  const sums = new AccountSums()
  const { totals } = sums
  const added: GroupMember[] = []
  const removed: GroupMember[] = []
  const add = (entry: CountedEntry, sign: 1 | -1, isRecordMember: boolean, isMarkMember: boolean): void => {
    const { key, author, recordShare, marked, markShare, published } = entry
    const bytes = sign * (entry.bytes ?? 0)
    const records = entry.bytes === undefined ? 0 : sign
    totals.records += records
    totals.bytes += bytes
    if (marked) totals.marks += sign
    if (published) {
      totals.publications += sign
      totals.publishedRecords += records
      totals.publishedBytes += bytes
      return
    }
    const members = sign > 0 ? added : removed
    if (records !== 0) {
      sums.addRecord(key, recordShare.group, author, records, bytes)
      if (isRecordMember) members.push({ kind: 'records', key, group: recordShare.group, since: recordShare.since })
    }
    if (marked) {
      sums.addMark(markShare.group, sign)
      if (isMarkMember) members.push({ kind: 'marks', key, group: markShare.group, since: markShare.since })
    }
  }
  for (const { previous, next } of changes) {
    const isSame = previous !== undefined && next !== undefined && previous.published === next.published
    const isRecordChanged =
      !isSame ||
      previous.bytes === undefined ||
      next.bytes === undefined ||
      !sameShare(previous.recordShare, next.recordShare)
    const isMarkChanged = !isSame || previous.marked !== next.marked || !sameShare(previous.markShare, next.markShare)
    if (!isRecordChanged && !isMarkChanged && !next.published && sameBytes(previous.author, next.author)) {
      // most often a record replaces another
      const difference = next.bytes - previous.bytes
      totals.bytes += difference
      if (difference !== 0) sums.addRecord(next.key, next.recordShare.group, next.author, 0, difference)
      continue
    }
    if (previous !== undefined) add(previous, -1, isRecordChanged, isMarkChanged)
    if (next !== undefined) add(next, 1, isRecordChanged, isMarkChanged)
  }
  return { totals, accounts: sums.changed(), removed, added }
}

type Sum = { readonly name: Uint8Array; records: number; bytes: number; marks: number }

/** What a write adds to the totals and to each account. Most changes of a write are of one group and one namespace. */
class AccountSums {
  readonly totals = { records: 0, bytes: 0, marks: 0, publications: 0, publishedRecords: 0, publishedBytes: 0 }
  readonly #accounts = new Map<string, Sum>()
  #group: { readonly group: Uint8Array; readonly sum: Sum } | undefined
  #namespace: Sum | undefined

  addRecord(key: Uint8Array, group: Uint8Array, author: PeerId | undefined, records: number, bytes: number): void {
    addTo(this.#ofGroup(group), records, bytes)
    if (this.#namespace === undefined || !isInNamespace(key, this.#namespace.name))
      this.#namespace = this.#sum(namespaceAccount(key))
    addTo(this.#namespace, records, bytes)
    if (author !== undefined) addTo(this.#sum(authorAccount(author)), records, bytes)
  }

  addMark(group: Uint8Array, marks: number): void {
    this.#ofGroup(group).marks += marks
  }

  changed(): AccountChange[] {
    return [...this.#accounts.values()].filter(
      ({ records, bytes, marks }) => records !== 0 || bytes !== 0 || marks !== 0
    )
  }

  #ofGroup(group: Uint8Array): Sum {
    if (this.#group === undefined || !equalBytes(this.#group.group, group))
      this.#group = { group, sum: this.#sum(groupAccount(group)) }
    return this.#group.sum
  }

  #sum(name: Uint8Array): Sum {
    const mapName = mapKey(name)
    let sum = this.#accounts.get(mapName)
    if (sum === undefined) {
      sum = { name, records: 0, bytes: 0, marks: 0 }
      this.#accounts.set(mapName, sum)
    }
    return sum
  }
}

function addTo(sum: Sum, records: number, bytes: number): void {
  sum.records += records
  sum.bytes += bytes
}

/** Whether {@link namespaceAccount} of a key is `name`. */
function isInNamespace(key: Uint8Array, name: Uint8Array): boolean {
  const { length } = name
  if (key[0] !== slash) return length === 1
  for (let index = 1; index < length; index++) if (key[index] !== name[index]) return false
  return key.length === length || key[length] === slash
}

function tagged(first: number, bytes: Uint8Array): Uint8Array {
  const name = new Uint8Array(bytes.length + 1)
  name[0] = first
  name.set(bytes, 1)
  return name
}
