import type { AbortOptions, SetTimer } from '@recordkit/record-types'
import type {
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { decodeStoreEntry, PagedEntries } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { CallQueue } from './call-queue.ts'
import { ChangeFeed } from './change-feed.ts'
import { ChangeNotifier } from './change-notifier.ts'
import { signedTime } from './entry-row.ts'
import { PostgresAccounts } from './postgres-accounts.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { quoted, statementName } from './postgres-names.ts'
import { PostgresWriter } from './postgres-writer.ts'
import { RecentEntries } from './recent-entries.ts'
import { ScanPages } from './scan-pages.ts'
import type { EntryRow } from './scan-pages.ts'

/** Statements of one process that read concurrently. */
const lanes = 4
/** Keys that one statement reads, unless a single call reads more. */
const maxKeys = 2000
/** Entries of one statement up to which they are remembered for puts. */
const maxRemembered = 16
/** What this many transactions add to the accounts is added up before it is read again, so that reading takes little time. */
const maxPending = 64
/** Own transactions after which it is added up even if nothing reads it. */
const foldInterval = 1024

export interface PostgresBackendOptions {
  readonly schema: string
  readonly capabilities: StoreCapabilities
  readonly listen: boolean
  /** ms */
  readonly pollInterval: number
  /** s */
  readonly changesKept: number
  readonly closePool: boolean
  /** whether expiry is judged by the clock of this machine: then also by that of the server */
  readonly usesSystemClock: boolean
  readonly setTimer: SetTimer
  readonly random: () => number
}

/** Stores entries in the tables of {@link createTables}. */
export class PostgresBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly collectsCalls = true
  readonly accounts: PostgresAccounts
  readonly #database: PostgresDatabase
  readonly #schema: string
  readonly #changesKept: number
  readonly #closePool: boolean
  readonly #usesSystemClock: boolean
  readonly #writer: PostgresWriter
  readonly #recent = new RecentEntries()
  readonly #reads: CallQueue<readonly Uint8Array[], StoreEntry[]>
  readonly #feed: ChangeFeed
  readonly #notifier: ChangeNotifier | undefined
  #writes = 0
  #folding: Promise<void> | undefined

  constructor(database: PostgresDatabase, options: PostgresBackendOptions) {
    const { schema, listen, setTimer } = options
    this.capabilities = options.capabilities
    this.#database = database
    this.#schema = quoted(schema)
    this.#changesKept = options.changesKept
    this.#closePool = options.closePool
    this.#usesSystemClock = options.usesSystemClock
    this.accounts = new PostgresAccounts(database, schema, (transactions) => {
      if (transactions >= maxPending) this.#startFold()
    })
    this.#writer = new PostgresWriter(database, schema, this.#recent, options.random, () => this.#afterWrite())
    this.#reads = new CallQueue((calls) => this.#readTogether(calls), lanes, newGroup)
    this.#feed = new ChangeFeed(database, schema, options)
    this.#notifier = listen ? new ChangeNotifier(database, schema, setTimer) : undefined
  }

  read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    return this.#reads.add(keys)
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    return (await this.#writer.write(changes)) === true
  }

  expect(keys: readonly Uint8Array[]): StoreEntry[] {
    return keys.map((key) => this.#recent.get(key))
  }

  writeOrRead(changes: readonly StoreChange[]): Promise<boolean | readonly StoreEntry[]> {
    return this.#writer.write(changes)
  }

  scan(kind: EntryKind, range: ScanRange): PagedEntries<EntryRow> {
    return new PagedEntries(
      () => new ScanPages(this.#database, this.#schema, kind, range),
      ({ key, entry }) => decodeStoreEntry(key, entry)
    )
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    // a process whose clock is ahead must not remove what is valid for all others
    const time = this.#usesSystemClock
      ? `least($1::bigint, (floor(extract(epoch FROM clock_timestamp()) * 1000000)::numeric * 1000 - 9223372036854775808)::bigint)`
      : '$1::bigint'
    const rows = await this.#database.read(
      `SELECT key FROM ${this.#schema}.entries WHERE due < ${time} ORDER BY due LIMIT $2::integer`,
      [signedTime(now), Math.min(limit, 100_000)]
    )
    return rows.map(({ key }) => key as Uint8Array)
  }

  async stats(): Promise<StoreStats> {
    const { records: entries, bytes, marks, publications } = await this.accounts.totals()
    return { entries, bytes, marks, publications }
  }

  changes({ signal }: Required<AbortOptions>): AsyncIterable<Uint8Array> {
    return this.#feed.open(signal as AbortSignal)
  }

  async lease(name: string, holder: string, milliseconds: number): Promise<boolean> {
    const table = `${this.#schema}.leases`
    const statement =
      milliseconds > 0
        ? `INSERT INTO ${table} AS l (name, holder, until)
            VALUES ($1::text, $2::text, clock_timestamp() + $3::float8 * interval '1 millisecond')
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE l.holder = excluded.holder OR l.until <= clock_timestamp() RETURNING l.holder`
        : `DELETE FROM ${table} WHERE name = $1::text AND holder = $2::text RETURNING holder`
    const values = milliseconds > 0 ? [name, holder, Math.min(milliseconds, 1e12)] : [name, holder]
    const rows = await this.#database.retrying(() => this.#database.transaction((query) => query(statement, values)))
    return rows.length > 0
  }

  async close(): Promise<void> {
    await this.#feed.close()
    await this.#notifier?.close()
    await this.#folding
    await this.#database.close(this.#closePool)
  }

  async #readTogether(calls: readonly (readonly Uint8Array[])[]): Promise<StoreEntry[][]> {
    const rows = await this.#database.read(
      `SELECT key, entry FROM ${this.#schema}.entries WHERE key = ANY ($1::bytea[])`,
      [calls.flat()]
    )
    // many readers put less than they read
    const isRemembered = rows.length <= maxRemembered
    const entries = new Map(rows.map(({ key, entry }) => [mapKey(key as Uint8Array), entry as Uint8Array]))
    return calls.map((keys) =>
      keys.map((key) => {
        const entry = entries.get(mapKey(key))
        if (isRemembered) this.#recent.set(key, entry)
        return entry === undefined ? {} : decodeStoreEntry(key, entry)
      })
    )
  }

  #afterWrite(): void {
    this.#notifier?.notify()
    if (++this.#writes % foldInterval === 0) this.#startFold()
  }

  #startFold(): void {
    this.#folding ??= this.#fold()
  }

  /** Adds up what transactions add to totals and accounts. */
  async #fold(): Promise<void> {
    // what a crash undoes is added up again
    const statement = `SELECT set_config('synchronous_commit', 'off', true), ${this.#schema}.fold_1($1::float8)`
    try {
      await this.#database.statement(statementName('fold_1', statement), statement, [this.#changesKept])
    } catch {
      // later transactions, or another process, add it up
    }
    this.#folding = undefined
  }
}

function newGroup(): (keys: readonly Uint8Array[]) => boolean {
  let count = 0
  return ({ length }) => {
    if (count + length > maxKeys) return false
    count += length
    return true
  }
}
