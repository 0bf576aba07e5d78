import { DatabaseSync } from 'node:sqlite'
import type {
  EntryContent,
  EntryKind,
  MemberKind,
  ScanRange,
  StoreBackend,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { accountChanges, decodeStoreEntry, encodeStoreEntry, equalVersions } from '@recordkit/record-store'
import { isRecordError, RecordError } from '@recordkit/record-types'
import { SqliteAccounts } from './sqlite-accounts.ts'
import { timeBytes } from './time-bytes.ts'

/** Version of the schema, kept in `user_version`. The first version did not set it. */
const schemaVersion = 3

const schema = `
  CREATE TABLE entries (
    key BLOB PRIMARY KEY, entry BLOB NOT NULL, due BLOB,
    records INTEGER NOT NULL, marks INTEGER NOT NULL, publications INTEGER NOT NULL,
    record_group BLOB, record_since BLOB, mark_group BLOB, mark_since BLOB
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
  CREATE TABLE IF NOT EXISTS quarantine (id INTEGER PRIMARY KEY, key BLOB NOT NULL, entry BLOB NOT NULL)`

/** Leases are not part of the data: their table has no version. */
const leaseSchema =
  'CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL)'

/** SQLITE_BUSY: another connection has a lock. */
const busy = 5
/** ms: how long to wait for another process that creates or migrates the database, and for one that writes */
const openTimeout = 60_000
const writeTimeout = 5000
/** How often the switch to a write-ahead log is tried. Each attempt that fails had another process that made progress. */
const maxAttempts = 1000

const selectEntry = 'SELECT key, entry FROM entries WHERE key = ?'

/** The columns of the table that are read. */
interface Row {
  readonly key: Uint8Array
  readonly entry: Uint8Array
}

/** Stores records in an SQLite database that several processes can share. */
export class SqliteBackend implements StoreBackend {
  readonly capabilities = {
    durable: true,
    expiryIndex: true,
    snapshot: false,
    multiProcess: true,
    persistent: true,
    atomicBatch: true
  }
  readonly accounts: SqliteAccounts
  readonly #database: DatabaseSync

  /** @throws RecordError `STORE_NEWER_FORMAT` when a later version of this class wrote the database */
  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.accounts = new SqliteAccounts(this.#database)
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${openTimeout}`)
      this.#useWriteAheadLog()
      this.#database.exec('PRAGMA synchronous = FULL')
      this.#transaction(() => this.#prepareSchema())
      this.#database.exec(leaseSchema)
      this.#database.exec(`PRAGMA busy_timeout = ${writeTimeout}`)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  read(keys: readonly Uint8Array[]): StoreEntry[] {
    const select = this.#database.prepare(selectEntry)
    return keys.map((key) => {
      const row = select.get(key) as Row | undefined
      return row === undefined ? {} : decodeStoreEntry(key, row.entry)
    })
  }

  write(changes: readonly StoreChange[]): boolean {
    return this.#transaction(() => {
      if (!this.#unchanged(changes)) return false
      for (const { key, previous, next } of changes) {
        if (previous.corrupt !== undefined) this.#quarantine(key)
        this.#replace(key, next)
      }
      this.accounts.change(accountChanges(changes))
      return true
    })
  }

  *scan(kind: EntryKind, { start, end, reverse = false }: ScanRange): Generator<StoreEntry> {
    const order = reverse ? 'DESC' : 'ASC'
    const next = reverse ? 'key < ?' : 'key > ?'
    const page = this.#database.prepare(
      `SELECT key, entry FROM entries WHERE ${kind} = 1 AND key >= ? AND (? IS NULL OR key < ?) AND (? IS NULL OR ${next})
       ORDER BY key ${order} LIMIT 256`
    )
    // reads pages, so that no statement stays open while others write
    let last: Uint8Array | null = null
    let rows: Row[]
    do {
      rows = page.all(start ?? new Uint8Array(0), end ?? null, end ?? null, last, last) as unknown as Row[]
      for (const { key, entry } of rows) yield decodeStoreEntry(key, entry)
      last = rows.at(-1)?.key ?? null
    } while (rows.length === 256)
  }

  expired(now: bigint, limit: number): Uint8Array[] {
    const select = this.#database.prepare('SELECT key FROM entries WHERE due < ? ORDER BY due LIMIT ?')
    return (select.all(timeBytes(now), limit) as unknown as Row[]).map(({ key }) => key)
  }

  stats(): StoreStats {
    const { records: entries, bytes, marks, publications } = this.accounts.totals()
    return { entries, bytes, marks, publications }
  }

  /** All processes of a database run on one machine, whose clock SQLite reads. */
  lease(name: string, holder: string, milliseconds: number): boolean {
    let isHeld = false
    this.#transaction(() => {
      // a clock that was set back does not extend a lease
      this.#database.exec("DELETE FROM leases WHERE until <= unixepoch('subsec') OR since > unixepoch('subsec')")
      const held = this.#database.prepare('SELECT holder FROM leases WHERE name = ?').get(name)
      isHeld = held === undefined || held['holder'] === holder
      if (!isHeld) return false
      if (milliseconds === 0) this.#database.prepare('DELETE FROM leases WHERE name = ?').run(name)
      else
        this.#database
          .prepare("INSERT OR REPLACE INTO leases VALUES (?, ?, unixepoch('subsec'), unixepoch('subsec') + ?)")
          .run(name, holder, milliseconds / 1000)
      return true
    })
    return isHeld
  }

  close(): void {
    this.#database.close()
  }

  /** Runs `work` while no other process writes; `false` undoes it. */
  #transaction(work: () => boolean): boolean {
    try {
      this.#begin()
      if (!work()) {
        this.#database.exec('ROLLBACK')
        return false
      }
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      if (isRecordError(error)) throw error
      throw new RecordError('STORE_IO', `SQLite failed, and nothing was changed: ${String(error)}`, { cause: error })
    }
    try {
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      // not STORE_IO: the commit may have reached the disk
      throw error
    }
    return true
  }

  /** Takes the write lock. SQLite serves the processes that wait in no order: this waits as long as others make progress. */
  #begin(): void {
    for (;;) {
      const version = this.#committed()
      try {
        this.#database.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || this.#committed() === version) throw error
      }
    }
  }

  /** A number that changes when another connection commits. */
  #committed(): unknown {
    return this.#database.prepare('PRAGMA data_version').get()?.['data_version']
  }

  /** Whether every key still has the entry on which its change is based: another process may have changed it. */
  #unchanged(changes: readonly StoreChange[]): boolean {
    const select = this.#database.prepare(selectEntry)
    return changes.every(({ key, previous }) =>
      equalVersions((select.get(key) as Row | undefined)?.entry, previous.version)
    )
  }

  #replace(key: Uint8Array, next: EntryContent): void {
    const { record, mark, publication } = next
    if (record === undefined && mark === undefined && publication === undefined) {
      this.#database.prepare('DELETE FROM entries WHERE key = ?').run(key)
      return
    }
    const upsert = this.#database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    upsert.run(key, encodeStoreEntry(key, next), due(next), ...columnsOf(next))
  }

  /** Keeps the bytes of a damaged entry, also when earlier ones of the same key are kept. */
  #quarantine(key: Uint8Array): void {
    const copy = 'INSERT INTO quarantine (key, entry) SELECT key, entry FROM entries WHERE key = ?'
    this.#database.prepare(copy).run(key)
  }

  /**
   * Switches a new database to a write-ahead log. SQLite does not wait for other processes here, whatever `busy_timeout` says:
   * where one of them uses the database, this waits for it with a transaction, and tries again.
   */
  #useWriteAheadLog(): void {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#database.exec('PRAGMA journal_mode = WAL')
        return
      } catch (error) {
        if (!isBusy(error) || attempt === maxAttempts) throw error
        this.#database.exec('BEGIN IMMEDIATE; ROLLBACK')
      }
    }
  }

  /** Creates the tables, or changes those of the first version. Processes that open the database concurrently wait. */
  #prepareSchema(): boolean {
    const { user_version: version } = this.#database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > schemaVersion) {
      const message = `the database has schema version ${version}; this version supports up to ${schemaVersion}`
      throw new RecordError('STORE_NEWER_FORMAT', message, { details: { version } })
    }
    if (version === schemaVersion) return false
    const isOld = this.#database.prepare('PRAGMA table_info(entries)').all().length > 0
    if (isOld) this.#database.exec('DROP INDEX entries_due; ALTER TABLE entries RENAME TO old_entries')
    if (version === 2) this.#database.exec('DROP INDEX entries_publications')
    this.#database.exec(schema)
    if (isOld) this.#migrate()
    this.#database.exec(`PRAGMA user_version = ${schemaVersion}`)
    return true
  }

  /** Copies the entries of an earlier version, and counts them. Those that are damaged or of a newer format stay as they are. */
  #migrate(): void {
    const page = this.#database.prepare(
      'SELECT key, entry, due, records, marks FROM old_entries WHERE key > ? ORDER BY key LIMIT 256'
    )
    const copy = this.#database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, 0, NULL, NULL, NULL, NULL)')
    let last: Uint8Array | undefined = new Uint8Array(0)
    while (last !== undefined) {
      const rows = page.all(last) as unknown as (Row & { due: Uint8Array | null; records: number; marks: number })[]
      const changes: StoreChange[] = []
      for (const { key, entry, due: dueTime, records, marks } of rows) {
        const next = decodeStoreEntry(key, entry)
        if (next.corrupt !== undefined || next.newer !== undefined) copy.run(key, entry, dueTime, records, marks)
        else {
          this.#replace(key, next)
          changes.push({ key, previous: {}, next })
        }
      }
      this.accounts.change(accountChanges(changes))
      last = rows.at(-1)?.key
    }
    this.#database.exec('DROP TABLE old_entries')
  }
}

function isBusy(error: unknown): boolean {
  return (error as { readonly errcode?: number }).errcode === busy
}

/** The columns of an entry after `due`. What is published counts towards no group. */
function columnsOf(content: EntryContent): [number, number, number, ...(Uint8Array | null)[]] {
  const { record, mark, publication } = content
  const members = accountChanges([{ key: new Uint8Array(0), previous: {}, next: content }]).added
  const shareOf = (kind: MemberKind): (Uint8Array | null)[] => {
    const member = members.find((each) => each.kind === kind)
    return member === undefined ? [null, null] : [member.group, timeBytes(member.since)]
  }
  const counts = [record, mark, publication].map((part) => Number(part !== undefined)) as [number, number, number]
  return [...counts, ...shareOf('records'), ...shareOf('marks')]
}

/**
 * The time at which an entry must be swept next, as bytes that sort as times do: the integers of SQLite end at 2^63. A record stays
 * while it is published.
 */
function due({ record, mark, publication }: EntryContent): Uint8Array | null {
  const times = [publication === undefined ? record?.expires : undefined, mark?.until].filter(
    (time) => time !== undefined
  )
  return times.length === 0 ? null : timeBytes(times.reduce((earliest, time) => (time < earliest ? time : earliest)))
}
