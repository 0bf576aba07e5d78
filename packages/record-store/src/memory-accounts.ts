import { keptCopy, mapKey, sameBytes } from '@recordkit/record-types/internal'
import type { AccountChange, AccountSize, AccountTotals, CountedEntry, MemberKind, StoreAccounts } from './accounts.ts'
import { countChanges, countEntry, groupAccount, groupOfAccount } from './accounts.ts'
import type { EntryContent, Share } from './backend.ts'
import { GroupMembers } from './group-members.ts'
import { sameShare } from './share.ts'
import { sizeBucket } from './size-bucket.ts'

const measures = ['records', 'bytes', 'marks'] as const
const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })
/** How many groups of about the same size are compared to find the largest. */
const comparedGroups = 64

interface Account {
  readonly name: Uint8Array
  records: number
  bytes: number
  marks: number
}

/**
 * Accounts in memory, for a backend that keeps none. They know what this process wrote and what it has read: `set` replaces
 * what was known of a key, so that reading an entry again changes nothing.
 */
export class MemoryAccounts implements StoreAccounts {
  readonly #entries = new Map<string, CountedEntry>()
  readonly #accounts = new Map<string, Account>()
  readonly #members = new Map<string, GroupMembers>()
  /** by measure, then by bucket: the map names of the groups of this size */
  readonly #buckets: Record<keyof AccountSize, (Set<string> | undefined)[]> = { records: [], bytes: [], marks: [] }
  #totals: AccountTotals = {
    records: 0,
    bytes: 0,
    marks: 0,
    publications: 0,
    publishedRecords: 0,
    publishedBytes: 0,
    groups: 0
  }

  /** Counts an entry in place of what was known of its key. */
  set(key: Uint8Array, content: EntryContent): void {
    const name = mapKey(key)
    const previous = this.#entries.get(name)
    const { recordShare, markShare } = content
    const next = countEntry(previous?.key ?? keptCopy(key), {
      ...content,
      recordShare: recordShare && this.#ownShare(recordShare),
      markShare: markShare && this.#ownShare(markShare)
    })
    if (isSame(previous, next)) return
    const { totals, accounts, removed, added } = countChanges([{ previous, next }])
    if (next === undefined) this.#entries.delete(name)
    else this.#entries.set(name, next)
    const { groups } = this.#totals
    this.#totals = {
      records: this.#totals.records + totals.records,
      bytes: this.#totals.bytes + totals.bytes,
      marks: this.#totals.marks + totals.marks,
      publications: this.#totals.publications + totals.publications,
      publishedRecords: this.#totals.publishedRecords + totals.publishedRecords,
      publishedBytes: this.#totals.publishedBytes + totals.publishedBytes,
      groups
    }
    for (const change of accounts) this.#change(change)
    for (const { kind, group, key: member } of removed) this.#membersOf(kind, group).delete(mapKey(member))
    for (const { kind, group, since, key: member } of added)
      this.#membersOf(kind, group).add(mapKey(member), member, since)
    for (const { kind, group } of removed) this.#forgetEmpty(kind, group)
  }

  /** The keys that count for something, by map name. */
  keys(): Map<string, Uint8Array> {
    return new Map([...this.#entries].map(([name, { key }]) => [name, key]))
  }

  totals(): AccountTotals {
    return this.#totals
  }

  sizes(names: readonly Uint8Array[]): AccountSize[] {
    return names.map((name) => {
      const { records, bytes, marks } = this.#accounts.get(mapKey(name)) ?? noSize
      return { records, bytes, marks }
    })
  }

  largestGroups(measure: keyof AccountSize, limit: number): Uint8Array[] {
    const largest: Uint8Array[] = []
    const buckets = this.#buckets[measure]
    for (let bucket = buckets.length - 1; bucket > 0 && largest.length < limit; bucket--) {
      const found: Account[] = []
      for (const name of buckets[bucket] ?? []) {
        found.push(this.#accounts.get(name) as Account)
        if (found.length === Math.max(comparedGroups, limit)) break
      }
      found.sort((a, b) => b[measure] - a[measure])
      for (const { name } of found.slice(0, limit - largest.length)) largest.push(name.subarray(1))
    }
    return largest
  }

  oldest(kind: MemberKind, group: Uint8Array, limit: number): Uint8Array[] {
    return this.#members.get(memberName(kind, group))?.oldest(limit) ?? []
  }

  /** The same share, its group in bytes that all members share: those of a backend may be a part of a whole page. */
  #ownShare({ group, since }: Share): Share {
    const name = this.#accounts.get(mapKey(groupAccount(group)))?.name ?? groupAccount(group)
    return { group: groupOfAccount(name) as Uint8Array, since }
  }

  #change({ name, records, bytes, marks }: AccountChange): void {
    const mapName = mapKey(name)
    const account = this.#accounts.get(mapName) ?? { name, records: 0, bytes: 0, marks: 0 }
    const isGroup = groupOfAccount(name) !== undefined
    if (isGroup) for (const measure of measures) this.#buckets[measure][sizeBucket(account[measure])]?.delete(mapName)
    account.records += records
    account.bytes += bytes
    account.marks += marks
    const exists = account.records > 0 || account.marks > 0
    if (isGroup) {
      const difference = Number(exists) - Number(this.#accounts.has(mapName))
      if (difference !== 0) this.#totals = { ...this.#totals, groups: this.#totals.groups + difference }
      for (const measure of measures) this.#addToBucket(measure, account, mapName)
    }
    if (exists) this.#accounts.set(mapName, account)
    else this.#accounts.delete(mapName)
  }

  #addToBucket(measure: keyof AccountSize, account: Account, mapName: string): void {
    const buckets = this.#buckets[measure]
    const bucket = sizeBucket(account[measure])
    if (bucket > 0) {
      while (buckets.length < bucket) buckets.push(undefined)
      const groups = buckets[bucket] ?? new Set()
      groups.add(mapName)
      buckets[bucket] = groups
    }
    while (buckets.length > 0 && (buckets.at(-1)?.size ?? 0) === 0) buckets.pop()
  }

  #membersOf(kind: MemberKind, group: Uint8Array): GroupMembers {
    const name = memberName(kind, group)
    const members = this.#members.get(name) ?? new GroupMembers()
    this.#members.set(name, members)
    return members
  }

  #forgetEmpty(kind: MemberKind, group: Uint8Array): void {
    if (this.#membersOf(kind, group).isEmpty) this.#members.delete(memberName(kind, group))
  }
}

function memberName(kind: MemberKind, group: Uint8Array): string {
  return `${kind}:${mapKey(group)}`
}

function isSame(a: CountedEntry | undefined, b: CountedEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.bytes === b.bytes &&
    a.marked === b.marked &&
    a.published === b.published &&
    sameShare(a.recordShare, b.recordShare) &&
    sameShare(a.markShare, b.markShare) &&
    sameBytes(a.author, b.author)
  )
}
