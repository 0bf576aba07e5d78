import type { MaybePromise } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'

interface Call<Item, Result> {
  readonly item: Item
  readonly resolve: (result: MaybePromise<Result>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs calls together: while as many groups are running as there are lanes, further calls wait, and the next group takes all
 * of them. The slower the database, the larger the groups.
 */
export class CallQueue<Item, Result> {
  readonly #run: (items: readonly Item[]) => Promise<readonly MaybePromise<Result>[]>
  readonly #lanes: number
  readonly #newGroup: () => (item: Item) => boolean
  #waiting: Call<Item, Result>[] = []
  #running = 0
  #isScheduled = false

  /**
   * @param run - one result per item, in the same order
   * @param newGroup - begins a group; the function that it returns is asked for each waiting call whether it fits too
   */
  constructor(
    run: (items: readonly Item[]) => Promise<readonly MaybePromise<Result>[]>,
    lanes: number,
    newGroup: () => (item: Item) => boolean
  ) {
    this.#run = run
    this.#lanes = lanes
    this.#newGroup = newGroup
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  /** Starts groups after the other calls of this turn. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    turns.afterBegun(() => {
      this.#isScheduled = false
      while (this.#running < this.#lanes && this.#waiting.length > 0) void this.#runGroup(this.#nextGroup())
    })
  }

  #nextGroup(): Call<Item, Result>[] {
    const fits = this.#newGroup()
    const group: Call<Item, Result>[] = []
    const rest: Call<Item, Result>[] = []
    for (const call of this.#waiting) {
      if (fits(call.item) || group.length === 0) group.push(call)
      else rest.push(call)
    }
    this.#waiting = rest
    return group
  }

  async #runGroup(group: readonly Call<Item, Result>[]): Promise<void> {
    this.#running++
    try {
      const results = await this.#run(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as MaybePromise<Result>)
    } catch (error) {
      for (const { reject } of group) reject(error)
    } finally {
      this.#running--
      this.#schedule()
    }
  }
}
