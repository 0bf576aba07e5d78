import type { AbortOptions, MaybePromise } from '@recordkit/record-types'
import type {
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import {
  accountChanges,
  decodeStoreEntry,
  encodeStoreEntry,
  equalVersions,
  PagedEntries
} from '@recordkit/record-store'
import { SqliteAccounts } from './sqlite-accounts.ts'
import { SqliteChanges } from './sqlite-changes.ts'
import type { SqliteChangesOptions } from './sqlite-changes.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { checkVersion, columnsOf, countedContent, isCurrent, prepareSchema, upsertEntry } from './sqlite-schema.ts'
import type { EntryColumns } from './sqlite-schema.ts'
import { bytesOfTime } from './time-bytes.ts'

/** Rows of a page of a scan. */
const pageSize = 256

const selectEntry = 'SELECT key, entry FROM entries WHERE key = ?'

/** The columns of the table that are read. */
interface Row {
  readonly key: Uint8Array
  readonly entry: Uint8Array
}

/** Stores records in an SQLite database that several processes can share. */
export class SqliteBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly accounts: SqliteAccounts
  readonly #connection: SqliteConnection
  readonly #changes: SqliteChanges

  constructor(connection: SqliteConnection, durable: boolean, options: SqliteChangesOptions) {
    this.capabilities = {
      durable,
      expiryIndex: true,
      snapshot: false,
      multiProcess: true,
      persistent: true,
      atomicBatch: true
    }
    this.#connection = connection
    this.accounts = new SqliteAccounts(connection)
    this.#changes = new SqliteChanges(connection, options)
  }

  /**
   * Creates or migrates the tables.
   *
   * @throws RecordError `STORE_UNRECOGNIZED`, `STORE_NEWER_FORMAT`: nothing is changed
   */
  async prepare(): Promise<void> {
    // a database that is read-only can be opened too, as long as nothing has to be created
    if (await this.#connection.read(() => isCurrent(this.#connection))) return
    await this.#connection.transaction(() => prepareSchema(this.#connection, this.accounts))
  }

  read(keys: readonly Uint8Array[]): MaybePromise<StoreEntry[]> {
    return this.#connection.read(() => {
      const select = this.#connection.statement(selectEntry)
      return keys.map((key) => {
        const row = select.get(key) as Row | undefined
        return row === undefined ? {} : decodeStoreEntry(key, row.entry)
      })
    })
  }

  write(changes: readonly StoreChange[]): Promise<boolean> {
    return this.#connection.transaction(() => {
      checkVersion(this.#connection)
      if (!this.#unchanged(changes)) return false
      this.accounts.change(accountChanges(changes.map((change) => this.#counted(change))))
      for (const { key, previous, next } of changes) {
        if (previous.corrupt !== undefined) this.#quarantine(key)
        this.#replace(key, next)
        this.#changes.add(key)
      }
      return true
    })
  }

  scan(kind: EntryKind, { start, end, reverse = false }: ScanRange): PagedEntries<Row> {
    const order = reverse ? 'DESC' : 'ASC'
    const rest = reverse ? 'key < ?' : 'key > ?'
    const page = `SELECT key, entry FROM entries
      WHERE ${kind} = 1 AND key >= ? AND (? IS NULL OR key < ?) AND (? IS NULL OR ${rest})
      ORDER BY key ${order} LIMIT ${pageSize}`
    const bounds = [start ?? new Uint8Array(0), end ?? null, end ?? null] as const
    // reads pages, so that no statement stays open while others write
    let last: Uint8Array | null = null
    let isLast = false
    const next = async (): Promise<readonly Row[]> => {
      if (isLast) return []
      const after = last
      const rows = await this.#connection.read(
        () => this.#connection.statement(page).all(...bounds, after, after) as Row[]
      )
      last = rows.at(-1)?.key ?? null
      isLast = rows.length < pageSize
      return rows
    }
    return new PagedEntries(
      () => ({ next }),
      ({ key, entry }) => decodeStoreEntry(key, entry)
    )
  }

  expired(now: bigint, limit: number): MaybePromise<Uint8Array[]> {
    return this.#connection.read(() => {
      const select = this.#connection.statement('SELECT key FROM entries WHERE due < ? ORDER BY due LIMIT ?')
      return (select.all(bytesOfTime(now), limit) as Row[]).map(({ key }) => key)
    })
  }

  async stats(): Promise<StoreStats> {
    const { records: entries, bytes, marks, publications } = await this.accounts.totals()
    return { entries, bytes, marks, publications }
  }

  changes({ signal }: Required<AbortOptions>): AsyncIterable<Uint8Array> {
    return this.#changes.open(signal as AbortSignal)
  }

  /** All processes of a database run on one machine, whose clock SQLite reads. */
  async lease(name: string, holder: string, milliseconds: number): Promise<boolean> {
    let isHeld = false
    await this.#connection.transaction(() => {
      // a clock that was set back does not extend a lease
      this.#connection
        .statement("DELETE FROM leases WHERE until <= unixepoch('subsec') OR since > unixepoch('subsec')")
        .run()
      const held = this.#connection.statement('SELECT holder FROM leases WHERE name = ?').get(name)
      isHeld = held === undefined || (held as { holder: unknown }).holder === holder
      if (!isHeld) return false
      if (milliseconds === 0) this.#connection.statement('DELETE FROM leases WHERE name = ?').run(name)
      else
        this.#connection
          .statement("INSERT OR REPLACE INTO leases VALUES (?, ?, unixepoch('subsec'), unixepoch('subsec') + ?)")
          .run(name, holder, milliseconds / 1000)
      return true
    })
    return isHeld
  }

  close(): Promise<void> {
    this.#changes.close()
    return this.#connection.close()
  }

  /** Whether every key still has the entry on which its change is based: another process may have changed it. */
  #unchanged(changes: readonly StoreChange[]): boolean {
    const select = this.#connection.statement(selectEntry)
    return changes.every(({ key, previous }) =>
      equalVersions((select.get(key) as Row | undefined)?.entry, previous.version)
    )
  }

  /** A change whose damaged entry is what was counted for it. */
  #counted(change: StoreChange): StoreChange {
    if (change.previous.corrupt === undefined) return change
    const columns = this.#connection.statement('SELECT * FROM entries WHERE key = ?').get(change.key)
    return { ...change, previous: countedContent(change.key, columns as EntryColumns) }
  }

  #replace(key: Uint8Array, next: StoreChange['next']): void {
    const { record, mark, publication } = next
    if (record === undefined && mark === undefined && publication === undefined)
      this.#connection.statement('DELETE FROM entries WHERE key = ?').run(key)
    else this.#connection.statement(upsertEntry).run(key, encodeStoreEntry(key, next), ...columnsOf(key, next))
  }

  /** Keeps the bytes of a damaged entry, also when earlier ones of the same key are kept. */
  #quarantine(key: Uint8Array): void {
    const copy = 'INSERT INTO quarantine (key, entry) SELECT key, entry FROM entries WHERE key = ?'
    this.#connection.statement(copy).run(key)
  }
}
