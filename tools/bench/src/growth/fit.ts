export interface Point {
  readonly count: number
  /** per item: ns or bytes */
  readonly each: number
}

/** The exponent of the total cost: 1 when every item costs the same, 2 when its cost is proportional to the number of items. */
export function exponent(points: readonly Point[]): number {
  const logs = points.map(({ count, each }) => [Math.log(count), Math.log(count * each)] as const)
  const meanOf = (index: 0 | 1): number => logs.reduce((sum, pair) => sum + pair[index], 0) / logs.length
  const [x, y] = [meanOf(0), meanOf(1)]
  const over = logs.reduce((sum, pair) => sum + (pair[0] - x) * (pair[1] - y), 0)
  return over / logs.reduce((sum, pair) => sum + (pair[0] - x) ** 2, 0)
}

/** The exponent of n log n for the same counts. */
export function exponentOfSorting(points: readonly Point[]): number {
  return exponent(points.map(({ count }) => ({ count, each: Math.log(count) })))
}
