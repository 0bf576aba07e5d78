import type { BufferedEntries, StoreEntry } from './backend.ts'
import { storeError, wrapErrors } from './store-errors.ts'
import { raceAbort, turns } from '@recordkit/record-types/internal'

/** What a {@link StoreIterator} runs on. */
export interface IterationSource<Item> {
  /** Begins the backend's own iteration, at the first `next`. */
  begin(): Iterator<StoreEntry> | AsyncIterator<StoreEntry>
  /** Returns the item of an entry, copied; `undefined` skips the entry. */
  itemOf(entry: StoreEntry): Item | undefined
  /** limits the time of one step */
  limited<Result>(work: Promise<Result>): Promise<Result>
  readonly limit: number
  readonly signal: AbortSignal | undefined
  /** throws when the store is closed */
  check(): void
  /** the iterations that have begun and not ended */
  readonly open: Set<StoreIterator<unknown>>
}

/** An iteration of a guarded store: one step at a time, and the backend's iterator closed whichever way it ends. */
export class StoreIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #source: IterationSource<Item>
  #entries: Iterator<StoreEntry> | AsyncIterator<StoreEntry> | undefined
  #steps: Promise<unknown> = Promise.resolve()
  /** number of steps that have not ended */
  #running = 0
  #given = 0
  #done = false

  constructor(source: IterationSource<Item>) {
    this.#source = source
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return this.#taken() ?? this.#inTurn(() => this.#next())
  }

  /** The next item, when it was read already and no earlier step is running. */
  #taken(): Promise<IteratorResult<Item, undefined>> | undefined {
    const entries = this.#entries as Partial<BufferedEntries> | undefined
    if (entries?.takeRead === undefined || this.#running > 0 || !turns.hasTime) return undefined
    const { limit, signal } = this.#source
    try {
      this.#source.check()
      signal?.throwIfAborted()
      for (let entry = entries.takeRead(); entry !== undefined; entry = entries.takeRead()) {
        const item = this.#source.itemOf(entry)
        if (item === undefined) continue
        const step = { done: false, value: item } as const
        return ++this.#given < limit ? Promise.resolve(step) : this.#inTurn(() => this.#finish().then(() => step))
      }
      return undefined
    } catch (reason) {
      return this.#inTurn(() => this.#failed(reason))
    }
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    return this.#inTurn(async () => {
      await this.#finish()
      return { done: true, value: undefined }
    })
  }

  /** Closes the backend's iterator because the store closes: a later `next` throws what `check` throws. */
  end(): Promise<void> {
    return this.#inTurn(() => this.#closeEntries())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const turn = this.#steps.then(step, step)
    const ended = (): void => {
      this.#running--
    }
    this.#running++
    this.#steps = turn.then(ended, ended)
    return turn
  }

  async #next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#done) return { done: true, value: undefined }
    const { signal } = this.#source
    try {
      for (;;) {
        this.#source.check()
        signal?.throwIfAborted()
        const wait = turns.wait(signal)
        if (wait !== undefined) await wait
        const entries = this.#begin()
        const step = await raceAbort(this.#source.limited(wrapErrors(() => entries.next())), signal)
        this.#source.check()
        if (step.done === true) break
        const item = this.#source.itemOf(step.value)
        if (item === undefined) continue
        if (++this.#given >= this.#source.limit) await this.#finish()
        return { done: false, value: item }
      }
    } catch (error) {
      return this.#failed(error)
    }
    await this.#finish()
    return { done: true, value: undefined }
  }

  async #failed(reason: unknown): Promise<never> {
    // the failure is the answer: neither waiting for the backend to close nor its own complaint may hide it
    this.#finish().catch(() => {})
    throw reason
  }

  #begin(): Iterator<StoreEntry> | AsyncIterator<StoreEntry> {
    if (this.#entries === undefined) {
      try {
        this.#entries = this.#source.begin()
      } catch (error) {
        throw storeError(error)
      }
      this.#source.open.add(this)
    }
    return this.#entries
  }

  async #finish(): Promise<void> {
    this.#done = true
    await this.#closeEntries()
  }

  async #closeEntries(): Promise<void> {
    this.#source.open.delete(this)
    const entries = this.#entries
    this.#entries = undefined
    if (entries?.return !== undefined) await wrapErrors(() => entries.return?.() as Promise<unknown>)
  }
}
