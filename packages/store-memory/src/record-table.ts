import type { StoredRecord } from '@recordkit/record-store'
import { returnedCopy } from '@recordkit/record-types/internal'
import type { Slab } from './slab-allocator.ts'
import { SlabAllocator } from './slab-allocator.ts'
import { keyedHash } from './keyed-hash.ts'
import { HashIndex } from './hash-index.ts'

/** The 32-bit words of a row. A row fills one cache line, so that reading a random record costs one cache miss. */
const word = {
  slab: 0,
  offset: 1,
  key: 2,
  value: 3,
  /** one byte each: lengths of rank, author and sender; 0 for a missing author or sender */
  lengths: 4,
  flags: 5,
  generation: 6,
  hash: 7,
  timeReceived: 8,
  until: 10
} as const
const rowBits = 4
/** 2 to the power of 27; what follows in a handle is the generation, as far as an exact integer has space */
const slotRange = 134_217_728
const generationMask = 67_108_863

const flag = { used: 1, expires: 2, published: 4 } as const

/** A record and whether its key has a publication. */
export interface TableRecord extends StoredRecord {
  readonly published?: boolean | undefined
}

/**
 * Records in slots: their byte fields in shared slabs, their numbers in one typed array, found by a keyed hash. No object is
 * kept per record, so that a million records hardly affect the garbage collector.
 */
export class RecordTable {
  readonly #slabs: SlabAllocator = new SlabAllocator()
  readonly #index: HashIndex = new HashIndex()
  readonly #key0: number
  readonly #key1: number
  #words: Int32Array = new Int32Array(64 << rowBits)
  #times: BigUint64Array = new BigUint64Array(this.#words.buffer)
  #free: number[] = []
  #end = 0

  /** @param hashKey - two secret 32-bit words */
  constructor(hashKey: Uint32Array) {
    this.#key0 = (hashKey[0] as number) | 0
    this.#key1 = (hashKey[1] as number) | 0
  }

  /** Number of records. */
  get count(): number {
    return this.#index.count
  }

