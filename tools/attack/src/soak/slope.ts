/** One sample of a process. */
export interface Point {
  /** seconds since the start */
  readonly at: number
  /** bytes */
  readonly size: number
}

/**
 * The slope in bytes per second, by Theil and Sen: the median of the slopes between all pairs of points, which a few outliers
 * do not change.
 */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = []
  for (const [index, a] of points.entries())
    for (const b of points.slice(index + 1)) if (b.at > a.at) slopes.push((b.size - a.size) / (b.at - a.at))
  const sorted = slopes.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** The growth over the last two thirds of a run by its slope, and whether it is flat: at most `share` of the mean size. */
export function growthOf(points: readonly Point[], share: number): { readonly growth: number; readonly flat: boolean } {
  const end = points.at(-1)?.at ?? 0
  const settled = points.filter(({ at }) => at >= end / 3)
  const growth = slopeOf(settled) * (end - end / 3)
  const mean = settled.reduce((sum, { size }) => sum + size, 0) / Math.max(1, settled.length)
  return { growth, flat: growth <= share * mean }
}
