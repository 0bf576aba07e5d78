import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Clock, PeerId, PubsubReceiver, RecordPubsub, RecordRouting, SetTimer } from '@recordkit/record-types'

/** The verdict on a message: `accept` forwards it, `reject` also counts against the peer that sent it. */
export type TopicVerdict = 'accept' | 'ignore' | 'reject'

/** A message that a peer sent on a topic. */
export interface PubsubMessage {
  readonly topic: string
  readonly data: Uint8Array
}

/** Decides whether a message is forwarded. Declared as a method: its parameters are less than those of gossipsub. */
export type TopicValidator = { validate(peer: Libp2pPeerId, message: PubsubMessage): Promise<TopicVerdict> }['validate']

/** A change of the topics of a peer. */
export interface SubscriptionChange {
  readonly detail: {
    readonly peerId: Libp2pPeerId
    readonly subscriptions: readonly { readonly topic: string; readonly subscribe: boolean }[]
  }
}

type SubscriptionListener = (event: SubscriptionChange) => void

/** The part of a PubSub service that is used, such as that of `@libp2p/gossipsub`. */
export interface Pubsub {
  readonly topicValidators: {
    // the verdicts of gossipsub are an enum of these texts
    set(topic: string, validator: (...parameters: Parameters<TopicValidator>) => Promise<never>): unknown
    delete(topic: string): unknown
  }
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  getSubscribers(topic: string): Libp2pPeerId[]
  publish(topic: string, data: Uint8Array): Promise<unknown>
  addEventListener(type: 'subscription-change', listener: SubscriptionListener): void
  removeEventListener(type: 'subscription-change', listener: SubscriptionListener): void
}

type LookupFunction = (key: Uint8Array) => Promise<Uint8Array | undefined>

/** The part of a service of libp2p's fetch protocol that is used, such as that of `@libp2p/fetch`. */
export interface PubsubFetch {
  fetch(peer: Libp2pPeerId, key: Uint8Array, options?: { signal?: AbortSignal }): Promise<Uint8Array | undefined>
  registerLookupFunction(prefix: string, lookup: LookupFunction): void
  unregisterLookupFunction(prefix: string, lookup?: LookupFunction): void
}

/** The fruitless work that senders may cause. `isEmpty`: messages of the sender are dropped unread. */
export interface PubsubBudget {
  isEmpty(sender: PeerId, group: Uint8Array): boolean
  /** @param work - µs */
  spend(sender: PeerId, group: Uint8Array, work: number): void
}

/** Options of `pubsubRouting`. */
export interface PubsubRoutingOptions {
  /** asks peers on a topic for the record that they have, and answers them. @default only records that are published arrive */
  readonly fetch?: PubsubFetch | undefined
  /**
   * maximum number of topics: of the keys that are watched or published. Gossipsub ignores more than about 900 topics of one peer.
   * @default 500
   */
  readonly maxTopics?: number | undefined
  /** ms after which a record of ours that no peer has published meanwhile is published again. @default 600_000 (10 minutes) */
  readonly rebroadcastInterval?: number | undefined
  /** ms that a peer may take to answer a fetch. @default 10_000 */
  readonly fetchTimeout?: number | undefined
  /** the group of a sender: its budget and its share of a store are those of the group. @default the sender alone */
  readonly groupOf?: ((sender: PeerId) => Uint8Array) | undefined
  /** the fruitless work that groups of senders may cause. @default 1 % of a core for each group */
  readonly budget?: PubsubBudget | undefined
  /** the time in µs by which work is measured; for tests. @default that of performance.now() */
  readonly measure?: (() => number) | undefined
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
  /** 0 to below 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** PubSub as a routing, and as what a manager receives records from. */
export interface PubsubRouting extends Pick<RecordRouting, 'get' | 'put'>, RecordPubsub {
  start(receiver: PubsubReceiver): Promise<void>
  /**
   * Adds PubSub to another routing: a get asks the peers of both, a put publishes on the topic of the key too. When PubSub has no
   * peers or fails, the result is that of the other routing.
   *
   * @example
   * ```ts
   * const network = new DhtRecordStore({ routing: pubsub.alongside(kadDhtRouting(libp2p.services.dht)), engine })
   * ```
   */
  alongside(routing: RecordRouting): RecordRouting
  /** numbers that describe the present state */
  readonly stats: { readonly topics: number; readonly waiting: number; readonly fetches: number }
}
