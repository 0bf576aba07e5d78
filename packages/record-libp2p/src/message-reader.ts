import { ByteQueue } from '@recordkit/record-types/internal'
import { LengthPrefix } from './length-prefix.ts'

/** Reads the length-prefixed messages of a stream of bytes, in linear time however the stream is divided. */
export class MessageReader {
  readonly #prefix: LengthPrefix
  /** what has arrived of the current message; joined, because a peer can send each byte as a chunk of its own */
  #message = new ByteQueue()
  /** bytes of the current message that have not arrived yet; 0 while its length is read */
  #rest = 0
  /** number of messages that may still arrive */
  #left: number

  /**
   * @param limit - maximum size of a message in bytes
   * @param most - maximum number of messages. @default Infinity
   */
  constructor(limit: number, most: number = Number.POSITIVE_INFINITY) {
    this.#prefix = new LengthPrefix(limit)
    this.#left = most
  }

  /**
   * Adds the next bytes of the stream, which are copied.
   *
   * @returns the messages that end in these bytes; `undefined` when the length of one exceeds the limit, or there are too many
   */
  push(bytes: Uint8Array): Uint8Array[] | undefined {
    const messages: Uint8Array[] = []
    for (let index = 0; index < bytes.length;) {
      if (this.#rest > 0) {
        const part = bytes.subarray(index, index + this.#rest)
        this.#message.push(part)
        this.#rest -= part.length
        index += part.length
        if (this.#rest === 0) messages.push(this.#take())
        continue
      }
      if (this.#left === 0) return undefined
      const length = this.#prefix.push(bytes[index++] as number)
      if (length === undefined) return undefined
      if (length >= 0) this.#left--
      if (length === 0) messages.push(this.#take())
      else if (length > 0) this.#rest = length
    }
    return messages
  }

  #take(): Uint8Array {
    const message = this.#message.takeAll()
    this.#message = new ByteQueue()
    return message
  }
}
