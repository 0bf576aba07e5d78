/** Number of slots in each of two tables, a power of 2. */
const slotCount = 8192

/**
 * The number of the last write to each key, without the keys: a key has a slot in each of two tables, by its hash, which it
 * shares with other keys. So a key may seem to have been written later than it was, which is rare, and never earlier.
 */
export class ChangedKeys {
  readonly #first: Float64Array = new Float64Array(slotCount)
  readonly #second: Float64Array = new Float64Array(slotCount)
  #all = 0
  #last = 0

  /** Whether a write with a number above `number` may have changed the key. */
  isAfter(key: Uint8Array, number: number): boolean {
    if (this.#last <= number) return false
    if (this.#all > number) return true
    const hash = hashOf(key)
    return (
      (this.#first[hash % slotCount] as number) > number && (this.#second[(hash >>> 16) % slotCount] as number) > number
    )
  }

  /** @param number - higher than that of every earlier write */
  add(key: Uint8Array, number: number): void {
    const hash = hashOf(key)
    this.#first[hash % slotCount] = number
    this.#second[(hash >>> 16) % slotCount] = number
    this.#last = number
  }

  /** Notes a write that may change any key. */
  addAll(number: number): void {
    this.#all = number
    this.#last = number
  }
}

/** FNV-1a, with the last step of MurmurHash 3, which distributes similar keys. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c9dc5
  // oxlint-disable-next-line typescript/prefer-for-of -- an iterator takes several times as long
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ (key[index] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
