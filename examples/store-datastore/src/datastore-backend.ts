import type { Datastore } from 'interface-datastore'
import { Key } from 'interface-datastore/key'
import type {
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry,
  StoreStats
} from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { compareBytes } from '@recordkit/record-types'

/**
 * Stores records in any datastore of libp2p or Helia. Its keys are text and its queries have no order, so every scan and
 * sweep reads all keys: suitable for thousands of records, not for millions. A write is as atomic as a batch of the datastore:
 * in datastore-level it is; in most others a crash can leave a part of it.
 */
export class DatastoreBackend implements StoreBackend {
  readonly capabilities: StoreCapabilities
  readonly #datastore: Datastore
  readonly #prefix: string
  #writing: Promise<void> = Promise.resolve()

  constructor(datastore: Datastore, options: { readonly prefix?: string; readonly persistent?: boolean } = {}) {
    const { prefix = '/recordkit', persistent = true } = options
    this.#datastore = datastore
    this.#prefix = prefix
    this.capabilities = { durable: false, expiryIndex: false, snapshot: false, multiProcess: false, persistent }
  }

  async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    // many datastores apply a batch operation by operation: do not read meanwhile
    await this.#writing
    return Promise.all(keys.map((key) => this.#read(key)))
  }

  async write(changes: readonly StoreChange[]): Promise<boolean> {
    const written = this.#writing.then(async () => {
      const batch = this.#datastore.batch()
      for (const { key, next } of changes) {
        if (next.record === undefined && next.mark === undefined) batch.delete(this.#keyOf(key))
        else batch.put(this.#keyOf(key), encodeStoreEntry(key, next))
      }
      await batch.commit()
    })
    this.#writing = written.catch(() => {})
    await written
    return true
  }

  async *scan(kind: 'records' | 'marks', { start, end, reverse = false }: ScanRange): AsyncGenerator<StoreEntry> {
    const keys = (await this.#keys())
      .filter((key) => start === undefined || compareBytes(key, start) >= 0)
      .filter((key) => end === undefined || compareBytes(key, end) < 0)
      .sort(reverse ? (a, b) => compareBytes(b, a) : compareBytes)
    for (const key of keys) {
      const [entry = {}] = await this.read([key])
      if (entry.corrupt !== undefined || (kind === 'records' ? entry.record : entry.mark) !== undefined) yield entry
    }
  }

  async expired(now: bigint, limit: number): Promise<Uint8Array[]> {
    const due = (await this.#entries()).flatMap(({ record, mark }) => [
      ...(record?.expires === undefined ? [] : [{ key: record.key, time: record.expires }]),
      ...(mark === undefined ? [] : [{ key: mark.key, time: mark.until }])
    ])
    const expired = due
      .filter(({ time }) => time < now)
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    return expired.slice(0, limit).map(({ key }) => key)
  }

  async stats(): Promise<StoreStats> {
    let entries = 0
    let bytes = 0
    let marks = 0
    for (const { record, mark } of await this.#entries()) {
      if (record !== undefined) {
        entries++
        bytes += record.key.length + record.value.length + record.rank.length
      }
      if (mark !== undefined) marks++
    }
    return { entries, bytes, marks }
  }

  /** Waits for running writes. The caller closes the datastore. */
  async close(): Promise<void> {
    await this.#writing
  }

  async #entries(): Promise<StoreEntry[]> {
    return this.read(await this.#keys())
  }

  async #keys(): Promise<Uint8Array[]> {
    await this.#writing
    const keys: Uint8Array[] = []
    for await (const key of this.#datastore.queryKeys({ prefix: `${this.#prefix}/` })) {
      keys.push(fromHex(key.toString().slice(this.#prefix.length + 1)))
    }
    return keys
  }

  async #read(key: Uint8Array): Promise<StoreEntry> {
    try {
      return decodeStoreEntry(key, await this.#datastore.get(this.#keyOf(key)))
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFoundError') return {}
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
