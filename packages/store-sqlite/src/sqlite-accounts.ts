import type { AccountChanges, AccountSize, AccountTotals, MemberKind, StoreAccounts } from '@recordkit/record-store'
import type { MaybePromise } from '@recordkit/record-types'
import { groupOfAccount } from '@recordkit/record-store'
import type { SqliteConnection } from './sqlite-connection.ts'

const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })
const selectSize = 'SELECT records, bytes, marks FROM accounts WHERE name = ?'

/** The accounts of the entries, in tables of their own. */
export class SqliteAccounts implements StoreAccounts {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  totals(): MaybePromise<AccountTotals> {
    return this.#connection.read(() => ({
      ...(this.#connection.statement('SELECT * FROM totals').get() as AccountTotals)
    }))
  }

  sizes(names: readonly Uint8Array[]): MaybePromise<AccountSize[]> {
    return this.#connection.read(() => {
      const select = this.#connection.statement(selectSize)
      return names.map((name) => ({ ...((select.get(name) as AccountSize | undefined) ?? noSize) }))
    })
  }

  largestGroups(measure: keyof AccountSize, limit: number): MaybePromise<Uint8Array[]> {
    return this.#connection.read(() => {
      const select = this.#connection.statement(
        `SELECT name FROM accounts WHERE is_group = 1 AND ${measure} > 0 ORDER BY ${measure} DESC LIMIT ?`
      )
      return (select.all(limit) as { name: Uint8Array }[]).map(({ name }) => name.subarray(1))
    })
  }

  oldest(kind: MemberKind, group: Uint8Array, limit: number): MaybePromise<Uint8Array[]> {
    const column = kind === 'records' ? 'record' : 'mark'
    return this.#connection.read(() => {
      const select = this.#connection.statement(
        `SELECT key FROM entries WHERE ${column}_group = ? ORDER BY ${column}_since LIMIT ?`
      )
      return (select.all(group, limit) as { key: Uint8Array }[]).map(({ key }) => key)
    })
  }

  /** Changes the accounts, in the transaction that changes their entries. */
  change({ totals, accounts }: AccountChanges): void {
    let groups = 0
    for (const change of accounts) groups += this.#changeAccount(change)
    this.#connection
      .statement(
        `UPDATE totals SET records = records + ?, bytes = bytes + ?, marks = marks + ?, publications = publications + ?,
        publishedRecords = publishedRecords + ?, publishedBytes = publishedBytes + ?, groups = groups + ?`
      )
      .run(
        totals.records,
        totals.bytes,
        totals.marks,
        totals.publications,
        totals.publishedRecords,
        totals.publishedBytes,
        groups
      )
  }

  /** @returns by how much the number of groups changes */
  #changeAccount({ name, records, bytes, marks }: AccountChanges['accounts'][number]): number {
    const before = this.#connection.statement(selectSize).get(name) as AccountSize | undefined
    const { records: had, bytes: hadBytes, marks: hadMarks } = before ?? noSize
    const isGroup = Number(groupOfAccount(name) !== undefined)
    if (had + records === 0 && hadMarks + marks === 0) {
      this.#connection.statement('DELETE FROM accounts WHERE name = ?').run(name)
      return before === undefined ? 0 : -isGroup
    }
    const upsert = this.#connection.statement('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)')
    upsert.run(name, isGroup, had + records, hadBytes + bytes, hadMarks + marks)
    return before === undefined ? isGroup : 0
  }
}
