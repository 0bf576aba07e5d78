/** A value of a column or a parameter. */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** What the store uses of an open database: a `DatabaseSync` of `node:sqlite`. */
export interface SqliteDatabase {
  /** Runs one or more statements. Throws an error whose `errcode` is the result code of SQLite. */
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

/** A prepared statement. Rows are objects; their blobs are Uint8Arrays. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}
