import type {
  HighWaterMark,
  ScanRange,
  StoreBackend,
  StoreChange,
  StoredRecord,
  StoreEntry
} from '@recordkit/record-store'
import { compareBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'

/** The data of a map backend, by map key. It can be opened again by another backend. */
export type MapData = Map<string, StoreEntry>

/** The entry of a key that is not in the map. */
export const absent: StoreEntry = Object.freeze({})

/** A minimal backend: all entries in one map, which is sorted for each scan. */
export class MapBackend implements StoreBackend {
  readonly capabilities: StoreBackend['capabilities'] = {
    durable: false,
    expiryIndex: false,
    snapshot: true,
    multiProcess: true,
    persistent: true
  }
  readonly data: MapData
  readonly #maxMarks: number
  failures: { read?: Error | undefined; write?: Error | undefined } = {}

  constructor(data: MapData = new Map(), maxMarks: number = Infinity) {
    this.data = data
    this.#maxMarks = maxMarks
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    if (this.failures.read !== undefined) throw this.failures.read
    return keys.map((key) => this.data.get(mapKey(key)) ?? absent)
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    if (this.failures.write !== undefined) throw this.failures.write
    // entries are never changed in place, so that a changed entry is another object
    const conflicts = changes.some(({ key, previous }) => (this.data.get(mapKey(key)) ?? absent) !== previous)
    if (conflicts) return false
    for (const { key, previous, next } of changes) {
      // a mark that is set becomes the newest
      if (next.mark !== previous.mark) this.data.delete(mapKey(key))
      if (next.record === undefined && next.mark === undefined) this.data.delete(mapKey(key))
      else this.data.set(mapKey(key), next)
    }
    return true
  }

  scan(kind: 'records' | 'marks', { start, end, reverse }: ScanRange): Iterable<StoreEntry> {
    if (this.failures.read !== undefined) throw this.failures.read
    const keyOf = (entry: StoreEntry): Uint8Array =>
      (kind === 'records' ? entry.record : entry.mark)?.key ?? new Uint8Array(0)
    const found = [...this.data.values()]
      .filter((entry) => entry.corrupt !== undefined || (kind === 'records' ? entry.record : entry.mark) !== undefined)
      .filter((entry) => start === undefined || compareBytes(keyOf(entry), start) >= 0)
      .filter((entry) => end === undefined || compareBytes(keyOf(entry), end) < 0)
      .sort((a, b) => compareBytes(keyOf(a), keyOf(b)))
    return reverse === true ? found.reverse() : found
  }

  expired(now: bigint, limit: number): Uint8Array[] {
    const times = [...this.data.values()].flatMap(({ record, mark }) => [
      ...(record?.expires === undefined ? [] : [{ key: record.key, time: record.expires }]),
      ...(mark === undefined ? [] : [{ key: mark.key, time: mark.until }])
    ])
    const expired = times
      .filter(({ time }) => time < now)
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    return expired.slice(0, limit).map(({ key }) => key)
  }

  excessMarks(limit: number): HighWaterMark[] {
    const marks = [...this.data.values()].flatMap(({ mark }): HighWaterMark[] => (mark === undefined ? [] : [mark]))
    return marks.slice(0, Math.max(0, Math.min(limit, marks.length - this.#maxMarks)))
  }

  stats(): { entries: number; bytes: number; marks: number } {
    const all = [...this.data.values()]
    const records = all.flatMap(({ record }): StoredRecord[] => (record === undefined ? [] : [record]))
    return {
      entries: records.length,
      bytes: records.reduce((sum, { key, value, rank }) => sum + key.length + value.length + rank.length, 0),
      marks: all.flatMap(({ mark }): HighWaterMark[] => (mark === undefined ? [] : [mark])).length
    }
  }

  close(): void {}
}
