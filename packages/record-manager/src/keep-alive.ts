import { equalBytes, RecordError } from '@recordkit/record-types'
import type {
  Clock,
  NetworkPutOptions,
  PutReceipt,
  RecordNetwork,
  RecordStore,
  SetTimer
} from '@recordkit/record-types'
import type { ManagerEvents } from './events.ts'
import type { Publisher } from './publisher.ts'
import type { Held, RecordPath } from './record-path.ts'
import { Republisher } from './republisher.ts'
import type { RepublishOptions } from './republisher.ts'

interface KeepAliveParts {
  readonly path: RecordPath
  readonly store: RecordStore
  readonly network: RecordNetwork | undefined
  readonly publisher: Publisher
  readonly events: ManagerEvents
  readonly clock: Clock
  readonly setTimer: SetTimer
  readonly random: () => number
  readonly options: RepublishOptions
}

/**
 * Copies our records to the network, now and again before they lapse. The schedule is what the store keeps: a record
 * that is `local`, and when it was last `published`.
 */
export class KeepAlive {
  readonly #parts: KeepAliveParts
  readonly republisher: Republisher

  constructor(parts: KeepAliveParts) {
    this.#parts = parts
    const { clock, setTimer, random, options } = parts
    this.republisher = new Republisher({ ...options, clock, setTimer, random, publish: (key) => this.#again(key) })
  }

  /** Takes up the schedule where it was left. */
  async start(): Promise<void> {
    if (this.#parts.network === undefined) return
    for await (const { key, local, published } of this.#parts.store.iterate())
      if (local === true) this.republisher.add(key, published)
    this.republisher.start()
  }

  /** Copies a record that is held here; whatever comes of it, its key is in the schedule then, unless it was deleted. */
  async replicate(network: RecordNetwork, held: Held, options: NetworkPutOptions): Promise<PutReceipt> {
    const { key, value } = held.stored
    try {
      const receipt = await network.put(key, value, options)
      if (await this.#published(key, value, receipt)) this.republisher.add(key, this.#parts.clock())
      return receipt
    } catch (error) {
      this.republisher.failed(key, error)
      this.#parts.events.tell('record:unpublished', { key, error })
      throw error
    }
  }

  /** Publishes what is held under a key again, for longer where it is ours; `false` when there is nothing left to. */
  async #again(key: Uint8Array): Promise<boolean> {
    const { path, network, publisher } = this.#parts
    const before = await path.held(key, {})
    if (before === undefined || before.stored.local !== true || network === undefined) return false
    const value = await publisher.renew(before)
    if (value !== undefined) {
      const { outcome, code, message } = await path.take(key, value, { local: true })
      // somebody published a later one meanwhile: that one is as good, and published below
      if (outcome !== 'stored' && outcome !== 'refreshed' && outcome !== 'stale') {
        throw new RecordError(code ?? 'STALE', message ?? outcome, { key })
      }
    }
    const held = (await path.held(key, {})) ?? before
    const { value: sent } = held.stored
    return this.#published(key, sent, await network.put(key, sent))
  }

  /**
   * Remembers when copies were acknowledged. Answers whether the key is still held: what was deleted meanwhile does not
   * come back, and what was replaced is the later put's to publish.
   */
  async #published(key: Uint8Array, value: Uint8Array, { copies }: PutReceipt): Promise<boolean> {
    const { store, clock, events } = this.#parts
    const stored = await store.get(key)
    if (stored !== undefined && equalBytes(stored.value, value)) {
      await store.put({ ...stored, local: true, published: clock() })
    }
    events.tell('record:published', { key, copies: copies.reached })
    return stored !== undefined
  }
}
