/** What a {@link SortedView} sorts. */
export interface SortedItems<Item> {
  /** every item, in no particular order */
  all(): Iterable<Item>
  /** whether the item still exists; only then {@link key} is called */
  exists(item: Item): boolean
  /** may be a view, if its bytes never change: not even after the item was deleted */
  key(item: Item): Uint8Array
  compare(key: Uint8Array, other: Uint8Array): number
}
