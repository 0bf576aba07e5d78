/** Inserts an item into a list whose smallest item is the first, after equal ones. Returns its index. */
export function sortedInsert<Item>(sorted: Item[], item: Item, valueOf: (item: Item) => number): number {
  const value = valueOf(item)
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (valueOf(sorted[middle] as Item) <= value) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, item)
  return low
}
