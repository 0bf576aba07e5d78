import { ByteQueue } from '@recordkit/record-types/internal'

/** Reads the length-prefixed messages of a stream of bytes, in linear time however the stream is divided. */
export class MessageReader {
  readonly #limit: number
  /** what has arrived of the current message; joined, because a peer can send each byte as a chunk of its own */
  #message = new ByteQueue()
  /** bytes of the current message that have not arrived yet; 0 while its length is read */
  #rest = 0
  #length = 0
  #scale = 1

  /** @param limit - maximum size of a message in bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Adds the next bytes of the stream, which are copied.
   *
   * @returns the messages that end in these bytes; `undefined` when the length of one exceeds the limit
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
      const byte = bytes[index++] as number
      this.#length += (byte & 127) * this.#scale
      if (this.#length > this.#limit) return undefined
      this.#scale *= 128
      if (byte < 128) {
        this.#rest = this.#length
        if (this.#rest === 0) messages.push(this.#take())
        this.#length = 0
        this.#scale = 1
      } else if (this.#scale > 2 ** 42) return undefined
    }
    return messages
  }

  #take(): Uint8Array {
    const message = this.#message.takeAll()
    this.#message = new ByteQueue()
    return message
  }
}
