/** The keys of one call. The caller of {@link KeyedMutex.lock} waits for `ready`, works, and releases them. */
export class KeyedLock {
  readonly #keys: readonly string[]
  readonly #last: Map<string, KeyedLock>
  /** settles when every earlier lock of one of the keys is released; `undefined`: now */
  readonly ready: Promise<unknown> | undefined
  #released: Promise<void> | undefined
  #resolve: (() => void) | undefined

  constructor(keys: readonly string[], last: Map<string, KeyedLock>) {
    this.#keys = keys
    this.#last = last
    let before: Promise<unknown>[] | undefined
    for (const key of keys) {
      const earlier = last.get(key)
      if (earlier !== undefined) (before ??= []).push(earlier.#whenReleased())
      last.set(key, this)
    }
    this.ready = before && Promise.all(before)
  }

  release(): void {
    for (const key of this.#keys) if (this.#last.get(key) === this) this.#last.delete(key)
    this.#resolve?.()
  }

  /** The promise is made for the first call that waits: most locks have none. */
  #whenReleased(): Promise<void> {
    this.#released ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#released
  }
}

/**
 * Mutual exclusion by key. A call joins the queues of all its keys in one synchronous step and waits only for earlier calls,
 * so that calls with several keys cannot deadlock.
 */
export class KeyedMutex {
  readonly #last: Map<string, KeyedLock> = new Map()

  /** Joins the queues of `keys`, which must be distinct. The caller must release the lock, also when it fails. */
  lock(keys: readonly string[]): KeyedLock {
    return new KeyedLock(keys, this.#last)
  }

  /** Runs `work` after every earlier call with one of these keys has ended. `keys` must be distinct. */
  async run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const lock = this.lock(keys)
    try {
      if (lock.ready !== undefined) await lock.ready
      return await work()
    } finally {
      lock.release()
    }
  }
}
