import { DatabaseSync } from 'node:sqlite'
import type { ScanRange, StoreBackend, StoreChange, StoreEntry, StoreStats } from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { equalBytes } from '@recordkit/record-types'

const schema = `
  CREATE TABLE IF NOT EXISTS entries (
    key BLOB PRIMARY KEY, entry BLOB NOT NULL, due BLOB,
    records INTEGER NOT NULL, bytes INTEGER NOT NULL, marks INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entries_due ON entries (due) WHERE due IS NOT NULL`

/** The columns of the table that are read. */
interface Row {
  readonly key: Uint8Array
  readonly entry: Uint8Array
}

/** Stores records in an SQLite database that several processes can share. */
export class SqliteBackend implements StoreBackend {
  readonly capabilities = { durable: true, expiryIndex: true, snapshot: false, multiProcess: true, persistent: true }
  readonly #database: DatabaseSync

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; ${schema}`)
  }

  read(keys: readonly Uint8Array[]): StoreEntry[] {
    const select = this.#database.prepare('SELECT key, entry FROM entries WHERE key = ?')
    return keys.map((key) => {
      const row = select.get(key) as Row | undefined
      return row === undefined ? {} : decodeStoreEntry(key, row.entry)
    })
  }

  write(changes: readonly StoreChange[]): boolean {
    const upsert = this.#database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)')
    const remove = this.#database.prepare('DELETE FROM entries WHERE key = ?')
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      if (!this.#unchanged(changes)) {
        this.#database.exec('ROLLBACK')
        return false
      }
      for (const { key, next } of changes) {
        const { record, mark } = next
        const size = record === undefined ? 0 : record.key.length + record.value.length + record.rank.length
        if (record === undefined && mark === undefined) remove.run(key)
        else
          upsert.run(
            key,
            encodeStoreEntry(key, next),
            due(next),
            Number(record !== undefined),
            size,
            Number(mark !== undefined)
          )
      }
      this.#database.exec('COMMIT')
      return true
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  *scan(kind: 'records' | 'marks', { start, end, reverse = false }: ScanRange): Generator<StoreEntry> {
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
    const sums = 'SELECT TOTAL(records) AS entries, TOTAL(bytes) AS bytes, TOTAL(marks) AS marks FROM entries'
    return this.#database.prepare(sums).get() as unknown as StoreStats
  }

  close(): void {
    this.#database.close()
  }

  /** Whether every key still has the entry on which its change is based: another process may have changed it. */
  #unchanged(changes: readonly StoreChange[]): boolean {
    const select = this.#database.prepare('SELECT key, entry FROM entries WHERE key = ?')
    return changes.every(({ key, previous }) => {
      const row = select.get(key) as Row | undefined
      if (row === undefined) return previous.record === undefined && previous.mark === undefined
      return previous.corrupt !== undefined || equalBytes(row.entry, encodeStoreEntry(key, previous))
    })
  }
}

/** The time at which an entry must be swept next, as bytes that sort as times do: the integers of SQLite end at 2^63. */
function due({ record, mark }: StoreEntry): Uint8Array | null {
  const times = [record?.expires, mark?.until].filter((time) => time !== undefined)
  return times.length === 0 ? null : timeBytes(times.reduce((earliest, time) => (time < earliest ? time : earliest)))
}

function timeBytes(time: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, time)
  return bytes
}
