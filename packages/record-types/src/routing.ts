import type { PeerId } from './keys.ts'
import type { AbortOptions } from './time.ts'

/** One peer's answer to a get. An answer without value is a peer that has none. */
export type RoutingAnswer =
  | { readonly from: PeerId; readonly value?: Uint8Array | undefined }
  | { readonly from?: PeerId | undefined; readonly error: unknown }

/** What one peer did with a put. `mismatch`: it echoed another value than ours. */
export interface RoutingAck {
  readonly from: PeerId
  readonly status: 'stored' | 'refused' | 'timeout' | 'mismatch'
  readonly error?: unknown
}

/** A peer that has content, and where it is said to be reached (binary multiaddrs). */
export interface Provider {
  readonly id: PeerId
  readonly addresses: readonly Uint8Array[]
}

/**
 * A DHT, or anything that finds and keeps values by key among peers, as RecordKit sees it. Streams end when nobody is
 * left to ask; a stream that cannot start at all throws (`NO_PEERS`, `ROUTING_FAILED`). Nothing it hands over is trusted.
 */
export interface RecordRouting {
  get(key: Uint8Array, options?: AbortOptions): AsyncIterable<RoutingAnswer>
  put(key: Uint8Array, value: Uint8Array, options?: AbortOptions): AsyncIterable<RoutingAck>
  /** Hands a value to one peer, to repair what it answered; absent where the network cannot address one peer. */
  putToPeer?(peer: PeerId, key: Uint8Array, value: Uint8Array, options?: AbortOptions): Promise<RoutingAck>
  /** Announces that we have the content of this multihash. */
  provide?(multihash: Uint8Array, options?: AbortOptions): AsyncIterable<RoutingAck>
  findProviders?(multihash: Uint8Array, options?: AbortOptions): AsyncIterable<Provider>
}

/** Where the copies of a put are, and where not. */
export interface ReplicationReceipt {
  /** distinct peers that were to hold it, and that do */
  readonly copies: { readonly asked: number; readonly reached: number }
  readonly peers: readonly RoutingAck[]
}
