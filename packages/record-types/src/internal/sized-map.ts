import { BoundedMap } from './bounded-map.ts'

/**
 * A map that is bounded by the size of its entries, too. An entry that alone is larger than the bound is not kept, and removes no
 * other.
 */
export class SizedMap<Key, Value> extends BoundedMap<Key, Value> {
  readonly #maxBytes: number
  readonly #sizeOf: (key: Key, value: Value) => number
  #bytes = 0

  /**
   * @param limit - maximum number of entries
   * @param maxBytes - maximum size of all entries
   * @param sizeOf - the size of an entry, which must not change while the map contains it
   */
  constructor(limit: number, maxBytes: number, sizeOf: (key: Key, value: Value) => number) {
    super(limit)
    this.#maxBytes = maxBytes
    this.#sizeOf = sizeOf
  }

  /** Size of all entries. */
  get bytes(): number {
    return this.#bytes
  }

  override set(key: Key, value: Value): this {
    this.delete(key)
    const size = this.#sizeOf(key, value)
    if (size > this.#maxBytes) return this
    while (this.#bytes + size > this.#maxBytes) this.removeOldest()
    this.#bytes += size
    return super.set(key, value)
  }

  override delete(key: Key): boolean {
    const value = this.get(key)
    if (value !== undefined) this.#bytes -= this.#sizeOf(key, value)
    return super.delete(key)
  }

  override clear(): void {
    super.clear()
    this.#bytes = 0
  }
}
