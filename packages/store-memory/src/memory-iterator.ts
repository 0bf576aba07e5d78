/** An iteration over data in memory. */
export class MemoryIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #start: () => Iterator<Item, undefined>
  readonly #check: () => void
  #remaining: number
  #items: Iterator<Item, undefined> | undefined
  #done = false

  /**
   * @param start - called by the first `next`
   * @param limit - maximum number of items
   * @param check - called before each step; throws when the iteration may not continue
   */
  constructor(start: () => Iterator<Item, undefined>, limit: number, check: () => void) {
    this.#start = start
    this.#remaining = limit
    this.#check = check
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#done) {
      try {
        this.#check()
        this.#items ??= this.#start()
        if (this.#remaining-- > 0) {
          const step = this.#items.next()
          if (step.done !== true) return step
        }
      } catch (error) {
        this.#end()
        throw error
      }
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
