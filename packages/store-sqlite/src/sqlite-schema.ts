import type { EntryContent, MemberKind, StoreChange, StoreEntry } from '@recordkit/record-store'
import { accountChanges, decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { RecordError } from '@recordkit/record-types'
import type { SqliteAccounts } from './sqlite-accounts.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { SqliteValue } from './sqlite-database.ts'
import { bytesOfTime } from './time-bytes.ts'

/** What the row of the table `format` names, and the version of the tables. The first three versions had no such row. */
const formatName = 'recordkit/store-sqlite'
const formatVersion = 4

/** A function: bundlers keep texts with values in them. */
const schema = (): string => `
  CREATE TABLE format (name TEXT NOT NULL, version INTEGER NOT NULL);
  INSERT INTO format VALUES ('${formatName}', ${formatVersion});
  CREATE TABLE entries (
    key BLOB PRIMARY KEY, entry BLOB NOT NULL, due BLOB,
    records INTEGER NOT NULL, marks INTEGER NOT NULL, publications INTEGER NOT NULL,
    record_group BLOB, record_since BLOB, mark_group BLOB, mark_since BLOB, record_bytes INTEGER, author BLOB
  ) WITHOUT ROWID;
  CREATE INDEX entries_due ON entries (due) WHERE due IS NOT NULL;
  CREATE INDEX entries_publications ON entries (key) WHERE publications = 1;
  CREATE INDEX entries_records ON entries (record_group, record_since) WHERE record_group IS NOT NULL;
  CREATE INDEX entries_marks ON entries (mark_group, mark_since) WHERE mark_group IS NOT NULL;
  CREATE TABLE accounts (
    name BLOB PRIMARY KEY, is_group INTEGER NOT NULL,
    records INTEGER NOT NULL, bytes INTEGER NOT NULL, marks INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX accounts_records ON accounts (records) WHERE is_group = 1 AND records > 0;
  CREATE INDEX accounts_bytes ON accounts (bytes) WHERE is_group = 1 AND bytes > 0;
  CREATE INDEX accounts_marks ON accounts (marks) WHERE is_group = 1 AND marks > 0;
  CREATE TABLE totals (
    records INTEGER NOT NULL, bytes INTEGER NOT NULL, marks INTEGER NOT NULL, publications INTEGER NOT NULL,
    publishedRecords INTEGER NOT NULL, publishedBytes INTEGER NOT NULL, groups INTEGER NOT NULL
  );
  INSERT INTO totals VALUES (0, 0, 0, 0, 0, 0, 0);
  CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL);
  CREATE TABLE IF NOT EXISTS quarantine (id INTEGER PRIMARY KEY, key BLOB NOT NULL, entry BLOB NOT NULL)`

/** The columns of an entry beside its key and its bytes. */
export interface EntryColumns {
  readonly due: Uint8Array | null
  readonly records: number
  readonly marks: number
  readonly publications: number
  readonly record_group: Uint8Array | null
  readonly record_since: Uint8Array | null
  readonly mark_group: Uint8Array | null
  readonly mark_since: Uint8Array | null
  readonly record_bytes: number | null
  readonly author: Uint8Array | null
}

export const upsertEntry = 'INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'

/** Whether the database contains the tables of this version. @throws RecordError as {@link prepareSchema} */
export function isCurrent(connection: SqliteConnection): boolean {
  const version = versionOf(connection)
  if (version > formatVersion) {
    const message = `the database has format version ${version}; this version supports up to ${formatVersion}`
    throw new RecordError('STORE_NEWER_FORMAT', message, { details: { version } })
  }
  return version === formatVersion
}

/** Checks, before a write, that no later version has changed the tables. @throws RecordError `STORE_NEWER_FORMAT` */
export function checkVersion(connection: SqliteConnection): void {
  const row = connection.statement('SELECT version FROM format').get() as { readonly version: unknown } | undefined
  if (row?.version !== formatVersion) isCurrent(connection)
}

/**
 * Creates the tables, or changes those of an earlier version. Runs in a transaction: processes that open the database
 * concurrently wait for each other.
 *
 * @returns whether something was changed
 * @throws RecordError `STORE_UNRECOGNIZED`, `STORE_NEWER_FORMAT`: nothing is changed
 */
export function prepareSchema(connection: SqliteConnection, accounts: SqliteAccounts): boolean {
  if (isCurrent(connection)) return false
  const isOld = tablesOf(connection).includes('entries')
  if (isOld) {
    const indexes = ['entries_due', 'entries_publications', 'entries_records', 'entries_marks']
    connection.exec(indexes.map((index) => `DROP INDEX IF EXISTS ${index}`).join(';'))
    connection.exec(
      'DROP TABLE IF EXISTS accounts; DROP TABLE IF EXISTS totals; ALTER TABLE entries RENAME TO old_entries'
    )
  }
  connection.exec(schema())
  if (isOld) migrate(connection, accounts)
  // the first three versions look at it
  connection.exec(`PRAGMA user_version = ${formatVersion}`)
  return true
}

/** The version of the tables; 0 for an empty database. @throws RecordError `STORE_UNRECOGNIZED` */
function versionOf(connection: SqliteConnection): number {
  const tables = tablesOf(connection)
  if (tables.length === 0) return 0
  if (tables.includes('format')) {
    const row = connection.prepareNow('SELECT * FROM format').get() as { name?: unknown; version?: unknown } | undefined
    if (row?.name === formatName) return Number(row.version)
    throw unrecognized(`its table "format" names ${JSON.stringify(row?.name)}`)
  }
  const columns = connection.prepareNow('PRAGMA table_info(entries)').all() as { readonly name: string }[]
  const { user_version: version } = connection.prepareNow('PRAGMA user_version').get() as { user_version: number }
  const isOurs = columns[0]?.name === 'key' && columns[1]?.name === 'entry' && columns[2]?.name === 'due'
  if (!isOurs || version >= formatVersion) throw unrecognized('it contains other tables')
  return version === 0 ? 1 : version
}

function tablesOf(connection: SqliteConnection): string[] {
  const rows = connection.prepareNow("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  return (rows as { readonly name: string }[]).map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
}

function unrecognized(reason: string): RecordError<'STORE_UNRECOGNIZED'> {
  return new RecordError('STORE_UNRECOGNIZED', `the database is not a record store: ${reason}; choose another file`)
}

/** Copies the entries of an earlier version, and counts them. Those that are damaged or of a newer format stay as they are. */
function migrate(connection: SqliteConnection, accounts: SqliteAccounts): void {
  const page = connection.prepareNow('SELECT * FROM old_entries WHERE key > ? ORDER BY key LIMIT 256')
  const upsert = connection.prepareNow(upsertEntry)
  let last: Uint8Array | undefined = new Uint8Array(0)
  while (last !== undefined) {
    const rows = page.all(last) as (EntryColumns & { readonly key: Uint8Array; readonly entry: Uint8Array })[]
    const changes: StoreChange[] = []
    for (const { key, entry, due, records, marks, publications = 0 } of rows) {
      const next = decodeStoreEntry(key, entry)
      if (next.corrupt !== undefined || next.newer !== undefined)
        upsert.run(key, entry, due, records, marks, publications, null, null, null, null, null, null)
      else {
        upsert.run(key, encodeStoreEntry(key, next), ...columnsOf(key, next))
        changes.push({ key, previous: {}, next })
      }
    }
    accounts.change(accountChanges(changes))
    last = rows.at(-1)?.key
  }
  connection.exec('DROP TABLE old_entries')
}

/** The columns of an entry, in order. What is published counts towards no group. */
export function columnsOf(key: Uint8Array, content: EntryContent): SqliteValue[] {
  const { record, mark, publication } = content
  const members = accountChanges([{ key, previous: {}, next: content }]).added
  const shareOf = (kind: MemberKind): SqliteValue[] => {
    const member = members.find((each) => each.kind === kind)
    return member === undefined ? [null, null] : [member.group, bytesOfTime(member.since)]
  }
  const counts = [record, mark, publication].map((part) => Number(part !== undefined))
  const size = record === undefined ? null : key.length + record.value.length + record.rank.length
  return [dueOf(content), ...counts, ...shareOf('records'), ...shareOf('marks'), size, record?.author ?? null]
}

/**
 * What a damaged entry counted for when it was written: contents of the same sizes, for `accountChanges`. Nothing, for an entry that
 * another program wrote, or that an earlier version did not count.
 */
export function countedContent(key: Uint8Array, columns: EntryColumns): StoreEntry {
  const { records, marks, publications, record_bytes: size, author } = columns
  if (records === 1 && size === null) return {}
  const rank = new Uint8Array(32)
  const shareOf = (group: Uint8Array | null, since: Uint8Array | null): EntryContent['recordShare'] =>
    group === null || since === null
      ? undefined
      : { group, since: new DataView(since.buffer, since.byteOffset).getBigUint64(0) }
  return {
    ...(records === 1 && size !== null
      ? {
          record: {
            key,
            rank,
            value: new Uint8Array(Math.max(0, size - key.length - rank.length)),
            timeReceived: 0n,
            author: author ?? undefined
          }
        }
      : {}),
    ...(marks === 1 ? { mark: { key, rank, until: 0n } } : {}),
    ...(publications === 1 ? { publication: { key, network: false } } : {}),
    recordShare: shareOf(columns.record_group, columns.record_since),
    markShare: shareOf(columns.mark_group, columns.mark_since)
  }
}

/** The time at which an entry must be swept next. A record stays while it is published. */
function dueOf({ record, mark, publication }: EntryContent): Uint8Array | null {
  const times = [publication === undefined ? record?.expires : undefined, mark?.until].filter(
    (time) => time !== undefined
  )
  return times.length === 0 ? null : bytesOfTime(times.reduce((earliest, time) => (time < earliest ? time : earliest)))
}
