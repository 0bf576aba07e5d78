import { sha256 } from '@recordkit/record-crypto'
import type { Clock, PeerId } from '@recordkit/record-types'
import { mapKey, SizedMap } from '@recordkit/record-types/internal'

/** A peer that sent a record, and the group that it belongs to. */
export interface RecordSender {
  readonly sender: PeerId
  readonly group: Uint8Array
}

interface Pending extends RecordSender {
  /** ns; kad-dht may never process a message of a stream that ends */
  readonly until: bigint
}

/** maximum number of distinct records that wait, and of their senders; the record that waits longest is removed first */
const maxRecords = 4096
const maxAllSenders = 8192
/** maximum number of senders of one record that wait; the first is removed first */
const maxSenders = 20
/** ns: 60 s, after which kad-dht has processed a message */
const pendingTime = 60_000_000_000n

/**
 * The peers that sent the records which kad-dht is processing. Kad-dht passes the record, without its sender, to its validators
 * and to its datastore; both find the sender here by a digest of key and value. When several peers send the same record, the
 * first is found first.
 */
export class RecordSenders {
  readonly #pending = new SizedMap<string, readonly Pending[]>(maxRecords, maxAllSenders, (_, { length }) => length)
  readonly #own = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Number of senders that wait. */
  get size(): number {
    return this.#pending.bytes
  }

  /** Adds a record that a peer sent. */
  add(key: Uint8Array, value: Uint8Array, { sender, group }: RecordSender): void {
    this.#removeExpired()
    const name = digest(key, value)
    const others = this.#pending.get(name) ?? []
    const pending = { sender, group, until: this.#clock() + pendingTime }
    this.#pending.set(name, [...others.slice(1 - maxSenders), pending])
  }

  /** Removes and returns the sender of a record; `undefined` when this node itself puts it. */
  take(key: Uint8Array, value: Uint8Array): RecordSender | undefined {
    this.#removeExpired()
    const name = digest(key, value)
    // a peer that sends back what this node publishes must not become its sender
    if (this.#own.has(name)) return undefined
    const [first, ...rest] = this.#pending.get(name)?.filter(({ until }) => until >= this.#clock()) ?? []
    if (rest.length > 0) this.#pending.set(name, rest)
    else this.#pending.delete(name)
    return first
  }

  /** Removes the records of which no sender waits any more. The map begins with the record that was sent longest ago. */
  #removeExpired(): void {
    const now = this.#clock()
    for (const senders of this.#pending.values()) {
      if ((senders.at(-1) as Pending).until >= now) return
      this.#pending.removeOldest()
    }
  }

  /** Marks a record as one that this node puts, until the returned function is called. */
  addOwn(key: Uint8Array, value: Uint8Array): () => void {
    const name = digest(key, value)
    this.#own.set(name, (this.#own.get(name) ?? 0) + 1)
    return () => {
      const count = (this.#own.get(name) as number) - 1
      if (count > 0) this.#own.set(name, count)
      else this.#own.delete(name)
    }
  }
}

/** The length of the key separates key and value. */
function digest(key: Uint8Array, value: Uint8Array): string {
  const bytes = new Uint8Array(4 + key.length + value.length)
  new DataView(bytes.buffer).setUint32(0, key.length)
  bytes.set(key, 4)
  bytes.set(value, 4 + key.length)
  return mapKey(sha256(bytes))
}
