import type {
  AccountSize,
  AccountTotals,
  GroupMember,
  MemberKind,
  StoreAccounts,
  StoreEntry
} from '@recordkit/record-store'
import { groupAccount } from '@recordkit/record-store'
import type { MaybePromise } from '@recordkit/record-types'
import { isPromise } from '@recordkit/record-types/internal'
import type { LevelDatabase } from './level-database.ts'
import { readRange } from './level-database.ts'
import { sameShare } from '@recordkit/record-store/internal'
import { groupSizeRange, memberRange, readGroupSizeKey, readMemberKey } from './level-layout.ts'
import type { LevelWriter } from './level-writer.ts'

/** How many groups of about the same size are compared to find the largest. */
const comparedGroups = 64

/** The accounts of a database, as the writer has written them. */
export class LevelAccounts implements StoreAccounts {
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter
  readonly #read: (keys: readonly Uint8Array[]) => MaybePromise<readonly StoreEntry[]>

  /** @param read - reads entries */
  constructor(
    database: LevelDatabase,
    writer: LevelWriter,
    read: (keys: readonly Uint8Array[]) => MaybePromise<readonly StoreEntry[]>
  ) {
    this.#database = database
    this.#writer = writer
    this.#read = read
  }

  totals(): AccountTotals {
    return this.#writer.counters
  }

  sizes(names: readonly Uint8Array[]): MaybePromise<readonly AccountSize[]> {
    const sizes = names.map((name) => this.#writer.accounts.read(name))
    return sizes.some((size) => isPromise(size))
      ? Promise.all(sizes.map(async (size) => size))
      : (sizes as AccountSize[])
  }

  async largestGroups(measure: keyof AccountSize, limit: number): Promise<Uint8Array[]> {
    const largest: Uint8Array[] = []
    if (limit <= 0) return largest
    let found: { readonly group: Uint8Array; readonly size: number }[] = []
    let bucketOfFound: number | undefined
    const takeLargest = (): void => {
      found.sort((a, b) => b.size - a.size)
      for (const { group } of found.slice(0, limit - largest.length)) largest.push(group)
      found = []
    }
    for await (const [fullKey] of readRange(this.#database, { ...groupSizeRange(measure), reverse: true })) {
      // the index of a damaged store may contain malformed keys, and groups that do not exist: skip them
      const parts = readGroupSizeKey(fullKey)
      if (parts === undefined) continue
      const { group, bucket } = parts
      if (bucket !== bucketOfFound) takeLargest()
      if (largest.length >= limit || found.length >= Math.max(comparedGroups, limit)) break
      bucketOfFound = bucket
      const size = (await this.#writer.accounts.read(groupAccount(group)))[measure]
      if (size > 0) found.push({ group: new Uint8Array(group), size })
    }
    takeLargest()
    return largest
  }

  async oldest(kind: MemberKind, group: Uint8Array, limit: number): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = []
    if (limit <= 0) return keys
    for await (const [fullKey] of readRange(this.#database, memberRange(kind, group))) {
      const member = readMemberKey(fullKey)
      // the index of a damaged store may contain malformed keys, and point to missing, damaged or other entries: skip them
      if (member === undefined || !(await this.#isCurrent(member))) continue
      keys.push(new Uint8Array(member.key))
      if (keys.length === limit) break
    }
    return keys
  }

  /** Whether the record or mark that a row names counts towards its group since its time, and can be changed. */
  async #isCurrent({ kind, key, ...share }: GroupMember): Promise<boolean> {
    const [entry = {}] = await this.#read([key])
    if (entry.corrupt !== undefined || entry.newer !== undefined || entry.publication !== undefined) return false
    return kind === 'records'
      ? entry.record !== undefined && sameShare(entry.recordShare, share)
      : entry.mark !== undefined && sameShare(entry.markShare, share)
  }
}
