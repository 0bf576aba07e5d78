/** A piece of memory that the bytes of several records share. */
export interface Chunk {
  /** its place among the chunks */
  readonly number: number
  /** kept beside `bytes`: asking those for their buffer costs more than copying a record */
  readonly buffer: ArrayBuffer
  /** all of `buffer` */
  readonly bytes: Uint8Array
  /** bytes of records that are still kept */
  live: number
}

/** The first chunk is small, for small stores; the next ones are larger. */
const chunkSizes = [8192, 65_536] as const
/** Above this, bytes get a chunk of their own. */
const sharedSize = 2048
/** Waste below this is not worth moving anything. */
const leastWaste = 1_048_576

/**
 * Where records' bytes are: many in one allocation, which is what makes putting them cheap. What leaves is not freed
 * before its whole chunk has been left; when that comes to waste more than what is kept, everything is to be moved.
 */
export class SlabAllocator {
  #chunks: (Chunk | undefined)[] = []
  #free: number[] = []
  #current: Chunk | undefined
  #used = 0
  #live = 0
  #held = 0

  /** Where the bytes that {@link take} made room for begin. */
  offset = 0

  at(number: number): Chunk {
    return this.#chunks[number] as Chunk
  }

  /** Makes room for so many bytes: in the chunk that it returns, from `offset`. */
  take(size: number): Chunk {
    this.#live += size
    if (size > sharedSize) {
      this.offset = 0
      this.#held += size
      return this.#add(size, size)
    }
    if (this.#current === undefined || this.#used + size > this.#current.bytes.length) {
      const chunkSize = chunkSizes[this.#held === 0 ? 0 : 1]
      this.#current = this.#add(chunkSize, 0)
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
    this.#chunks[chunk.number] = undefined
    this.#free.push(chunk.number)
    if (chunk === this.#current) this.#current = undefined
  }

  /** Whether more is wasted than kept. Moving every record then pays for itself. */
  get wasteful(): boolean {
    return this.#held > 2 * this.#live + leastWaste
  }

  /** Begins anew and answers the chunks there were, by their numbers: what is kept is to be moved from them. */
  renew(): readonly (Chunk | undefined)[] {
    const before = this.#chunks
    this.#chunks = []
    this.#free = []
    this.#current = undefined
    this.#used = 0
    this.#live = 0
    this.#held = 0
    return before
  }

  #add(size: number, live: number): Chunk {
    const number = this.#free.pop() ?? this.#chunks.length
    const buffer = new ArrayBuffer(size)
    const chunk = { number, buffer, bytes: new Uint8Array(buffer), live }
    this.#chunks[number] = chunk
    return chunk
  }
}
