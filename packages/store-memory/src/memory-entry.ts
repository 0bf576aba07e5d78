import type { StoredRecord } from '@recordkit/record-types'
import type { Perishable } from './expiry-heap.ts'
import type { Place } from './fair-shares.ts'

const noBytes: readonly number[] = /* @__PURE__ */ Object.freeze([])
const never = 1_208_925_819_614_629_174_706_176n

/** One record in memory: its byte fields in one allocation, and its places in the store's lists. */
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
  #data: Uint8Array = new Uint8Array(noBytes)
  #key = 0
  #rank = 0
  #value = 0
  #digest = -1
  #author = -1
  #sender = -1
  #timeReceived = 0n
  #published: bigint | undefined = undefined

  constructor(id: string, record: StoredRecord) {
    this.id = id
    this.set(record)
  }

  /** bytes of key, value and rank: what quotas and stats count */
  get size(): number {
    return this.#key + this.#rank + this.#value
  }

  get perishes(): boolean {
    return this.until !== never
  }

  set(record: StoredRecord): void {
    const { key, rank, value, digest, author, sender } = record
    const data = new Uint8Array(
      key.length + rank.length + value.length + (digest?.length ?? 0) + (author?.length ?? 0) + (sender?.length ?? 0)
    )
    let offset = 0
    const append = (bytes: Uint8Array | undefined): number => {
      if (bytes === undefined) return -1
      data.set(bytes, offset)
      offset += bytes.length
      return bytes.length
    }
    this.#key = append(key)
    this.#rank = append(rank)
    this.#value = append(value)
    this.#digest = append(digest)
    this.#author = append(author)
    this.#sender = append(sender)
    this.#data = data
    this.#timeReceived = record.timeReceived
    this.until = record.expires ?? never
    this.local = record.local === true
    this.#published = record.published
  }

  /** The record as views on the store's own bytes: not to be handed out. */
  view(): StoredRecord {
    return this.#read(this.#data)
  }

  /** The record in bytes of its own. */
  copy(): StoredRecord {
    return this.#read(this.#data.slice())
  }

  #read(data: Uint8Array): StoredRecord {
    let offset = 0
    const next = (length: number): Uint8Array => data.subarray(offset, (offset += length))
    const record: { -readonly [Field in keyof StoredRecord]: StoredRecord[Field] } = {
      key: next(this.#key),
      rank: next(this.#rank),
      value: next(this.#value),
      timeReceived: this.#timeReceived
    }
    if (this.#digest >= 0) record.digest = next(this.#digest)
    if (this.#author >= 0) record.author = next(this.#author)
    if (this.#sender >= 0) record.sender = next(this.#sender)
    if (this.until !== never) record.expires = this.until
    if (this.local) record.local = true
    if (this.#published !== undefined) record.published = this.#published
    return record
  }
}
