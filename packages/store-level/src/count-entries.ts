import type { AccountSize, AccountTotals, EntryContent, GroupMember } from '@recordkit/record-store'
import { accountChanges, groupOfAccount } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { noSize } from './account-operations.ts'
import type { Account } from './entry-format.ts'
import { decodeMark, decodePublication, decodeRecordForm, tryDecode } from './entry-format.ts'
import type { LevelDatabase } from './level-database.ts'
import { readRange } from './level-database.ts'
import { entryType, typeRange } from './level-layout.ts'

/** Adds up what entries count for. */
export class EntryCounter {
  readonly #accounts = new Map<string, { -readonly [Field in keyof Account]: Account[Field] }>()
  readonly #totals = { records: 0, bytes: 0, marks: 0, publications: 0, publishedRecords: 0, publishedBytes: 0 }

  /**
   * Counts a record or a mark.
   *
   * @param content - with the publication of the key, which is not counted
   * @returns what has to be in the index of members
   */
  add(key: Uint8Array, content: EntryContent): readonly GroupMember[] {
    const { totals, accounts, added } = accountChanges([{ key, previous: {}, next: content }])
    this.#totals.records += totals.records
    this.#totals.bytes += totals.bytes
    this.#totals.marks += totals.marks
    this.#totals.publishedRecords += totals.publishedRecords
    this.#totals.publishedBytes += totals.publishedBytes
    for (const { name, records, bytes, marks } of accounts) {
      const account = this.#accountOf(name)
      account.records += records
      account.bytes += bytes
      account.marks += marks
    }
    return added
  }

  addPublication(): void {
    this.#totals.publications++
  }

  get totals(): AccountTotals {
    let groups = 0
    for (const { name } of this.#accounts.values()) if (groupOfAccount(name) !== undefined) groups++
    return { ...this.#totals, groups }
  }

  /** Every account, with its size. */
  get accounts(): Iterable<Account> {
    return this.#accounts.values()
  }

  size(name: Uint8Array): AccountSize {
    return this.#accounts.get(mapKey(name)) ?? noSize
  }

  #accountOf(name: Uint8Array): { records: number; bytes: number; marks: number } {
    const mapName = mapKey(name)
    const account = this.#accounts.get(mapName) ?? { name, records: 0, bytes: 0, marks: 0 }
    this.#accounts.set(mapName, account)
    return account
  }
}

/**
 * Counts the records, marks and publications that can be read: others count as absent, as in reads.
 *
 * @param onMember - called with what has to be in the index of members
 */
export async function countEntries(
  database: LevelDatabase,
  onMember: (member: GroupMember) => Promise<void> | undefined = () => undefined
): Promise<EntryCounter> {
  const counter = new EntryCounter()
  const published = new Set<string>()
  for await (const [fullKey, value] of readRange(database, typeRange(entryType.publication))) {
    if (tryDecode(decodePublication, fullKey, value) === undefined) continue
    published.add(mapKey(fullKey.subarray(1)))
    counter.addPublication()
  }
  const add = async (key: Uint8Array, content: EntryContent): Promise<void> => {
    const publication = published.has(mapKey(key)) ? { key, network: false } : undefined
    for (const member of counter.add(key, { ...content, publication })) await onMember(member)
  }
  for await (const [fullKey, value] of readRange(database, typeRange(entryType.record))) {
    const form = tryDecode(decodeRecordForm, fullKey, value)
    if (form !== undefined) await add(fullKey.subarray(1), { record: form.record, recordShare: form.recordShare })
  }
  for await (const [fullKey, value] of readRange(database, typeRange(entryType.mark))) {
    const form = tryDecode(decodeMark, fullKey, value)
    if (form !== undefined) await add(fullKey.subarray(1), form)
  }
  return counter
}
