import type { PeerId } from './keys.ts'
import type { AbortOptions } from './time.ts'

/** What PubSub passes records to, and asks for them. A manager is one. */
export interface PubsubReceiver {
  /** the namespaces whose keys are answered */
  readonly namespaces: readonly string[]
  /** Passes a record that a peer sent through the pipeline. */
  receive(
    key: Uint8Array,
    value: Uint8Array,
    options: AbortOptions & { readonly sender: PeerId; readonly group: Uint8Array }
  ): Promise<{ readonly status: 'stored' | 'refreshed' | 'stale' | 'conflict' | 'quota' | 'ignored' | 'rejected' }>
  /** The valid record under a key that peers may receive; `undefined` when there is none, or it was put offline. */
  getForPeers(key: Uint8Array, options?: AbortOptions): Promise<{ readonly value: Uint8Array } | undefined>
  /** The keys that this node publishes. */
  publishedKeys(options?: AbortOptions): AsyncIterable<Uint8Array>
}

/** A subscription to the topic of a key. */
export interface PubsubSubscription {
  /** whether another peer is subscribed to the topic */
  readonly isShared: boolean
  /** Ends the subscription; the topic is left when it was the last one. */
  end(): void
}

/** Receives the records that peers publish on the topics of keys, and publishes ours there. */
export interface RecordPubsub {
  /** Joins the topics of the subscriptions and of the keys that the receiver publishes. */
  start(receiver: PubsubReceiver): Promise<void>
  /** Leaves all topics, and waits for what is running. Subscriptions stay, for the next start. */
  stop(): Promise<void>
  /**
   * Subscribes to the topic of a key.
   *
   * @throws RecordError `QUOTA` when there are too many topics; `ROUTING_FAILED` when the topic could not be joined
   */
  subscribe(key: Uint8Array): PubsubSubscription
  /** Called when a key is not published any more: its record is not published again, and its topic left. */
  unpublished(key: Uint8Array): void
}
