/**
 * Bytes that arrive in chunks and are taken in parts of other sizes. The cost is linear in the number of bytes, whatever the sizes
 * are: bytes that wait are moved only when as many others were added.
 */
export class ByteQueue {
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0

  /** Number of bytes in the queue. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Adds a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#reserve(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** A copy of the first `count` bytes; `undefined` when there are fewer. */
  peek(count: number): Uint8Array | undefined {
    return count > this.length ? undefined : this.#bytes.slice(this.#start, this.#start + count)
  }

  /** Removes the first `count` bytes. @returns a copy of them; `undefined` when there are fewer, and none is removed then */
  take(count: number): Uint8Array | undefined {
    if (count > this.length) return undefined
    const taken = this.#bytes.slice(this.#start, this.#start + count)
    this.#start += count
    return taken
  }

  /** Removes all bytes. @returns a copy of them */
  takeAll(): Uint8Array {
    return this.take(this.length) as Uint8Array
  }

  #reserve(count: number): void {
    const waiting = this.#bytes.subarray(this.#start, this.#end)
    const needed = 2 * (waiting.length + count)
    if (needed > this.#bytes.length) this.#bytes = new Uint8Array(needed)
    this.#bytes.set(waiting)
    this.#start = 0
    this.#end = waiting.length
  }
}
