import type { PeerId } from './keys.ts'
import type { RecordEngine } from './engine.ts'
import type { UnverifiedRecord, VerifiedRecord } from './namespace.ts'
import type { ReplicationReceipt, RoutingGetOptions, RoutingPutOptions } from './routing.ts'
import type { AbortOptions } from './time.ts'
import type { Refusal } from './verdict.ts'

/** Options of {@link RecordNetwork.get}. */
export interface NetworkGetOptions extends Omit<RoutingGetOptions, 'complete' | 'hasRecord'> {
  /**
   * number of valid answers from distinct peers that end the read; a `local` copy counts as one. Malicious peers that answer first can
   * reach any number. @default the read ends when the routing has asked the peers that are nearest to the key
   */
  readonly quorum?: number | undefined
  /** ms; the best record found until then is returned */
  readonly timeout?: number | undefined
  /** a valid copy that the caller already has */
  readonly local?: VerifiedRecord | undefined
  /**
   * receives each record that is better than `local` and every record before, as soon as it is verified, until the read ends. The last
   * one is the result, if the result is better than `local`
   */
  readonly onImproved?: ((record: VerifiedRecord) => void) | undefined
  /**
   * receives the answers above the result whose signature verified, but that are not valid now: `EXPIRED` or `ISSUED_IN_FUTURE`.
   * An author must know their sequences
   */
  readonly onUntimely?: ((record: UnverifiedRecord, refusal: Refusal) => void) | undefined
  /** whether peers that answered with an older record receive the best one, which may be `local`. @default true */
  readonly repair?: boolean | undefined
}

/** The best valid record that a read found, and the answers it is based on. */
export interface NetworkRecord {
  readonly record: VerifiedRecord
  /** number of distinct peers that answered with a valid record, without the local copy */
  readonly valid: number
  /** whether the read ended by itself: the quorum was met or, without one, no further peer had to be asked */
  readonly complete: boolean
  /** peers that answered with exactly this value; empty when only the local copy has it */
  readonly from: readonly PeerId[]
  /** ns for which the record may be cached, at most; without it, as long as its own TTL allows */
  readonly maxAge?: bigint | undefined
  /** the refused answers */
  readonly refused: readonly { readonly from: PeerId; readonly refusal: Refusal }[]
}

/** Options of {@link RecordNetwork.put}. */
export interface NetworkPutOptions extends AbortOptions, Pick<RoutingPutOptions, 'onEclipse'> {
  /** number of acknowledgements from distinct peers; with fewer, once no peer is left, the put fails with `TOO_FEW_COPIES` */
  readonly copies?: number | undefined
  /** ms */
  readonly timeout?: number | undefined
  /**
   * send to peers that the walks of the last ten minutes found, where these are known to include all that are closest to the key; for
   * records that are published again. @default false
   */
  readonly reuseWalks?: boolean | undefined
  /** the record, when the caller has verified exactly this key and value: it is not decoded and verified again */
  readonly verified?: VerifiedRecord | undefined
}

/** Finds records among peers and copies records to peers. Returns verified records only. */
export interface RecordNetwork {
  /** Receives the engine of the manager, for a network that was made without one. */
  useEngine?(engine: RecordEngine): void
  /**
   * Returns `undefined` when peers were asked and none had a valid record.
   *
   * @throws RecordError `NO_PEERS`, `ROUTING_FAILED` or `TIMEOUT` when no peer could be asked
   */
  get(key: Uint8Array, options?: NetworkGetOptions): Promise<NetworkRecord | undefined>
  /**
   * Resolves when enough copies are acknowledged; the rest goes on in the background until `complete` of the receipt. The signal ends
   * the background too.
   */
  put(key: Uint8Array, value: Uint8Array, options?: NetworkPutOptions): Promise<ReplicationReceipt>
}
