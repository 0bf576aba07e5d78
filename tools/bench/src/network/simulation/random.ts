/** A stream of numbers below `limit`, the same for the same seeds everywhere. */
export type Random = (limit: number) => number

/** @param seeds - any integers; mixed, so that neighbouring ones give unlike streams */
export function randomOf(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9
  for (const seed of seeds) state = mixed(state ^ mixed(seed | 0))
  return (limit) => {
    state = (state + 0x9e3779b9) | 0
    return Math.floor((mixed(state) / 2 ** 32) * limit)
  }
}

/** The finalizer of MurmurHash3: every bit of the input moves half of the output's. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
