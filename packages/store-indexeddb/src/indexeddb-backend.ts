import type {
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { accountChanges, equalVersions } from '@recordkit/record-store'
import type { AbortOptions, SetTimer } from '@recordkit/record-types'
import { compareBytes } from '@recordkit/record-types'
import type { Connection } from './connection.ts'
import type { EntryRow } from './entry-row.ts'
import { decodeRow, entryRow, rowVersion, timeBytes } from './entry-row.ts'
import { IndexedDbAccounts, readAccounts, readTotals, writeAccounts } from './indexeddb-accounts.ts'
import { eachStep, keyBytes, resultOf } from './requests.ts'
import { storeNames } from './schema.ts'
import { SharedChanges } from './shared-changes.ts'
import { WebLockLeases } from './web-lock-leases.ts'

/** Entries that one transaction of a scan reads. */
const pageSize = 256
/** The least, because entries of another kind are passed over. */
const minPageSize = 16

const partOf = { records: 'record', marks: 'mark', publications: 'publication' } as const

type Page = (readonly [key: Uint8Array, row: EntryRow])[]

/** Stores records in an IndexedDB database, which tabs and workers share. */
export class IndexedDbBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly accounts: IndexedDbAccounts
  readonly lease?: NonNullable<StoreBackend['lease']>
  readonly #connection: Connection
  readonly #changes: SharedChanges
  readonly #leases: WebLockLeases | undefined

  /** @param name - of the database */
  constructor(name: string, connection: Connection, durable: boolean, setTimer: SetTimer) {
    this.#connection = connection
    this.accounts = new IndexedDbAccounts(connection)
    this.#changes = new SharedChanges(name)
    // the platform has no locks outside of secure contexts: then leases are those of this page
    const { locks } = (globalThis as { readonly navigator?: { readonly locks?: LockManager } }).navigator ?? {}
    if (locks !== undefined) {
      const leases = new WebLockLeases(name, locks, setTimer)
      this.#leases = leases
      this.lease = (lease, holder, milliseconds) => leases.take(lease, holder, milliseconds)
    }
    this.capabilities = {
      durable,
      expiryIndex: true,
      snapshot: false,
      multiProcess: true,
      persistent: true,
      atomicBatch: true
    }
  }

  read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    return this.#connection.read(storeNames.entries, async (transaction) => {
      const rows = await readRows(transaction, keys)
      return keys.map((key, index) => decodeRow(key, rows[index]))
    })
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    const counted = accountChanges(changes)
    const names = counted.accounts.map(({ name }) => name)
    const rows = changes.map(({ key, next }) => entryRow(key, next))
    const written = await this.#connection.write(async (transaction) => {
      const [before, totals, sizes] = await Promise.all([
        readRows(
          transaction,
          changes.map(({ key }) => key)
        ),
        readTotals(transaction),
        readAccounts(transaction, names)
      ])
      if (!changes.every(({ previous }, index) => equalVersions(rowVersion(before[index]), previous.version)))
        return false
      const entries = transaction.objectStore(storeNames.entries)
      changes.forEach(({ key, previous }, index) => {
        const row = rows[index]
        if (previous.corrupt !== undefined) quarantine(transaction, key, before[index])
        if (row === undefined) entries.delete(key as BufferSource)
        else entries.put(row, key as BufferSource)
      })
      writeAccounts(transaction, counted, totals, sizes)
      return true
    })
    if (written) this.#changes.notify(changes.map(({ key }) => key))
    return written
  }

  async *scan(kind: EntryKind, range: ScanRange): AsyncGenerator<StoreEntry, undefined> {
    const part = partOf[kind]
    let { start, end } = range
    let isAfterStart = false
    let size = Math.min(pageSize, Math.max(minPageSize, range.limit ?? pageSize))
    for (;;) {
      if (start !== undefined && end !== undefined && compareBytes(start, end) >= 0) return undefined
      const bounds = boundsOf(start, isAfterStart, end)
      // a transaction for each page: none stays open while the caller works
      const page = await this.#page(kind, bounds, range.reverse === true, size)
      for (const [key, row] of page) {
        const entry = decodeRow(key, row)
        if (entry[part] !== undefined || entry.corrupt !== undefined || entry.newer !== undefined) yield entry
      }
      const last = page.at(-1)?.[0]
      if (last === undefined || page.length < size) return undefined
      if (range.reverse === true) end = last
      else {
        start = last
        isAfterStart = true
      }
      size = pageSize
    }
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    if (limit <= 0) return []
    const keys = await this.#connection.read(storeNames.entries, (transaction) => {
      const due = transaction.objectStore(storeNames.entries).index('due')
      return resultOf(
        due.getAllKeys(IDBKeyRange.upperBound(timeBytes(now), true), Number.isFinite(limit) ? limit : undefined)
      )
    })
    return keys.map(keyBytes)
  }

  async stats(): Promise<StoreStats> {
    const { records: entries, bytes, marks, publications } = await this.accounts.totals()
    return { entries, bytes, marks, publications }
  }

  changes({ signal }: Required<AbortOptions>): AsyncIterable<Uint8Array> {
    return this.#changes.open(signal)
  }

  async close(): Promise<void> {
    this.#changes.close()
    await this.#leases?.close()
    await this.#connection.close()
  }

  #page(kind: EntryKind, bounds: IDBKeyRange | null, reverse: boolean, size: number): Promise<Page> {
    return this.#connection.read(storeNames.entries, async (transaction) => {
      const entries = transaction.objectStore(storeNames.entries)
      // the keys in the index of publications are those of the entries
      const source = kind === 'publications' ? entries.index('publication') : entries
      const page: Page = []
      if (reverse) {
        await eachStep(source.openCursor(bounds, 'prev'), ({ primaryKey, value }) => {
          return page.push([keyBytes(primaryKey), value as EntryRow]) < size
        })
        return page
      }
      const [keys, rows] = await Promise.all([
        resultOf(source.getAllKeys(bounds, size)),
        resultOf<EntryRow[]>(source.getAll(bounds, size))
      ])
      keys.forEach((key, index) => page.push([keyBytes(key), rows[index] as EntryRow]))
      return page
    })
  }
}

function readRows(transaction: IDBTransaction, keys: readonly Uint8Array[]): Promise<(EntryRow | undefined)[]> {
  const entries = transaction.objectStore(storeNames.entries)
  return Promise.all(keys.map((key) => resultOf<EntryRow | undefined>(entries.get(key as BufferSource))))
}

/** Keeps a damaged row. */
function quarantine(transaction: IDBTransaction, key: Uint8Array, row: EntryRow | undefined): void {
  transaction.objectStore(storeNames.quarantine).add({ key: new Uint8Array(key), value: rowVersion(row) })
}

function boundsOf(
  start: Uint8Array | undefined,
  isAfterStart: boolean,
  end: Uint8Array | undefined
): IDBKeyRange | null {
  if (start !== undefined && end !== undefined) return IDBKeyRange.bound(start, end, isAfterStart, true)
  if (start !== undefined) return IDBKeyRange.lowerBound(start, isAfterStart)
  return end === undefined ? null : IDBKeyRange.upperBound(end, true)
}
