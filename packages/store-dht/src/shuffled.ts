/** The items in random order. @param random - from 0 to below 1 */
export function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const mixed = [...items]
  for (let left = mixed.length - 1; left > 0; left--) {
    const other = Math.floor(random() * (left + 1))
    ;[mixed[left], mixed[other]] = [mixed[other] as Item, mixed[left] as Item]
  }
  return mixed
}
