/** A piece of memory that the bytes of several records share. */
export interface Chunk {
  readonly bytes: Uint8Array
  /** bytes of records that are still kept */
  live: number
}

const chunkSize = 16_384
/** Above this, bytes get a chunk of their own. */
const sharedSize = 2048
/** Waste below this is not worth moving anything. */
const leastWaste = 1_048_576

/**
 * Where records' bytes are: many in one allocation, which is what makes putting them cheap. What leaves is not freed
 * before its whole chunk has been left; when that comes to waste more than what is kept, everything is to be moved.
 */
export class Chunks {
  #current: Chunk | undefined
  #used = 0
  #live = 0
  #held = 0

  /** Where the bytes that {@link take} made room for begin. */
  offset = 0

  /** Makes room for so many bytes: in the chunk that it returns, from `offset`. */
  take(size: number): Chunk {
    this.#live += size
    if (size > sharedSize) {
      this.offset = 0
      this.#held += size
      return { bytes: new Uint8Array(size), live: size }
    }
    if (this.#current === undefined || this.#used + size > chunkSize) {
      this.#current = { bytes: new Uint8Array(chunkSize), live: 0 }
      this.#used = 0
      this.#held += chunkSize
    }
    this.offset = this.#used
    this.#used += size
    this.#current.live += size
    return this.#current
  }

  free(chunk: Chunk, size: number): void {
    this.#live -= size
    chunk.live -= size
    if (chunk.live > 0) return
    this.#held -= chunk.bytes.length
    if (chunk !== this.#current) return
    this.#current = undefined
  }

  /** Whether more is wasted than kept. Moving every record then pays for itself. */
  get wasteful(): boolean {
    return this.#held > 2 * this.#live + leastWaste
  }

  /** Forgets everything: what is kept is taken anew. */
  clear(): void {
    this.#current = undefined
    this.#used = 0
    this.#live = 0
    this.#held = 0
  }
}
