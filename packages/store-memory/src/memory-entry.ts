import type { StoredRecord } from '@recordkit/record-types'
import { copyBytes } from '@recordkit/record-types'
import type { Chunk, Chunks } from './chunks.ts'
import type { Perishable } from './expiry-heap.ts'
import type { Place } from './fair-shares.ts'

/** Later than any record expires. */
export const never: bigint = 1_208_925_819_614_629_174_706_176n

/** One record in memory: its byte fields side by side in a chunk, and its places in the store's lists. */
export class MemoryEntry implements Perishable {
  readonly id: string
  until: bigint = never
  heapIndex = -1
  /** set when it is no longer in the store */
  gone = false
  local = false
  /** its places in the shares of the store and of its namespace; local records have none */
  place: Place<MemoryEntry> | undefined = undefined
  namespacePlace: Place<MemoryEntry> | undefined = undefined
  #chunk: Chunk
  #offset = 0
  #key = 0
  #rank = 0
  #value = 0
  #digest = -1
  #author = -1
  #sender = -1
  #timeReceived = 0n

  constructor(id: string, record: StoredRecord, chunks: Chunks) {
    this.id = id
    this.#chunk = this.#write(record, chunks)
  }

  /** bytes of key, value and rank: what quotas and stats count */
  get size(): number {
    return this.#key + this.#rank + this.#value
  }

  get perishes(): boolean {
    return this.until !== never
  }

  /** Replaces the record. */
  set(record: StoredRecord, chunks: Chunks): void {
    const [chunk, size] = [this.#chunk, this.#length]
    // written before the old bytes are given up: the record may be a view on them
    this.#chunk = this.#write(record, chunks)
    chunks.free(chunk, size)
  }

  /** Moves the times of the record. */
  setTimes(timeReceived: bigint, expires: bigint | undefined): void {
    this.#timeReceived = timeReceived
    this.until = expires ?? never
  }

  /** Moves the bytes to where `chunks` has room. */
  move(chunks: Chunks): void {
    const size = this.#length
    const bytes = this.#chunk.bytes.subarray(this.#offset, this.#offset + size)
    this.#chunk = chunks.take(size)
    this.#offset = chunks.offset
    this.#chunk.bytes.set(bytes, this.#offset)
  }

  /** Gives up its bytes: nothing may be read of it any more. */
  free(chunks: Chunks): void {
    chunks.free(this.#chunk, this.#length)
  }

  /** The record as views on the store's own bytes: not to be handed out. */
  view(): StoredRecord {
    return this.#read(this.#chunk.bytes, this.#offset)
  }

  /** The record in bytes of its own. */
  copy(): StoredRecord {
    const bytes = copyBytes(this.#chunk.bytes.subarray(this.#offset, this.#offset + this.#length))
    return this.#read(bytes, 0)
  }

  get #length(): number {
    return this.size + Math.max(this.#digest, 0) + Math.max(this.#author, 0) + Math.max(this.#sender, 0)
  }

  #write(record: StoredRecord, chunks: Chunks): Chunk {
    const { key, rank, value, digest, author, sender } = record
    this.#key = key.length
    this.#rank = rank.length
    this.#value = value.length
    this.#digest = digest === undefined ? -1 : digest.length
    this.#author = author === undefined ? -1 : author.length
    this.#sender = sender === undefined ? -1 : sender.length
    this.#timeReceived = record.timeReceived
    this.until = record.expires ?? never
    this.local = record.local === true
    const chunk = chunks.take(this.#length)
    let { offset } = chunks
    this.#offset = offset
    chunk.bytes.set(key, offset)
    chunk.bytes.set(rank, (offset += key.length))
    chunk.bytes.set(value, (offset += rank.length))
    offset += value.length
    for (const bytes of digest === undefined && author === undefined && sender === undefined
      ? none
      : [digest, author, sender]) {
      if (bytes === undefined) continue
      chunk.bytes.set(bytes, offset)
      offset += bytes.length
    }
    return chunk
  }

  #read(bytes: Uint8Array, start: number): StoredRecord {
    const rankAt = start + this.#key
    const valueAt = rankAt + this.#rank
    let end = valueAt + this.#value
    const record: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
      key: bytes.subarray(start, rankAt),
      value: bytes.subarray(valueAt, end),
      rank: bytes.subarray(rankAt, valueAt),
      timeReceived: this.#timeReceived
    }
    if (this.until !== never) record.expires = this.until
    if (this.#digest >= 0) record.digest = bytes.subarray(end, (end += this.#digest))
    if (this.#author >= 0) record.author = bytes.subarray(end, (end += this.#author))
    if (this.#sender >= 0) record.sender = bytes.subarray(end, (end += this.#sender))
    if (this.local) record.local = true
    return record
  }
}

const none: readonly undefined[] = /* @__PURE__ */ Object.freeze([])
