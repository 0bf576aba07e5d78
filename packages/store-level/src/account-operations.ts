import type { AccountSize } from '@recordkit/record-store'
import { sizeBucket } from '@recordkit/record-store/internal'
import type { Account } from './entry-format.ts'
import { encodeAccount } from './entry-format.ts'
import type { LevelOperation } from './level-database.ts'
import { entryKey, entryType, groupSizeKey, measures } from './level-layout.ts'

/** The size of an account without a row. */
export const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })

const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** Whether an account of this size has a row. */
export function exists({ records, marks }: AccountSize): boolean {
  return records > 0 || marks > 0
}

export function sameSize(a: AccountSize, b: AccountSize): boolean {
  return a.records === b.records && a.bytes === b.bytes && a.marks === b.marks
}

/** The operation that writes the row of an account. */
export function accountOperation(account: Account): LevelOperation {
  const key = entryKey(entryType.account, account.name)
  return exists(account) ? { type: 'put', key, value: encodeAccount(key, account) } : { type: 'del', key }
}

/** Adds the operations that move a group in the index by size. */
export function pushGroupSizes(
  operations: LevelOperation[],
  group: Uint8Array,
  before: AccountSize,
  after: AccountSize
): void {
  for (const measure of measures) {
    if (before[measure] === after[measure]) continue
    const from = sizeBucket(before[measure])
    const to = sizeBucket(after[measure])
    if (from === to) continue
    if (from > 0) operations.push({ type: 'del', key: groupSizeKey(measure, from, group) })
    if (to > 0) operations.push({ type: 'put', key: groupSizeKey(measure, to, group), value: emptyValue })
  }
}
