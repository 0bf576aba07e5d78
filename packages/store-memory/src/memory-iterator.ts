import { turns } from '@recordkit/record-types/internal'

/** What a {@link MemoryIterator} goes through. */
export interface MemoryItems<Item> {
  /** called by the first `next`: work that must leave the event loop to other tasks */
  prepare(): Promise<void> | undefined
  /** called after that */
  start(): Iterator<Item, undefined>
  /** called before each step; throws when the iteration may not continue */
  check(): void
  readonly signal: AbortSignal | undefined
}

/** An iteration over data in memory. It leaves the event loop to other tasks every few milliseconds. */
export class MemoryIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #source: MemoryItems<Item>
  #remaining: number
  #items: Iterator<Item, undefined> | undefined
  #done = false
  #waiting: Promise<void> | undefined

  /** @param limit - maximum number of items */
  constructor(source: MemoryItems<Item>, limit: number) {
    this.#source = source
    this.#remaining = limit
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    try {
      // concurrent calls keep their order
      while (this.#waiting !== undefined) await this.#waiting
      if (this.#done) return this.#end()
      const wait = this.#items === undefined ? this.#source.prepare() : turns.wait(this.#source.signal)
      if (wait !== undefined) {
        this.#waiting = wait
        try {
          await wait
        } finally {
          this.#waiting = undefined
        }
        if (this.#done) return this.#end()
      }
      this.#source.check()
      this.#items ??= this.#source.start()
      if (this.#remaining-- > 0) {
        const step = this.#items.next()
        if (step.done !== true) return step
      }
    } catch (error) {
      this.#end()
      throw error
    }
    return this.#end()
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    return this.#end()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
  }

  #end(): IteratorResult<Item, undefined> {
    this.#done = true
    this.#items = undefined
    return { done: true, value: undefined }
  }
}
