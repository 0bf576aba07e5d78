import type { PeerId } from './keys.ts'
import type { AbortOptions } from './time.ts'

/**
 * The answer of one peer to a get. A peer that does not have the record answers without a value.
 *
 * `maxAge`: ns for which the answer may be cached at most, where the protocol says so, as HTTP does. `router`: the name of the
 * routing that asked the peer, in a combination of routings.
 */
export type RoutingAnswer =
  | {
      readonly from: PeerId
      readonly value?: Uint8Array | undefined
      readonly maxAge?: bigint | undefined
      readonly router?: string | undefined
    }
  | { readonly from?: PeerId | undefined; readonly error: unknown; readonly router?: string | undefined }

/**
 * The answer of one peer to a put. `stored`: it has the record, in this encoding or another. `mismatch`: it echoed a different value.
 * `sent`: the record was sent, over a protocol without acknowledgements; this is not a copy.
 */
export interface RoutingAck {
  readonly from: PeerId
  readonly status: 'stored' | 'refused' | 'timeout' | 'mismatch' | 'sent'
  readonly error?: unknown
  /** the name of the routing that asked the peer, in a combination of routings */
  readonly router?: string | undefined
}

/** A peer that provides content. */
export interface Provider {
  readonly id: PeerId
  /** binary multiaddrs; not verified */
  readonly addresses: readonly Uint8Array[]
}

/** A key near which peer IDs were generated: the peers closest to it are much denser than the network. */
export interface Eclipse {
  readonly key: Uint8Array
  /** estimated number of nodes in the network */
  readonly nodes: number
  /** how many times as dense as the network the 20 closest peers are */
  readonly density: number
}

/** Options of {@link RecordRouting.get}. */
export interface RoutingGetOptions extends AbortOptions {
  /** ask the origin: no answer of a cache on the way is wanted. @default false */
  readonly noCache?: boolean | undefined
  /**
   * returns whether one of the answers so far contains a valid record: a fallback asks its next routing only if none does.
   * Without it, every value counts
   */
  readonly hasRecord?: (() => Promise<boolean>) | undefined
  /** ask every peer on the way to the key, also when the nearest have answered. @default false */
  readonly complete?: boolean | undefined
  /** called when peer IDs were generated near the key; peers of the region around it are asked too, where there are any */
  readonly onEclipse?: ((eclipse: Eclipse) => void) | undefined
}

/** Options of {@link RecordRouting.put}. */
export interface RoutingPutOptions extends AbortOptions {
  /**
   * called with the number of peers that the value is for, once they are found, and again when it changes. A routing that does not
   * call it leaves the caller waiting for the end, or for ten copies
   */
  readonly onFound?: ((peers: number) => void) | undefined
  /**
   * send to peers that the walks of the last ten minutes found, where these are known to include all that are closest to the key; for
   * records that are published again. @default false
   */
  readonly reuseWalks?: boolean | undefined
  /** called when peer IDs were generated near the key; the value is sent to peers of the region around it too */
  readonly onEclipse?: ((eclipse: Eclipse) => void) | undefined
}

/** Options of {@link RecordRouting.findProviders}. */
export interface RoutingFindProvidersOptions extends AbortOptions {
  /** called for each peer that answered, with providers or without, so that the reader knows whether peers were reached */
  readonly onAnswer?: ((from: PeerId) => void) | undefined
}

/**
 * Reads and writes values among peers over one protocol, such as a Kademlia DHT. A stream ends when every peer was asked. A
 * stream that cannot reach any peer throws `NO_PEERS` or `ROUTING_FAILED`, and so does one that could not ask a part of its peers
 * which may have what is sought. What a routing returns is not verified.
 */
export interface RecordRouting {
  /** whether every put fails, as for a gateway: a combination of routings does not ask it to put. @default false */
  readonly readOnly?: boolean | undefined
  get(key: Uint8Array, options?: RoutingGetOptions): AsyncIterable<RoutingAnswer>
  put(key: Uint8Array, value: Uint8Array, options?: RoutingPutOptions): AsyncIterable<RoutingAck>
  /** Puts a value to one peer, to repair an outdated answer. Only where the protocol can address a single peer. */
  putToPeer?(peer: PeerId, key: Uint8Array, value: Uint8Array, options?: AbortOptions): Promise<RoutingAck>
  /**
   * Asks a single peer for its value, to find out whether it refused a put because it has the record in another encoding. Only
   * where the protocol can address a single peer.
   */
  getFromPeer?(peer: PeerId, key: Uint8Array, options?: AbortOptions): Promise<RoutingAnswer>
  /** Announces that this node provides the content of a multihash. */
  provide?(multihash: Uint8Array, options?: AbortOptions): AsyncIterable<RoutingAck>
  /** Ends what announces a multihash again after `provide`, where the routing does so by itself. Asks no peers. */
  cancelProvide?(multihash: Uint8Array, options?: AbortOptions): Promise<void>
  /** Finds peers that provide the content of a multihash. */
  findProviders?(multihash: Uint8Array, options?: RoutingFindProvidersOptions): AsyncIterable<Provider>
}

/** The result of copying a record to peers. */
export interface ReplicationReceipt {
  /** number of distinct peers that were asked to store the record, and that acknowledged it */
  readonly copies: { readonly requested: number; readonly reached: number }
  readonly peers: readonly RoutingAck[]
  /**
   * resolves with the final receipt when nothing is sent any more: at the latest after the timeout of the put. It never rejects.
   * Without it, this receipt is final
   */
  readonly complete?: Promise<ReplicationReceipt> | undefined
}

/** The receipt of a put that continues in the background. */
export interface PutReceipt extends ReplicationReceipt {
  readonly complete: Promise<ReplicationReceipt>
}
