import type { AccountChanges, AccountSize, AccountTotals, MemberKind, StoreAccounts } from '@recordkit/record-store'
import { groupOfAccount } from '@recordkit/record-store'
import type { Connection } from './connection.ts'
import { memberBytes } from './entry-row.ts'
import { eachStep, keyBytes, resultOf } from './requests.ts'
import { metaKey, storeNames } from './schema.ts'

/** What the database contains under the name of an account. The last three are indexed: those of a group that are not 0. */
export interface AccountRow extends AccountSize {
  readonly groupRecords?: number
  readonly groupBytes?: number
  readonly groupMarks?: number
}

const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })
export const noTotals: AccountTotals = /* @__PURE__ */ Object.freeze({
  records: 0,
  bytes: 0,
  marks: 0,
  publications: 0,
  publishedRecords: 0,
  publishedBytes: 0,
  groups: 0
})
const indexNames = { records: 'groupRecords', bytes: 'groupBytes', marks: 'groupMarks' } as const
const lastTime = 0xff_ff_ff_ff_ff_ff_ff_ffn

/** The accounts of the entries in a database, which every tab and worker changes together with its entries. */
export class IndexedDbAccounts implements StoreAccounts {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  totals(): Promise<AccountTotals> {
    return this.#connection.read(storeNames.meta, readTotals)
  }

  sizes(names: readonly Uint8Array[]): Promise<AccountSize[]> {
    return this.#connection.read(storeNames.accounts, async (transaction) =>
      (await readAccounts(transaction, names)).map(({ records, bytes, marks }) => ({ records, bytes, marks }))
    )
  }

  async largestGroups(measure: keyof AccountSize, limit: number): Promise<Uint8Array[]> {
    const groups: Uint8Array[] = []
    if (limit <= 0) return groups
    await this.#connection.read(storeNames.accounts, async (transaction) => {
      const index = transaction.objectStore(storeNames.accounts).index(indexNames[measure])
      return eachStep(index.openKeyCursor(null, 'prev'), ({ primaryKey }) => {
        return groups.push(keyBytes(primaryKey).subarray(1)) < limit
      })
    })
    return groups
  }

  async oldest(kind: MemberKind, group: Uint8Array, limit: number): Promise<Uint8Array[]> {
    // a limit of 0 means none
    if (limit <= 0) return []
    const range = IDBKeyRange.bound(memberBytes({ group, since: 0n }), memberBytes({ group, since: lastTime }))
    const keys = await this.#connection.read(storeNames.entries, (transaction) => {
      const index = transaction.objectStore(storeNames.entries).index(kind === 'records' ? 'record' : 'mark')
      return resultOf(index.getAllKeys(range, Number.isFinite(limit) ? limit : undefined))
    })
    return keys.map(keyBytes)
  }
}

/** The totals, as of a transaction. */
export async function readTotals(transaction: IDBTransaction): Promise<AccountTotals> {
  const totals = await resultOf(transaction.objectStore(storeNames.meta).get(metaKey.totals))
  return { ...noTotals, ...(totals as AccountTotals | undefined) }
}

/** The sizes of accounts, as of a transaction. */
export function readAccounts(transaction: IDBTransaction, names: readonly Uint8Array[]): Promise<AccountSize[]> {
  const accounts = transaction.objectStore(storeNames.accounts)
  return Promise.all(
    names.map(
      async (name) => ((await resultOf(accounts.get(name as BufferSource))) as AccountRow | undefined) ?? noSize
    )
  )
}

/** Writes the totals and accounts, in the transaction that changes their entries. */
export function writeAccounts(
  transaction: IDBTransaction,
  { totals: added, accounts: changed }: AccountChanges,
  totals: AccountTotals,
  sizes: readonly AccountSize[]
): void {
  let groups = 0
  changed.forEach((change, index) => {
    const before = sizes[index] ?? noSize
    // the accounts of a damaged store may be too small
    const records = Math.max(0, before.records + change.records)
    const marks = Math.max(0, before.marks + change.marks)
    const exists = records > 0 || marks > 0
    const bytes = exists ? Math.max(0, before.bytes + change.bytes) : 0
    const isGroup = putAccount(transaction, change.name, { records, bytes, marks })
    if (isGroup) groups += Number(exists) - Number(before.records > 0 || before.marks > 0)
  })
  putTotals(transaction, {
    records: totals.records + added.records,
    bytes: totals.bytes + added.bytes,
    marks: totals.marks + added.marks,
    publications: totals.publications + added.publications,
    publishedRecords: totals.publishedRecords + added.publishedRecords,
    publishedBytes: totals.publishedBytes + added.publishedBytes,
    groups: totals.groups + groups
  })
}

export function putTotals(transaction: IDBTransaction, totals: AccountTotals): void {
  transaction.objectStore(storeNames.meta).put(totals, metaKey.totals)
}

/** Writes one account, or removes it when it is empty. @returns whether it is the account of a group */
export function putAccount(transaction: IDBTransaction, name: Uint8Array, size: AccountSize): boolean {
  const { records, bytes, marks } = size
  const accounts = transaction.objectStore(storeNames.accounts)
  const isGroup = groupOfAccount(name) !== undefined
  if (records === 0 && marks === 0) {
    accounts.delete(name as BufferSource)
    return isGroup
  }
  const row: AccountRow = {
    records,
    bytes,
    marks,
    ...(isGroup && records > 0 ? { groupRecords: records } : {}),
    ...(isGroup && bytes > 0 ? { groupBytes: bytes } : {}),
    ...(isGroup && marks > 0 ? { groupMarks: marks } : {})
  }
  accounts.put(row, name as BufferSource)
  return isGroup
}
