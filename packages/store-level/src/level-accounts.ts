import type { AccountSize, AccountTotals, MemberKind, StoreAccounts } from '@recordkit/record-store'
import { groupAccount } from '@recordkit/record-store'
import type { MaybePromise } from '@recordkit/record-types'
import type { LevelDatabase } from './level-database.ts'
import { readBytes, readRange } from './level-database.ts'
import { readMark, readRecord, sameShare } from './level-entry.ts'
import {
  entryKey,
  entryType,
  groupSizeRange,
  memberRange,
  readGroupSizeKey,
  readMemberKey
} from './level-layout.ts'
import type { LevelWriter } from './level-writer.ts'

/** How many groups of about the same size are compared to find the largest. */
const comparedGroups = 64

/** The accounts of a database, as the writer has written them. */
export class LevelAccounts implements StoreAccounts {
  readonly #database: LevelDatabase
  readonly #writer: LevelWriter

  constructor(database: LevelDatabase, writer: LevelWriter) {
    this.#database = database
    this.#writer = writer
  }

  totals(): AccountTotals {
    return this.#writer.counters
  }

  sizes(names: readonly Uint8Array[]): MaybePromise<readonly AccountSize[]> {
    const sizes = names.map((name) => this.#writer.accounts.read(name))
    return sizes.some((size) => size instanceof Promise) ? Promise.all(sizes) : (sizes as AccountSize[])
  }

  async largestGroups(measure: keyof AccountSize, limit: number): Promise<Uint8Array[]> {
    const largest: Uint8Array[] = []
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
      // the index of a damaged store may contain malformed keys, and point to missing or other entries: skip them
      if (member === undefined || !(await this.#isMember(member))) continue
      keys.push(new Uint8Array(member.key))
      if (keys.length === limit) break
    }
    return keys
  }

  /** Whether the record or mark that a row names counts towards its group since its time. */
  async #isMember(member: NonNullable<ReturnType<typeof readMemberKey>>): Promise<boolean> {
    const type = member.kind === 'records' ? entryType.record : entryType.mark
    const fullKey = entryKey(type, member.key)
    const value = await readBytes(this.#database, fullKey)
    if (value === undefined) return false
    if (type === entryType.mark) {
      const { mark, markShare } = readMark(fullKey, value)
      return mark !== undefined && sameShare(markShare, member)
    }
    const { record, recordShare, published } = readRecord(fullKey, value)
    return record !== undefined && published !== true && sameShare(recordShare, member)
  }
}
