/** Returns the next number below `limit`, the same sequence for the same seeds on every platform. */
export type Random = (limit: number) => number

/** @param seeds - any integers; they are mixed, so that consecutive seeds give unrelated sequences */
export function randomOf(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9
  for (const seed of seeds) state = mixed(state ^ mixed(seed | 0))
  return (limit) => {
    state = (state + 0x9e3779b9) | 0
    return Math.floor((mixed(state) / 2 ** 32) * limit)
  }
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the bits of the output. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
