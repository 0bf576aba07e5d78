/** Items that are pushed, for one reader that waits for them. */
export class WaitingQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #end: { readonly error?: unknown } | undefined
  #wake = (): void => undefined

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  /** The reader ends after the items that were pushed. */
  end(): void {
    this.#end ??= {}
    this.#wake()
  }

  /** The reader throws `error` after the items that were pushed. */
  fail(error: unknown): void {
    this.#end ??= { error }
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift() as T
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error
        return
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
