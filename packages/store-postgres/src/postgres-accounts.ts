import type { AccountSize, AccountTotals, MemberKind, StoreAccounts } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import type { PostgresDatabase } from './postgres-database.ts'
import { quoted } from './postgres-names.ts'

const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })

/** The accounts of the entries, which {@link PostgresWriter} changes in the same transaction. */
export class PostgresAccounts implements StoreAccounts {
  readonly #database: PostgresDatabase
  readonly #schema: string
  readonly #onPending: (transactions: number) => void

  /** @param onPending - called with the number of transactions that had to be added up for totals */
  constructor(database: PostgresDatabase, schema: string, onPending: (transactions: number) => void) {
    this.#onPending = onPending
    this.#database = database
    this.#schema = quoted(schema)
  }

  async totals(): Promise<AccountTotals> {
    const columns = [
      'records',
      'bytes',
      'marks',
      'publications',
      'published_records',
      'published_bytes',
      'groups',
      'pending'
    ]
    const numbers = columns.map((column) => `${column}::float8 AS ${column}`).join(', ')
    const [row = {}] = await this.#database.read(`SELECT ${numbers} FROM ${this.#schema}.totals_1()`)
    const count = (column: string): number => Number(row[column] ?? 0)
    this.#onPending(count('pending'))
    return {
      records: count('records'),
      bytes: count('bytes'),
      marks: count('marks'),
      publications: count('publications'),
      publishedRecords: count('published_records'),
      publishedBytes: count('published_bytes'),
      groups: count('groups')
    }
  }

  async sizes(names: readonly Uint8Array[]): Promise<AccountSize[]> {
    if (names.length === 0) return []
    const columns = 'name, records::float8 AS records, bytes::float8 AS bytes, marks::float8 AS marks'
    const rows = await this.#database.read(
      `SELECT false AS is_pending, ${columns} FROM ${this.#schema}.accounts WHERE name = ANY ($1::bytea[])
        UNION ALL SELECT true, ${columns} FROM ${this.#schema}.pending_1() WHERE name = ANY ($1::bytea[])
        ORDER BY is_pending`,
      [names]
    )
    const sizes = new Map(
      rows.map(({ name, records, bytes, marks }) => [
        mapKey(name as Uint8Array),
        { records: Number(records), bytes: Number(bytes), marks: Number(marks) }
      ])
    )
    return names.map((name) => sizes.get(mapKey(name)) ?? noSize)
  }

  async largestGroups(measure: keyof AccountSize, limit: number): Promise<Uint8Array[]> {
    const rows = await this.#database.read(
      `WITH pending AS MATERIALIZED (SELECT name, ${measure} AS size FROM ${this.#schema}.pending_1() WHERE is_group),
        largest AS (
          SELECT name, ${measure} AS size FROM ${this.#schema}.accounts WHERE ${measure}_size IS NOT NULL
          ORDER BY ${measure}_size DESC LIMIT $1::integer + (SELECT count(*) FROM pending)
        )
        SELECT name FROM (
          SELECT name, size FROM pending UNION ALL SELECT name, size FROM largest WHERE name NOT IN (SELECT name FROM pending)
        ) g WHERE size > 0 ORDER BY size DESC LIMIT $1::integer`,
      [limit]
    )
    return rows.map(({ name }) => (name as Uint8Array).subarray(1))
  }

  async oldest(kind: MemberKind, group: Uint8Array, limit: number): Promise<Uint8Array[]> {
    const column = kind === 'records' ? 'record' : 'mark'
    const rows = await this.#database.read(
      `SELECT key FROM ${this.#schema}.entries WHERE ${column}_group = $1::bytea ORDER BY ${column}_since LIMIT $2::integer`,
      [group, limit]
    )
    return rows.map(({ key }) => key as Uint8Array)
  }
}
