import type { AbortOptions } from '@recordkit/record-types'
import type {
  DeleteOptions,
  HighWaterMark,
  Lease,
  Publication,
  RecordStore,
  StoreCapabilities,
  StoredRecord,
  StoreOperation,
  StoreOperationResult,
  StorePutOptions,
  StorePutResult,
  StoreQuery,
  StoreStats,
  TouchOptions
} from './store.ts'

/** A store that passes every call to another one: what `createStore` makes of a backend, as a class with methods of its own besides. */
export class DelegatingStore implements RecordStore {
  readonly capabilities: StoreCapabilities
  readonly #store: RecordStore

  constructor(store: RecordStore) {
    this.#store = store
    this.capabilities = store.capabilities
  }

  get(key: Uint8Array, options?: AbortOptions): Promise<StoredRecord | undefined> {
    return this.#store.get(key, options)
  }

  has(key: Uint8Array, options?: AbortOptions): Promise<boolean> {
    return this.#store.has(key, options)
  }

  getMany(keys: readonly Uint8Array[], options?: AbortOptions): Promise<(StoredRecord | undefined)[]> {
    return this.#store.getMany(keys, options)
  }

  put(record: StoredRecord, options?: StorePutOptions): Promise<StorePutResult> {
    return this.#store.put(record, options)
  }

  touch(key: Uint8Array, options: TouchOptions): Promise<boolean> {
    return this.#store.touch(key, options)
  }

  delete(key: Uint8Array, options?: DeleteOptions): Promise<boolean> {
    return this.#store.delete(key, options)
  }

  batch(operations: readonly StoreOperation[], options?: AbortOptions): Promise<StoreOperationResult[]> {
    return this.#store.batch(operations, options)
  }

  iterate(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<StoredRecord> {
    return this.#store.iterate(query, options)
  }

  mark(key: Uint8Array, options?: AbortOptions): Promise<HighWaterMark | undefined> {
    return this.#store.mark(key, options)
  }

  marks(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<HighWaterMark> {
    return this.#store.marks(query, options)
  }

  publication(key: Uint8Array, options?: AbortOptions): Promise<Publication | undefined> {
    return this.#store.publication(key, options)
  }

  publications(query?: StoreQuery, options?: AbortOptions): AsyncIterableIterator<Publication> {
    return this.#store.publications(query, options)
  }

  sweep(options?: AbortOptions & { readonly limit?: number | undefined }): Promise<number> {
    return this.#store.sweep(options)
  }

  stats(options?: AbortOptions): Promise<StoreStats> {
    return this.#store.stats(options)
  }

  changes(options?: AbortOptions): AsyncIterableIterator<Uint8Array> {
    return this.#store.changes(options)
  }

  lease(name: string, milliseconds: number, options?: AbortOptions): Promise<Lease | undefined> {
    return this.#store.lease(name, milliseconds, options)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
