import { mapKey } from '@recordkit/record-types/internal'
import type { EntryKind, ScanRange, StoreBackend, StoreChange, StoreEntry } from '../backend.ts'
import type { StoreStats } from '../store.ts'
import { countEntries, expiredEntries, scanEntries } from '../entries-in-memory.ts'
import { decodeStoreEntry, encodeStoreEntry, equalVersions } from '../entry-codec.ts'

/** Where a call to a {@link MapBackend} fails or hangs. */
export type Fault = 'read' | 'before write' | 'after write'

/** A backend on a map of encoded entries, for tests. Several backends can share one map, as processes share a database. */
export class MapBackend implements StoreBackend {
  readonly capabilities = {
    durable: false,
    expiryIndex: false,
    snapshot: false,
    multiProcess: true,
    persistent: true,
    atomicBatch: true
  }
  readonly entries: Map<string, { readonly key: Uint8Array; readonly bytes: Uint8Array }>
  /** the bytes of damaged entries that were replaced */
  readonly quarantine: Uint8Array[] = []
  /** the keys of every call */
  readonly calls: { readonly type: 'read' | 'write'; readonly keys: readonly string[] }[] = []
  readonly #faults = new Map<Fault, Error | 'hang'>()

  constructor(entries: MapBackend['entries'] = new Map()) {
    this.entries = entries
  }

  /** Makes calls fail with `error` or never return, until it is called with `undefined`. */
  fail(fault: Fault, error: Error | 'hang' | undefined): void {
    if (error === undefined) this.#faults.delete(fault)
    else this.#faults.set(fault, error)
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    this.calls.push({ type: 'read', keys: keys.map(mapKey) })
    await this.#fault('read')
    return keys.map((key) => {
      const stored = this.entries.get(mapKey(key))
      return stored === undefined ? {} : decodeStoreEntry(key, stored.bytes)
    })
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    this.calls.push({ type: 'write', keys: changes.map(({ key }) => mapKey(key)) })
    await this.#fault('before write')
    const unchanged = changes.every(({ key, previous }) =>
      equalVersions(this.entries.get(mapKey(key))?.bytes, previous.version)
    )
    if (!unchanged) return false
    for (const { key, previous, next } of changes) {
      if (previous.corrupt !== undefined) this.quarantine.push(previous.version as Uint8Array)
      const { record, mark, publication } = next
      if (record === undefined && mark === undefined && publication === undefined) this.entries.delete(mapKey(key))
      else this.entries.set(mapKey(key), { key: key.slice(), bytes: encodeStoreEntry(key, next) })
    }
    await this.#fault('after write')
    return true
  }

  scan(kind: EntryKind, range: ScanRange): Iterable<StoreEntry> {
    return scanEntries(this.entries.values(), kind, range)
  }

  expired(now: bigint, limit: number): Uint8Array[] {
    return expiredEntries(this.entries.values(), now, limit)
  }

  stats(): StoreStats {
    return countEntries(this.entries.values())
  }

  close(): void {}

  async #fault(fault: Fault): Promise<void> {
    const error = this.#faults.get(fault)
    if (error === 'hang') await new Promise(() => {})
    else if (error !== undefined) throw error
  }
}