  hash(key: Uint8Array): number {
    return keyedHash(key, this.#key0, this.#key1)
  }

  /** The slot of a key, or -1. */
  find(key: Uint8Array, hash: number): number {
    const index = this.#index
    for (let at = index.seek(hash, hash); at >= 0; at = index.seek(hash, at + 1)) {
      const slot = index.slotAt(at)
      if (this.#hasKey(slot, key)) return slot
    }
    return -1
  }

  /** Adds a record with a new key and returns its slot. */
  add(record: TableRecord, hash: number): number {
    const slot = this.#free.pop() ?? this.#end++
    if (this.#words.length <= slot << rowBits) this.#grow()
    this.#words[(slot << rowBits) + word.hash] = hash
    this.#index.add(slot, hash)
    this.#write(slot, record)
    return slot
  }

  /** Replaces the record in a slot by one with the same key. */
  set(slot: number, record: TableRecord): void {
    const slab = this.#slabOf(slot)
    const length = this.#lengthOf(slot)
    // write before freeing the old bytes: the record may be a view on them
    this.#write(slot, record)
    this.#slabs.free(slab, length)
    this.#compact()
  }

  /** Sets the times of the record in a slot. */
  setTimes(slot: number, { timeReceived, expires }: StoredRecord): void {
    const time = slot << (rowBits - 1)
    const flags = (slot << rowBits) + word.flags
    const others = (this.#words[flags] as number) & ~flag.expires
    this.#words[flags] = others | (expires === undefined ? 0 : flag.expires)
    this.#times[time + word.timeReceived / 2] = timeReceived
    this.#times[time + word.until / 2] = expires ?? 0n
  }

  /** Removes a record. Its slot must not be read afterwards. */
  delete(slot: number): void {
    const row = slot << rowBits
    this.#index.delete(slot, this.#words[row + word.hash] as number)
    this.#slabs.free(this.#slabOf(slot), this.#lengthOf(slot))
    this.#words[row + word.flags] = 0
    this.#words[row + word.generation] = this.#generation(slot) + 1
    this.#free.push(slot)
    this.#compact()
  }

  /** A number for the record in a slot, which is not valid any more when the slot contains another one. */
  handle(slot: number): number {
    return this.#generation(slot) * slotRange + slot
  }

  /** The slot of a handle. */
  slotOf(handle: number): number {
    return handle - Math.floor(handle / slotRange) * slotRange
  }

  /** Whether the record of a handle still exists. */
  isValid(handle: number): boolean {
    const generation = Math.floor(handle / slotRange)
    return this.#generation(handle - generation * slotRange) === generation
  }

  #generation(slot: number): number {
    return (this.#words[(slot << rowBits) + word.generation] as number) & generationMask
  }

  /** Every slot that contains a record, in no particular order. */
  *slots(): Generator<number, undefined> {
    for (let slot = 0; slot < this.#end; slot++) if (this.isUsed(slot)) yield slot
    return undefined
  }

  /** The handles of all records, in no particular order. */
  *handles(): Generator<number, undefined> {
    for (const slot of this.slots()) yield this.handle(slot)
    return undefined
  }

  /** ns since the Unix epoch; the last instant of the record, `undefined` when it does not expire */
  until(slot: number): bigint | undefined {
    if (!this.#has(slot, flag.expires)) return undefined
    return this.#times[(slot << (rowBits - 1)) + word.until / 2]
  }

  isUsed(slot: number): boolean {
    return this.#has(slot, flag.used)
  }

  isExpired(slot: number, now: bigint): boolean {
    const until = this.until(slot)
    return until !== undefined && now > until
  }

  /** Whether the key of the record has a publication. */
  isPublished(slot: number): boolean {
    return this.#has(slot, flag.published)
  }

  /** bytes of key, value and rank, which bounds and stats count */
  sizeOf(slot: number): number {
    const row = slot << rowBits
    const words = this.#words
    const rank = (words[row + word.lengths] as number) & 0xff
    return (words[row + word.key] as number) + (words[row + word.value] as number) + rank
  }

  /** The key as a view. */
  key(slot: number): Uint8Array {
    const row = slot << rowBits
    const words = this.#words
    return new Uint8Array(this.#slabOf(slot).buffer, words[row + word.offset], words[row + word.key])
  }

  /** The record as views on the bytes of the table: copy it before it is returned to callers. */
  view(slot: number): TableRecord {
    const record: TableRecord = this.#read(
      slot,
      this.#slabOf(slot).buffer,
      this.#words[(slot << rowBits) + word.offset] as number
    )
    return this.isPublished(slot) ? { ...record, published: true } : record
  }

  /** A copy of the record. Its byte fields share one buffer. */
  copy(slot: number): StoredRecord {
    const { buffer } = this.#slabOf(slot)
    const offset = this.#words[(slot << rowBits) + word.offset] as number
    const bytes = returnedCopy(new Uint8Array(buffer, offset, this.#lengthOf(slot)))
    return this.#read(slot, bytes.buffer, bytes.byteOffset)
  }

  #has(slot: number, flags: number): boolean {
    return ((this.#words[(slot << rowBits) + word.flags] as number) & flags) !== 0
  }

  #slabOf(slot: number): Slab {
    return this.#slabs.at(this.#words[(slot << rowBits) + word.slab] as number)
  }

  #lengthOf(slot: number): number {
    const lengths = this.#words[(slot << rowBits) + word.lengths] as number
    return this.sizeOf(slot) + ((lengths >>> 8) & 0xff) + (lengths >>> 16)
  }

  #hasKey(slot: number, key: Uint8Array): boolean {
    const row = slot << rowBits
    const { length } = key
    if (this.#words[row + word.key] !== length) return false
    const { bytes } = this.#slabOf(slot)
    const offset = this.#words[row + word.offset] as number
    for (let index = 0; index < length; index++) if (bytes[offset + index] !== key[index]) return false
    return true
  }

  #write(slot: number, record: TableRecord): void {
    const { key, rank, value, author, sender } = record
    const row = slot << rowBits
    const lengths = rank.length | ((author?.length ?? 0) << 8) | ((sender?.length ?? 0) << 16)
    const words = this.#words
    words[row + word.key] = key.length
    words[row + word.value] = value.length
    words[row + word.lengths] = lengths
    words[row + word.flags] = record.published === true ? flag.used | flag.published : flag.used
    this.setTimes(slot, record)
    const slab = this.#allocate(slot)
    const { bytes } = slab
    let offset = words[row + word.offset] as number
    write(bytes, offset, key)
    write(bytes, (offset += key.length), rank)
    write(bytes, (offset += rank.length), value)
    offset += value.length
    if (lengths >>> 8 === 0) return
    for (const field of [author, sender]) {
      if (field === undefined) continue
      write(bytes, offset, field)
      offset += field.length
    }
  }

  /** Allocates memory for the bytes of a slot whose lengths are set. */
  #allocate(slot: number): Slab {
    const row = slot << rowBits
    const slab = this.#slabs.allocate(this.#lengthOf(slot))
    this.#words[row + word.slab] = slab.number
    this.#words[row + word.offset] = this.#slabs.offset
    return slab
  }

  #read(slot: number, buffer: ArrayBufferLike, start: number): StoredRecord {
    const row = slot << rowBits
    const time = slot << (rowBits - 1)
    const words = this.#words
    const lengths = words[row + word.lengths] as number
    const flags = words[row + word.flags] as number
    const key = words[row + word.key] as number
    const rank = lengths & 0xff
    const value = words[row + word.value] as number
    const record: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
      key: new Uint8Array(buffer, start, key),
      value: new Uint8Array(buffer, start + key + rank, value),
      rank: new Uint8Array(buffer, start + key, rank),
      timeReceived: this.#times[time + word.timeReceived / 2] as bigint
    }
    if ((flags & flag.expires) !== 0) record.expires = this.#times[time + word.until / 2] as bigint
    if (lengths >>> 8 !== 0) {
      let offset = start + key + rank + value
      const next = (length: number): Uint8Array => {
        offset += length
        return new Uint8Array(buffer, offset - length, length)
      }
      const [author, sender] = [(lengths >>> 8) & 0xff, lengths >>> 16]
      if (author > 0) record.author = next(author)
      if (sender > 0) record.sender = next(sender)
    }
    return record
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length)
    words.set(this.#words)
    this.#words = words
    this.#times = new BigUint64Array(words.buffer)
  }

  /** Moves all records to new slabs when that frees more memory than they use. */
  #compact(): void {
    if (!this.#slabs.wasteful) return
    const previous = this.#slabs.reset()
    for (const slot of this.slots()) {
      const row = slot << rowBits
      const { bytes } = previous[this.#words[row + word.slab] as number] as Slab
      const offset = this.#words[row + word.offset] as number
      const moved = bytes.subarray(offset, offset + this.#lengthOf(slot))
      const slab = this.#allocate(slot)
      slab.bytes.set(moved, this.#words[row + word.offset])
    }
  }
}

/** Copies bytes. Short ones are copied in a loop, which is faster than a call of `set`. */
function write(into: Uint8Array, offset: number, bytes: Uint8Array): void {
  const { length } = bytes
  if (length > 48) into.set(bytes, offset)
  else for (let index = 0; index < length; index++) into[offset + index] = bytes[index] as number
}
