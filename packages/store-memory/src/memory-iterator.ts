/** An iteration over what is in memory; `check` throws when it may not go on. */
export class MemoryIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #begin: () => Iterator<Item, undefined>
  readonly #check: () => void
  #left: number
  #items: Iterator<Item, undefined> | undefined
  #done = false

  constructor(begin: () => Iterator<Item, undefined>, limit: number, check: () => void) {
    this.#begin = begin
    this.#left = limit
    this.#check = check
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#done) {
      try {
        this.#check()
        this.#items ??= this.#begin()
        if (this.#left-- > 0) {
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
