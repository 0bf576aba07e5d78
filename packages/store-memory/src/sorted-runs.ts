import type { SortedItems } from './sorted-items.ts'

/**
 * Merges sorted lists, the runs, into one. A tournament tree finds the next item with one comparison for each level, and one look at
 * the key of each item.
 */
export class SortedRuns<Item> {
  readonly #items: SortedItems<Item>
  readonly #runs: (readonly Item[])[] = []
  /** by run: the index of its first item that was not taken, and the key of this item; `undefined` at the end of the run */
  readonly #positions: number[] = []
  readonly #keys: (Uint8Array | undefined)[] = []
  /** by node of the tree: the run that lost there, or -1 before the first comparison; at 0 the run with the least key */
  #losers: number[] | undefined

  constructor(items: SortedItems<Item>) {
    this.#items = items
  }

  /** Sorts existing items and adds them as a run. Not called after {@link next}. */
  add(items: readonly Item[]): void {
    const keyed = items.map((item) => ({ item, key: this.#items.key(item) }))
    keyed.sort((a, b) => this.#items.compare(a.key, b.key))
    this.#runs.push(keyed.map(({ item }) => item))
    this.#positions.push(0)
    this.#keys.push(keyed[0]?.key)
  }

  /** Takes the next item that exists. */
  next(): { readonly item: Item; readonly key: Uint8Array } | undefined {
    this.#losers ??= this.#firstLosers()
    for (;;) {
      const run = this.#losers[0] ?? 0
      const key = this.#keys[run]
      if (key === undefined) return undefined
      const item = (this.#runs[run] as readonly Item[])[this.#positions[run] as number] as Item
      this.#advance(run)
      this.#play(this.#losers, run)
      if (this.#items.exists(item)) return { item, key }
    }
  }

  #firstLosers(): number[] {
    const losers = this.#runs.map(() => -1)
    for (let run = 0; run < this.#runs.length; run++) this.#play(losers, run)
    return losers
  }

  /** Lets a run whose key has changed compete on its way to the root. */
  #play(losers: number[], run: number): void {
    let winner = run
    for (let node = (run + losers.length) >> 1; node > 0; node >>= 1) {
      const loser = losers[node] as number
      if (loser >= 0 && !this.#isBefore(loser, winner)) continue
      losers[node] = winner
      // the first of two at a node waits for the second
      if (loser < 0) return
      winner = loser
    }
    losers[0] = winner
  }

  #isBefore(run: number, other: number): boolean {
    const [key, otherKey] = [this.#keys[run], this.#keys[other]]
    if (key === undefined || otherKey === undefined) return key !== undefined
    return this.#items.compare(key, otherKey) < 0
  }

  /** Moves to the next item of a run that exists. */
  #advance(run: number): void {
    const items = this.#runs[run] as readonly Item[]
    let position = (this.#positions[run] as number) + 1
    while (position < items.length && !this.#items.exists(items[position] as Item)) position++
    this.#positions[run] = position
    this.#keys[run] = position < items.length ? this.#items.key(items[position] as Item) : undefined
  }
}
