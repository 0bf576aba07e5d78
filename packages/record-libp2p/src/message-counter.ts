import { LengthPrefix } from './length-prefix.ts'

/** Counts the length-prefixed messages in a stream of bytes. Reads only the lengths. */
export class MessageCounter {
  readonly #prefix: LengthPrefix
  /** bytes of the current message that have not arrived yet */
  #rest = 0

  /** @param limit - maximum size of a message in bytes */
  constructor(limit: number) {
    this.#prefix = new LengthPrefix(limit)
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
      if (this.#prefix.isStart) started++
      const length = this.#prefix.push(bytes[index++] as number)
      if (length === undefined) return undefined
      if (length > 0) this.#rest = length
    }
    return started
  }
}
