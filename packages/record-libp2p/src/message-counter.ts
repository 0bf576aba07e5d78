/** Counts the length-prefixed messages in a stream of bytes. Reads only the lengths. */
export class MessageCounter {
  readonly #limit: number
  /** bytes of the current message that have not arrived yet */
  #rest = 0
  #length = 0
  #scale = 1

  /** @param limit - maximum size of a message in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns the number of messages that begin in these bytes; `undefined` when the length of one exceeds the limit */
  count(bytes: Uint8Array): number | undefined {
    let started = 0
    for (let index = 0; index < bytes.length;) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, bytes.length - index)
        this.#rest -= skipped
        index += skipped
        continue
      }
      const byte = bytes[index++] as number
      if (this.#scale === 1) started++
      this.#length += (byte & 127) * this.#scale
      if (this.#length > this.#limit) return undefined
      this.#scale *= 128
      if (byte < 128) {
        this.#rest = this.#length
        this.#length = 0
        this.#scale = 1
      } else if (this.#scale > 2 ** 42) return undefined
    }
    return started
  }
}
