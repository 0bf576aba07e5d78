/**
 * Mutual exclusion by key. A call joins the queues of all its keys in one synchronous step and waits only for earlier calls,
 * so that calls with several keys cannot deadlock.
 */
export class KeyedMutex {
  readonly #last: Map<string, Promise<unknown>> = new Map()

  /** Runs `work` after every earlier call with one of these keys has ended. `keys` must be distinct. */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const before: Promise<unknown>[] = []
    let end: (() => void) | undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    for (const key of keys) {
      const last = this.#last.get(key)
      if (last !== undefined) before.push(last)
      this.#last.set(key, ended)
    }
    try {
      if (before.length > 0) await Promise.all(before)
      return await work()
    } finally {
      for (const key of keys) if (this.#last.get(key) === ended) this.#last.delete(key)
      end?.()
    }
  }
}
