import type { MaybePromise } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'

/**
 * Collects the calls of one turn of the event loop, and runs them together: many callers share one statement or one sync.
 * Calls that are made while an earlier group runs form the next groups; groups run concurrently.
 */
export class TurnCollector<Item, Result> {
  readonly #run: (items: readonly Item[]) => Promise<readonly MaybePromise<Result>[]>
  #pending: { item: Item; resolve: (result: MaybePromise<Result>) => void; reject: (error: unknown) => void }[] = []

  /** @param run - one result per item, in the same order; must not throw synchronously */
  constructor(run: (items: readonly Item[]) => Promise<readonly MaybePromise<Result>[]>) {
    this.#run = run
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ item, resolve, reject })
      if (this.#pending.length === 1) turns.afterBegun(() => void this.#flush())
    })
  }

  async #flush(): Promise<void> {
    const calls = this.#pending
    this.#pending = []
    try {
      const results = await this.#run(calls.map(({ item }) => item))
      for (const [index, { resolve }] of calls.entries()) resolve(results[index] as MaybePromise<Result>)
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }
}
