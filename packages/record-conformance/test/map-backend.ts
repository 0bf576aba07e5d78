import type {
  EntryContent,
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { compareBytes, RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'

/** One entry. It is never changed in place: a changed entry is another object, which is its version. */
export interface MapEntry extends EntryContent {
  readonly key: Uint8Array
  readonly corrupt?: Error | undefined
  readonly newer?: RecordError<'STORE_NEWER_FORMAT'> | undefined
}

/** The data of a map backend, by map key. It can be opened again by another backend. */
export type MapData = Map<string, MapEntry>

/** What the backends on the same data share besides it. */
interface Shared {
  readonly leases: Map<string, string>
  readonly readers: Set<(key: Uint8Array) => void>
}

const sharedByData = new WeakMap<MapData, Shared>()

function sharedOf(data: MapData): Shared {
  const shared = sharedByData.get(data) ?? { leases: new Map(), readers: new Set() }
  sharedByData.set(data, shared)
  return shared
}

/** A minimal backend: all entries in one map, which is sorted for each scan. */
export class MapBackend implements StoreBackend {
  readonly capabilities: StoreBackend['capabilities'] = {
    durable: false,
    expiryIndex: false,
    snapshot: true,
    multiProcess: true,
    persistent: true,
    atomicBatch: true
  }
  readonly data: MapData
  /** damaged entries that were replaced */
  readonly quarantine: MapEntry[] = []
  failures: { read?: Error | undefined; write?: Error | undefined; reply?: Error | undefined } = {}

  constructor(data: MapData = new Map()) {
    this.data = data
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    if (this.failures.read !== undefined) throw this.failures.read
    return keys.map((key) => entryOf(this.data.get(mapKey(key))))
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    const { write: failure, reply } = this.failures
    if (failure !== undefined) throw new RecordError('STORE_IO', failure.message, { cause: failure })
    if (!this.unchanged(changes)) return false
    this.apply(changes)
    if (reply !== undefined) throw reply
    return true
  }

  /** Whether every entry has the version of its change. */
  unchanged(changes: readonly StoreChange[]): boolean {
    return changes.every(({ key, previous }) => this.data.get(mapKey(key)) === previous.version)
  }

  apply(changes: readonly StoreChange[]): void {
    for (const { key, next } of changes) {
      const { record, mark, publication, recordShare, markShare } = next
      for (const read of sharedOf(this.data).readers) read(key.slice())
      const stored = this.data.get(mapKey(key))
      if (stored?.corrupt !== undefined) this.quarantine.push(stored)
      if (record === undefined && mark === undefined && publication === undefined) this.data.delete(mapKey(key))
      else this.data.set(mapKey(key), structuredClone({ key, record, mark, publication, recordShare, markShare }))
    }
  }

  scan(kind: EntryKind, { start, end, reverse }: ScanRange): Iterable<StoreEntry> {
    if (this.failures.read !== undefined) throw this.failures.read
    const found = [...this.data.values()]
      .filter((entry) => entry.corrupt !== undefined || entry.newer !== undefined || partOf(entry, kind) !== undefined)
      .filter(({ key }) => start === undefined || compareBytes(key, start) >= 0)
      .filter(({ key }) => end === undefined || compareBytes(key, end) < 0)
      .sort((a, b) => compareBytes(a.key, b.key))
    return (reverse === true ? found.reverse() : found).map(entryOf)
  }

  expired(now: bigint, limit: number): Uint8Array[] {
    const times = [...this.data.values()].flatMap(({ key, record, mark, publication }) => [
      ...(record?.expires === undefined || publication !== undefined ? [] : [{ key, time: record.expires }]),
      ...(mark === undefined ? [] : [{ key, time: mark.until }])
    ])
    const expired = times
      .filter(({ time }) => time < now)
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    return expired.slice(0, limit).map(({ key }) => key)
  }

  stats(): StoreStats {
    const stats = { entries: 0, bytes: 0, marks: 0, publications: 0 }
    for (const { record, mark, publication } of this.data.values()) {
      if (record !== undefined) {
        stats.entries++
        stats.bytes += record.key.length + record.value.length + record.rank.length
      }
      if (mark !== undefined) stats.marks++
      if (publication !== undefined) stats.publications++
    }
    return stats
  }

  async *changes({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<Uint8Array, undefined> {
    const { readers } = sharedOf(this.data)
    const keys: Uint8Array[] = []
    let wake = (): void => {}
    const read = (key: Uint8Array): void => {
      keys.push(key)
      wake()
    }
    readers.add(read)
    signal.addEventListener('abort', () => wake())
    try {
      while (!signal.aborted) {
        const key = keys.shift()
        if (key !== undefined) yield key
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
      return undefined
    } finally {
      readers.delete(read)
    }
  }

  /** Leases that end when they are released: the clock of this medium stands still. */
  lease(name: string, holder: string, milliseconds: number): boolean {
    const { leases } = sharedOf(this.data)
    const held = leases.get(name)
    if (held !== undefined && held !== holder) return false
    if (milliseconds > 0) leases.set(name, holder)
    else leases.delete(name)
    return true
  }

  close(): void {}
}

/** What `read` and `scan` return for an entry. */
export function entryOf(entry: MapEntry | undefined): StoreEntry {
  if (entry === undefined) return {}
  const { key: _key, ...content } = entry
  return { ...content, version: entry }
}

function partOf(entry: MapEntry, kind: EntryKind): unknown {
  return { records: entry.record, marks: entry.mark, publications: entry.publication }[kind]
}

/** An entry that cannot be decoded. */
export function damaged(key: Uint8Array): MapEntry {
  return { key, corrupt: new Error('damaged on purpose') }
}

/** An entry that a newer version wrote. */
export function fromNewerVersion(key: Uint8Array): MapEntry {
  return { key, newer: new RecordError('STORE_NEWER_FORMAT', 'the entry has format version 99', { key }) }
}
