/** A piece of memory that the bytes of several records share. */
export interface Slab {
  /** its index in the allocator */
  readonly number: number
  /** stored beside `bytes`: reading `bytes.buffer` costs more than copying a record */
  readonly buffer: ArrayBuffer
  /** all of `buffer` */
  readonly bytes: Uint8Array
  /** bytes that are in use */
  live: number
}

/** The first slab is small, for small stores; later ones are larger. */
const slabSizes = [8192, 65_536] as const
/** Larger allocations get a slab of their own. */
const maxSharedSize = 2048
/** Waste of fewer bytes does not justify compaction. */
const minWaste = 1_048_576

/**
 * Allocates memory for the bytes of records: many in one slab, which makes puts cheap. A slab is released when nothing in it
 * is in use. When more memory is wasted than used, the owner moves all records to a new set of slabs: see {@link wasteful}.
 */
export class SlabAllocator {
  #slabs: (Slab | undefined)[] = []
  #free: number[] = []
  #current: Slab | undefined
  #used = 0
  #live = 0
  #allocated = 0

  /** The offset of the last allocation in its slab. A field, as returning two values would allocate an object. */
  offset = 0

  at(number: number): Slab {
    return this.#slabs[number] as Slab
  }

  /** Allocates `size` bytes in the slab that it returns, from {@link offset} on. */
  allocate(size: number): Slab {
    this.#live += size
    if (size > maxSharedSize) {
      this.offset = 0
      this.#allocated += size
      return this.#add(size, size)
    }
    if (this.#current === undefined || this.#used + size > this.#current.bytes.length) {
      const slabSize = slabSizes[this.#allocated === 0 ? 0 : 1]
      this.#current = this.#add(slabSize, 0)
      this.#used = 0
      this.#allocated += slabSize
    }
    this.offset = this.#used
    this.#used += size
    this.#current.live += size
    return this.#current
  }

  free(slab: Slab, size: number): void {
    this.#live -= size
    slab.live -= size
    if (slab.live > 0) return
    this.#allocated -= slab.bytes.length
    this.#slabs[slab.number] = undefined
    this.#free.push(slab.number)
    if (slab === this.#current) this.#current = undefined
  }

  /** Whether more memory is wasted than used, so that moving every record pays off. */
  get wasteful(): boolean {
    return this.#allocated > 2 * this.#live + minWaste
  }

  /** Starts with no slabs and returns the previous ones by number: the owner moves its records from them. */
  reset(): readonly (Slab | undefined)[] {
    const previous = this.#slabs
    this.#slabs = []
    this.#free = []
    this.#current = undefined
    this.#used = 0
    this.#live = 0
    this.#allocated = 0
    return previous
  }

  #add(size: number, live: number): Slab {
    const number = this.#free.pop() ?? this.#slabs.length
    const buffer = new ArrayBuffer(size)
    const slab = { number, buffer, bytes: new Uint8Array(buffer), live }
    this.#slabs[number] = slab
    return slab
  }
}
