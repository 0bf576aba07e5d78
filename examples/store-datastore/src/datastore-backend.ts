import type { Datastore } from 'interface-datastore'
import { Key } from 'interface-datastore/key'
import type {
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry, equalVersions } from '@recordkit/record-store'
import { compareBytes, RecordError } from '@recordkit/record-types'

/**
 * Stores records in any datastore of libp2p or Helia. Its keys are text and its queries have no order, so every scan and
 * sweep reads all keys: suitable for thousands of records, not for millions. In most datastores a crash can leave a part of a
 * batch, so each key is written alone. Damaged entries that are replaced are kept under `<prefix>-quarantine`.
 */
export class DatastoreBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly #datastore: Datastore
  readonly #prefix: string
  /** by key: what ends when all its writes have ended */
  readonly #writing = new Map<string, Promise<unknown>>()

  constructor(datastore: Datastore, options: { readonly prefix?: string; readonly persistent?: boolean } = {}) {
    const { prefix = '/recordkit', persistent = true } = options
    this.#datastore = datastore
    this.#prefix = prefix
    this.capabilities = {
      durable: false,
      expiryIndex: false,
      snapshot: false,
      multiProcess: false,
      persistent,
      atomicBatch: false
    }
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    return Promise.all(keys.map((key) => this.#read(key)))
  }

  /** Receives one change: the backend declares no atomic batch. */
  async write([change]: readonly StoreChange[]): Promise<boolean> {
    if (change === undefined) return true
    const name = toHex(change.key)
    // a write that hung and timed out may still be running: it ends before this one compares
    const earlier = this.#writing.get(name) ?? Promise.resolve()
    const written = earlier.then(() => this.#replace(change))
    const ended = written.catch(() => {})
    this.#writing.set(name, ended)
    try {
      return await written
    } finally {
      if (this.#writing.get(name) === ended) this.#writing.delete(name)
    }
  }

  async *scan(kind: EntryKind, { start, end, reverse = false }: ScanRange): AsyncGenerator<StoreEntry> {
    const keys = (await this.#keys())
      .filter((key) => start === undefined || compareBytes(key, start) >= 0)
      .filter((key) => end === undefined || compareBytes(key, end) < 0)
      .sort(reverse ? (a, b) => compareBytes(b, a) : compareBytes)
    for (const key of keys) {
      const entry = await this.#read(key)
      const part = { records: entry.record, marks: entry.mark, publications: entry.publication }[kind]
      if (part !== undefined || entry.corrupt !== undefined || entry.newer !== undefined) yield entry
    }
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    const due = (await this.#entries()).flatMap(({ record, mark, publication }) => [
      ...(record?.expires === undefined || publication !== undefined
        ? []
        : [{ key: record.key, time: record.expires }]),
      ...(mark === undefined ? [] : [{ key: mark.key, time: mark.until }])
    ])
    const expired = due
      .filter(({ time }) => time < now)
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    return expired.slice(0, limit).map(({ key }) => key)
  }

  async stats(): Promise<StoreStats> {
    const stats = { entries: 0, bytes: 0, marks: 0, publications: 0 }
    for (const { record, mark, publication } of await this.#entries()) {
      if (record !== undefined) {
        stats.entries++
        stats.bytes += record.key.length + record.value.length + record.rank.length
      }
      if (mark !== undefined) stats.marks++
      if (publication !== undefined) stats.publications++
    }
    return stats
  }

  /** Waits for running writes. The caller closes the datastore. */
  async close(): Promise<void> {
    await Promise.all(this.#writing.values())
  }

  async #replace({ key, previous, next }: StoreChange): Promise<boolean> {
    const name = this.#keyOf(key)
    try {
      const bytes = await this.#get(name)
      if (!equalVersions(bytes, previous.version)) return false
      if (bytes !== undefined && previous.corrupt !== undefined)
        await this.#datastore.put(new Key(`${this.#prefix}-quarantine/${toHex(key)}/${crypto.randomUUID()}`), bytes)
    } catch (error) {
      throw new RecordError('STORE_IO', `the datastore failed, and the entry is unchanged: ${String(error)}`, {
        cause: error
      })
    }
    // an error from here on says nothing about what the datastore contains now
    const { record, mark, publication } = next
    if (record === undefined && mark === undefined && publication === undefined) await this.#datastore.delete(name)
    else await this.#datastore.put(name, encodeStoreEntry(key, next))
    return true
  }

  async #entries(): Promise<StoreEntry[]> {
    return this.read(await this.#keys())
  }

  async #keys(): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = []
    for await (const key of this.#datastore.queryKeys({ prefix: `${this.#prefix}/` })) {
      keys.push(fromHex(key.toString().slice(this.#prefix.length + 1)))
    }
    return keys
  }

  async #read(key: Uint8Array): Promise<StoreEntry> {
    const bytes = await this.#get(this.#keyOf(key))
    return bytes === undefined ? {} : decodeStoreEntry(key, bytes)
  }

  async #get(name: Key): Promise<Uint8Array | undefined> {
    try {
      return await this.#datastore.get(name)
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFoundError') return undefined
      throw error
    }
  }

  #keyOf(key: Uint8Array): Key {
    return new Key(`${this.#prefix}/${toHex(key)}`)
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  )
}
