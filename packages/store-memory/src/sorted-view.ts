import type { CheckedRange } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types'

/** What a {@link SortedView} puts in order. */
export interface Identified {
  /** the key, one UTF-16 unit a byte: these strings sort as their bytes do */
  readonly id: string
  readonly gone: boolean
}

/**
 * Byte order for iterations, made when one asks and kept until then: puts pay nothing but a push. A view that has been
 * handed out is never changed; later keys go into the next one.
 */
export class SortedView<Item extends Identified> {
  #sorted: readonly Item[] | undefined
  #added: Item[] = []

  /** Tells of a new key. */
  add(item: Item): void {
    if (this.#sorted === undefined) return
    this.#added.push(item)
    if (this.#added.length > this.#sorted.length + 1024) this.clear()
  }

  clear(): void {
    this.#sorted = undefined
    this.#added = []
  }

  /** The items there are now within `range`, in its direction. Some may be gone by the time they are reached. */
  *items(range: CheckedRange, all: () => Iterable<Item>): Generator<Item, undefined> {
    if (range.empty) return undefined
    const sorted = this.#refresh(all)
    let from = range.start === undefined ? 0 : lowerBound(sorted, mapKey(range.start))
    let to = range.end === undefined ? sorted.length : lowerBound(sorted, mapKey(range.end))
    while (from < to) {
      const item = (range.reverse ? sorted[--to] : sorted[from++]) as Item
      if (!item.gone) yield item
    }
    return undefined
  }

  #refresh(all: () => Iterable<Item>): readonly Item[] {
    if (this.#sorted === undefined) {
      this.#sorted = [...all()].sort(byId)
    } else if (this.#added.length > 0) {
      this.#sorted = merge(this.#sorted, this.#added.sort(byId))
    }
    this.#added = []
    return this.#sorted
  }
}

function byId(a: Identified, b: Identified): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

function merge<Item extends Identified>(sorted: readonly Item[], added: readonly Item[]): Item[] {
  const merged: Item[] = []
  let next = 0
  for (const item of sorted) {
    while (next < added.length && byId(added[next] as Item, item) < 0) push(merged, added[next++] as Item)
    push(merged, item)
  }
  while (next < added.length) push(merged, added[next++] as Item)
  return merged
}

function push<Item extends Identified>(merged: Item[], item: Item): void {
  if (!item.gone) merged.push(item)
}

function lowerBound(sorted: readonly Identified[], id: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as Identified).id < id) low = middle + 1
    else high = middle
  }
  return low
}
