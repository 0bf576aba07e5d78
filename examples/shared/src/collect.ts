/** The items of an iteration so far. */
export interface Collected<Item> {
  readonly items: readonly Item[]
  /** Returns the first item for which `matches` is true, past or future. Rejects after 10 s. */
  waitFor(matches: (item: Item) => boolean): Promise<Item>
}

/** Starts to collect the items of an iteration in the background. */
export function collect<Item>(source: AsyncIterable<Item>): Collected<Item> {
  const items: Item[] = []
  const listeners = new Set<(item: Item) => void>()
  const read = async (): Promise<void> => {
    for await (const item of source) {
      items.push(item)
      for (const listener of listeners) listener(item)
    }
  }
  void read()
  return {
    items,
    waitFor(matches) {
      const past = items.find(matches)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no matching item arrived within 10 s')), 10_000)
        const listener = (item: Item): void => {
          if (!matches(item)) return
          clearTimeout(timer)
          listeners.delete(listener)
          resolve(item)
        }
        listeners.add(listener)
      })
    }
  }
}
