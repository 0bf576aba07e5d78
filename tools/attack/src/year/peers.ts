import { compareBytes, isRefusal } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { ValidationEngine } from '@recordkit/record-validators'

interface Held {
  readonly record: UnverifiedRecord
  readonly received: bigint
}

/** ns: Go nodes forget a record 48 hours after they received it */
const maxAge = 172_800_000_000_000n

/**
 * Peers with a right clock that store records as Go nodes do: only valid ones, never a lower one over a higher one (the larger
 * value among equal orders), and for 48 hours.
 */
export class Peers {
  readonly #engine: ValidationEngine
  readonly #now: () => bigint
  readonly #tables: readonly Map<string, Held>[]

  constructor(count: number, engine: ValidationEngine, now: () => bigint) {
    this.#engine = engine
    this.#now = now
    this.#tables = Array.from({ length: count }, () => new Map<string, Held>())
  }

  get count(): number {
    return this.#tables.length
  }

  /** What one peer answers: also a record that has expired, as some implementations do. */
  answer(peer: number, key: Uint8Array): UnverifiedRecord | undefined {
    const held = this.#tables[peer]?.get(mapKey(key))
    return held === undefined || this.#now() - held.received > maxAge ? undefined : held.record
  }

  /** Stores a value at one peer. Returns whether the peer accepted it. */
  async store(peer: number, key: Uint8Array, value: Uint8Array): Promise<boolean> {
    const verdict = await this.#engine.validate(key, value)
    if (verdict.status !== 'accept') return false
    const record = this.#engine.parse(key, value)
    if (isRefusal(record)) return false
    const before = this.answer(peer, key)
    if (before !== undefined && this.#isValid(before)) {
      const order = compareBytes(record.order, before.order)
      if (order < 0 || (order === 0 && compareBytes(value, before.value) < 0)) return false
    }
    this.#tables[peer]?.set(mapKey(key), { record, received: this.#now() })
    return true
  }

  /** The record that a read of all peers finds. */
  best(key: Uint8Array): UnverifiedRecord | undefined {
    return this.#highest(key, (record) => this.#isValid(record))
  }

  /** The highest record that the peers hold, whether it has expired or not. */
  highest(key: Uint8Array): UnverifiedRecord | undefined {
    return this.#highest(key, () => true)
  }

  #highest(key: Uint8Array, accepts: (record: UnverifiedRecord) => boolean): UnverifiedRecord | undefined {
    let best: UnverifiedRecord | undefined
    for (let peer = 0; peer < this.count; peer++) {
      const record = this.answer(peer, key)
      if (record === undefined || !accepts(record)) continue
      if (best === undefined || compareBytes(record.order, best.order) > 0) best = record
    }
    return best
  }

  #isValid({ expires }: UnverifiedRecord): boolean {
    return expires === undefined || expires >= this.#now()
  }
}
