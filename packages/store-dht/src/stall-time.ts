/** times the median answer */
const factor = 8
/** ms */
const least = 500

/**
 * ms without a nearer answer after which a look-up has stalled: malicious peers can name any number of peers that do not exist.
 *
 * @param median - ms that half of the answers took at most
 * @see semantics: Network
 */
export function stallTime(median: number): number {
  return Math.max(least, factor * median)
}
