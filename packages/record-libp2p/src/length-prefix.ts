/** Reads the varint before a message, byte by byte. */
export class LengthPrefix {
  readonly #limit: number
  #length = 0
  #scale = 1

  /** @param limit - maximum length of a message in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether no byte of the prefix was read yet. */
  get isStart(): boolean {
    return this.#scale === 1
  }

  /** @returns the length when the byte was the last; -1 when more are expected; `undefined` when the length exceeds the limit */
  push(byte: number): number | undefined {
    this.#length += (byte & 127) * this.#scale
    if (this.#length > this.#limit) return undefined
    this.#scale *= 128
    if (byte > 127) return this.#scale > 2 ** 42 ? undefined : -1
    const length = this.#length
    this.#length = 0
    this.#scale = 1
    return length
  }
}
