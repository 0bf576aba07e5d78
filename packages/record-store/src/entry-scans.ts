import type { AbortOptions } from '@recordkit/record-types'
import type { BackendCalls } from './backend-calls.ts'
import type { EntryKind, StoreBackend, StoreEntry } from './backend.ts'
import { checkedRange, checkedSignal } from './store-arguments.ts'
import type { CheckedRange } from './store-arguments.ts'
import { StoreIterator } from './store-iterator.ts'
import type { StoreQuery } from './store.ts'

/** Iterates over entries of a backend, until the store is closed. */
export class EntryScans {
  readonly #backend: StoreBackend
  readonly #calls: BackendCalls
  readonly #checkOpen: () => void
  readonly #open: Set<StoreIterator<unknown>> = new Set()

  /** @param checkOpen - throws when the store is closed */
  constructor(backend: StoreBackend, calls: BackendCalls, checkOpen: () => void) {
    this.#backend = backend
    this.#calls = calls
    this.#checkOpen = checkOpen
  }

  /** @param itemOf - returns the item of an entry, copied; `undefined` skips the entry */
  scan<Item>(
    kind: EntryKind,
    query: StoreQuery | undefined,
    options: AbortOptions | undefined,
    itemOf: (entry: StoreEntry) => Item | undefined
  ): AsyncIterableIterator<Item> {
    let range: CheckedRange | undefined
    let problem: unknown
    try {
      checkedSignal(options)
      range = checkedRange(query)
    } catch (error) {
      problem = error
    }
    return new StoreIterator<Item>({
      begin: () => {
        const { empty, limit, ...bounds } = range as CheckedRange
        if (empty) return [][Symbol.iterator]()
        const entries = this.#backend.scan(kind, limit === Number.POSITIVE_INFINITY ? bounds : { ...bounds, limit })
        return Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]()
      },
      // an entry of a newer version is passed over, here and by a sweep
      itemOf: (entry) => (entry.newer === undefined ? itemOf(entry) : undefined),
      limited: (work) => this.#calls.limited(work),
      limit: range?.limit ?? 0,
      signal: options?.signal,
      check: () => {
        this.#checkOpen()
        if (range === undefined) throw problem
      },
      open: this.#open
    })
  }

  /** Ends all iterations, because the store closes. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#open].map((iteration) => this.#calls.limited(iteration.end())))
  }
}
