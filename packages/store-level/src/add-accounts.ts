import type { GroupMember } from '@recordkit/record-store'
import { groupOfAccount } from '@recordkit/record-store'
import { accountOperation, noSize, pushGroupSizes } from './account-operations.ts'
import { countEntries } from './count-entries.ts'
import { encodeCounters } from './entry-format.ts'
import { nextOrdinal, readCounters } from './level-counters.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { clearRange, writeBatch } from './level-database.ts'
import { entryType, memberKey, typeRange } from './level-layout.ts'

/** Members that are written together. */
const batchSize = 8192

/**
 * Migration to version 4: writes the accounts and the index of members, and deletes the index of marks by age. Records and marks
 * stay as they are: without a share they count towards the empty group, since time 0.
 *
 * The members of a large store do not fit into one batch. An earlier version does not read what is written before the header
 * says version 4, and an interrupted migration begins again.
 */
export async function addAccounts(database: LevelDatabase): Promise<readonly LevelOperation[]> {
  const { age, account, member, groupSize } = entryType
  for (const type of [age, account, member, groupSize]) await clearRange(database, typeRange(type))
  let members: LevelOperation[] = []
  const write = async (): Promise<void> => {
    const operations = members
    members = []
    await writeBatch(database, operations, false)
  }
  const counter = await countEntries(database, (found: GroupMember) => {
    members.push({ type: 'put', key: memberKey(found), value: new Uint8Array(0) })
    return members.length === batchSize ? write() : undefined
  })
  const operations = members
  for (const account of counter.accounts) {
    operations.push(accountOperation(account))
    const group = groupOfAccount(account.name)
    if (group !== undefined) pushGroupSizes(operations, group, noSize, account)
  }
  // the ordinals of version 3 stay; those of marks are not needed any more
  const ordinal = (await readCounters(database))?.ordinal ?? (await nextOrdinal(database))
  const key = Uint8Array.of(entryType.counters)
  operations.push({ type: 'put', key, value: encodeCounters(key, { ...counter.totals, ordinal, recentAccounts: [] }) })
  return operations
}
