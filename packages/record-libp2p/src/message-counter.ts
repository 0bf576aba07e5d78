/** Counts messages with their length before them as they pass, and looks at nothing but the lengths. */
export class MessageCounter {
  readonly #limit: number
  /** bytes of the message under way that are still to come */
  #rest = 0
  #length = 0
  #scale = 1

  /** @param limit - bytes of a message at the most */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns how many messages begin in these bytes; `undefined` when one is announced as larger than the limit */
  count(bytes: Uint8Array): number | undefined {
    let begun = 0
    for (let index = 0; index < bytes.length;) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, bytes.length - index)
        this.#rest -= skipped
        index += skipped
        continue
      }
      const byte = bytes[index++] as number
      if (this.#scale === 1) begun++
      this.#length += (byte & 127) * this.#scale
      if (this.#length > this.#limit) return undefined
      this.#scale *= 128
      if (byte < 128) {
        this.#rest = this.#length
        this.#length = 0
        this.#scale = 1
      } else if (this.#scale > 2 ** 42) return undefined
    }
    return begun
  }
}
