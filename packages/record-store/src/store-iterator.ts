import type { StoreEntry } from './backend.ts'
import { storeError, wrapErrors } from './store-errors.ts'
import { raceAbort } from '@recordkit/record-types/internal'

/** What a {@link StoreIterator} iterates over. */
export interface IterationSource<Item> {
  /** Starts the iteration of the backend. Called by the first `next`. */
  start(): Iterator<StoreEntry> | AsyncIterator<StoreEntry>
  /** Returns the item of an entry, with copied bytes, or `undefined` to skip the entry. */
  itemOf(entry: StoreEntry): Item | undefined
  /** maximum number of items */
  readonly limit: number
  readonly signal: AbortSignal | undefined
  /** Throws when the store is closed or the arguments were invalid. */
  check(): void
  onStart(iteration: StoreIterator<Item>): void
  onEnd(iteration: StoreIterator<Item>): void
}

/** An iteration of a store. It runs one step at a time and always closes the iterator of the backend. */
export class StoreIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #source: IterationSource<Item>
  #entries: Iterator<StoreEntry> | AsyncIterator<StoreEntry> | undefined
  #lastStep: Promise<unknown> = Promise.resolve()
  #yielded = 0
  #done = false

  constructor(source: IterationSource<Item>) {
    this.#source = source
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return this.#enqueue(() => this.#next())
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    return this.#enqueue(async () => {
      await this.#finish()
      return { done: true, value: undefined }
    })
  }

  /** Closes the iterator of the backend because the store closes. A later `next` throws the error of `check`. */
  end(): Promise<void> {
    return this.#enqueue(() => this.#closeEntries())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Runs a step after all earlier ones. */
  #enqueue<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#lastStep.then(step, step)
    this.#lastStep = result.catch(() => {})
    return result
  }

  async #next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#done) return { done: true, value: undefined }
    const { signal } = this.#source
    try {
      for (;;) {
        this.#source.check()
        signal?.throwIfAborted()
        const entries = this.#start()
        const step = await raceAbort(
          wrapErrors(() => entries.next()),
          signal
        )
        this.#source.check()
        if (step.done === true) break
        const item = this.#source.itemOf(step.value)
        if (item === undefined) continue
        if (++this.#yielded >= this.#source.limit) await this.#finish()
        return { done: false, value: item }
      }
    } catch (error) {
      // rethrow this error: do not wait for the backend to close, and ignore its errors
      this.#finish().catch(() => {})
      throw error
    }
    await this.#finish()
    return { done: true, value: undefined }
  }

  #start(): Iterator<StoreEntry> | AsyncIterator<StoreEntry> {
    if (this.#entries === undefined) {
      try {
        this.#entries = this.#source.start()
      } catch (error) {
        throw storeError(error)
      }
      this.#source.onStart(this)
    }
    return this.#entries
  }

  async #finish(): Promise<void> {
    this.#done = true
    await this.#closeEntries()
  }

  async #closeEntries(): Promise<void> {
    this.#source.onEnd(this)
    const entries = this.#entries
    this.#entries = undefined
    if (entries?.return !== undefined) await wrapErrors(() => entries.return?.() as Promise<unknown>)
  }
}
