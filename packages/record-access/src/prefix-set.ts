import { mapKey } from '@recordkit/record-types/internal'

/** A set of byte strings that also finds those that are a prefix of a key. */
export class PrefixSet {
  readonly #entries = new Map<string, Uint8Array>()
  /** number of entries by their length: a look-up costs one step per distinct length, whatever the number of entries */
  readonly #lengths = new Map<number, number>()

  /** Number of entries. */
  get size(): number {
    return this.#entries.size
  }

  has(bytes: Uint8Array): boolean {
    return this.#entries.has(mapKey(bytes))
  }

  /** Whether `key` begins with an entry. */
  covers(key: Uint8Array): boolean {
    for (const length of this.#lengths.keys())
      if (length <= key.length && this.has(key.subarray(0, length))) return true
    return false
  }

  add(bytes: Uint8Array): void {
    if (!this.has(bytes)) this.#count(bytes.length, 1)
    this.#entries.set(mapKey(bytes), bytes)
  }

  delete(bytes: Uint8Array): void {
    if (this.#entries.delete(mapKey(bytes))) this.#count(bytes.length, -1)
  }

  /** The entries in the order in which they were added. */
  values(): Iterable<Uint8Array> {
    return this.#entries.values()
  }

  #count(length: number, change: number): void {
    const count = (this.#lengths.get(length) ?? 0) + change
    if (count > 0) this.#lengths.set(length, count)
    else this.#lengths.delete(length)
  }
}
