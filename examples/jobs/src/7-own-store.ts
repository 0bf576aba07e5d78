import {
  countEntries,
  decodeStoreEntry,
  encodeStoreEntry,
  equalVersions,
  expiredEntries,
  scanEntries
} from '@recordkit/record-store'
import type { EncodedEntry, EntryKind, ScanRange, StoreBackend, StoreChange, StoreEntry } from '@recordkit/record-store'

export class MapBackend implements StoreBackend {
  readonly capabilities = {
    durable: false,
    expiryIndex: false,
    snapshot: false,
    multiProcess: false,
    persistent: false,
    atomicBatch: true
  }
  readonly entries = new Map<string, EncodedEntry>()
  readonly quarantine: Uint8Array[] = []

  read = (keys: readonly Uint8Array[]): StoreEntry[] =>
    keys.map((key) => {
      const stored = this.entries.get(String(key))
      return stored === undefined ? {} : decodeStoreEntry(key, stored.bytes)
    })
  write(changes: readonly StoreChange[]): boolean {
    for (const { key, previous } of changes)
      if (!equalVersions(this.entries.get(String(key))?.bytes, previous.version)) return false
    for (const { key, previous, next } of changes) {
      if (previous.corrupt !== undefined) this.quarantine.push(previous.version as Uint8Array)
      if (next.record ?? next.mark ?? next.publication)
        this.entries.set(String(key), { key: key.slice(), bytes: encodeStoreEntry(key, next) })
      else this.entries.delete(String(key))
    }
    return true
  }
  scan = (kind: EntryKind, range: ScanRange) => scanEntries(this.entries.values(), kind, range)
  expired = (now: bigint, limit: number) => expiredEntries(this.entries.values(), now, limit)
  stats = () => countEntries(this.entries.values())
  close(): void {}
}
