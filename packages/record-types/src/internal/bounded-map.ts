/**
 * A map of at most `limit` entries. Setting a key moves it to the end. When the map is full, the entry that was set longest
 * ago is removed.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #limit: number
  /** Continues from one removal to the next: a new iterator would step over all removed entries again. */
  #oldest: MapIterator<Key> | undefined

  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  override set(key: Key, value: Value): this {
    this.delete(key)
    super.set(key, value)
    while (this.size > this.#limit) this.removeOldest()
    return this
  }

  /** Removes the entry that was set longest ago, if there is one. */
  removeOldest(): void {
    while (this.size > 0) {
      this.#oldest ??= this.keys()
      const { done, value } = this.#oldest.next()
      if (done !== true) {
        this.delete(value)
        return
      }
      this.#oldest = undefined
    }
  }
}
