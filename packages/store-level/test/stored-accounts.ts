import type { AccountSize, AccountTotals } from '@recordkit/record-store'
import { decodeAccount } from '../src/entry-format.ts'
import { readMemberKey } from '../src/level-layout.ts'
import { readCounters } from '../src/level-counters.ts'
import type { LevelDatabase } from '../src/index.ts'
import { readRange } from '../src/level-database.ts'

/** The accounts, members and counters of a database, as text. The accounts in the counters replace those in entries of their own. */
export async function storedAccounts(database: LevelDatabase): Promise<{
  readonly accounts: Readonly<Record<string, AccountSize>>
  readonly members: readonly string[]
  readonly totals: AccountTotals
  readonly ordinal: number
}> {
  const decoder = new TextDecoder()
  const accounts: Record<string, AccountSize> = {}
  const members: string[] = []
  for await (const [fullKey, value] of readRange(database, { gte: Uint8Array.of(8), lt: Uint8Array.of(10) })) {
    if (fullKey[0] === 8) accounts[decoder.decode(fullKey.subarray(1))] = decodeAccount(fullKey, value)
    else {
      const member = readMemberKey(fullKey)
      if (member === undefined) throw new Error('the key of a member is malformed')
      members.push(`${member.kind} ${decoder.decode(member.group)} ${member.since} ${decoder.decode(member.key)}`)
    }
  }
  const counters = await readCounters(database)
  if (counters === undefined) throw new Error('there are no counters')
  const { ordinal, recentAccounts, ...totals } = counters
  for (const { name, ...size } of recentAccounts) {
    if (size.records + size.marks === 0) delete accounts[decoder.decode(name)]
    else accounts[decoder.decode(name)] = size
  }
  return { accounts, members, totals, ordinal }
}
