/** What an iteration has brought, and a way to wait for more. */
export interface Collected<Item> {
  readonly items: readonly Item[]
  /** the first item that fits, of those read already too */
  until(fits: (item: Item) => boolean): Promise<Item>
}

/** Reads an iteration in the background, from now on. */
export function collect<Item>(source: AsyncIterable<Item>): Collected<Item> {
  const items: Item[] = []
  const waiting = new Set<(item: Item) => void>()
  const read = async (): Promise<void> => {
    for await (const item of source) {
      items.push(item)
      for (const tell of waiting) tell(item)
    }
  }
  void read()
  return {
    items,
    until(fits) {
      const seen = items.find(fits)
      if (seen !== undefined) return Promise.resolve(seen)
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('it was not seen within 10 s')), 10_000)
        const tell = (item: Item): void => {
          if (!fits(item)) return
          clearTimeout(late)
          waiting.delete(tell)
          resolve(item)
        }
        waiting.add(tell)
      })
    }
  }
}
