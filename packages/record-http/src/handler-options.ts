import type { RecordManager } from '@recordkit/record-manager'
import type {
  AbortOptions,
  Clock,
  MaybePromise,
  PeerId,
  RateLimiter,
  RecordMetrics,
  RecordNetwork,
  SetTimer
} from '@recordkit/record-types'

/** A peer in an answer. */
export interface PeerInfo {
  readonly id: PeerId
  /** binary multiaddrs; those that cannot be read are left out of the answer */
  readonly addresses: readonly Uint8Array[]
  /** names of transfer protocols, such as `transport-bitswap`. @default none are known */
  readonly protocols?: readonly string[] | undefined
}

/**
 * Finds peers. A stream is sent as it arrives when the client asks for NDJSON; it is asked to return when the client leaves.
 *
 * @param id - of providers, the multihash of the content; of a peer, its ID; of closest peers, the multihash or peer ID they are close to
 */
export type FindPeers = (
  id: Uint8Array,
  options: AbortOptions
) => MaybePromise<AsyncIterable<PeerInfo> | Iterable<PeerInfo>>

/** The part of a `RecordManager` that is used. */
export type HandlerManager = Pick<RecordManager, 'getRecord' | 'receive'>

export interface RecordHandlerOptions {
  /** stores and finds IPNS records */
  readonly manager: HandlerManager
  /**
   * copies the records that clients put to peers: `records.network` of record-libp2p, or a `DhtRecordStore`. A put then fails unless
   * enough peers stored the record.
   * @default records are stored here only
   */
  readonly network?: Pick<RecordNetwork, 'put'> | undefined
  /** finds the providers of content. @default the route is not supported: 501 */
  readonly providers?: FindPeers | undefined
  /** finds one peer. @default the route is not supported: 501 */
  readonly peers?: FindPeers | undefined
  /** finds the peers that are closest to a key, the closest first. @default the route is not supported: 501 */
  readonly closestPeers?: FindPeers | undefined
  /** whether clients may put records. @default true */
  readonly writable?: boolean | undefined
  /** ms that an answer may take. What was found until then is returned. @default 30_000 */
  readonly timeout?: number | undefined
  /** maximum number of requests that are answered at a time; further ones get 503. @default 1024 */
  readonly maxRequests?: number | undefined
  /**
   * limits the requests of each group of clients: those of one IPv4 /24 or IPv6 /48. Requests whose address the caller does not pass
   * are not limited. `false` disables it.
   * @default 100 requests per second, and 200 at once
   */
  readonly limiter?: RateLimiter | false | undefined
  /** receives `http.requests{route,method,status}` and `http.request.duration{route}`. @default no metrics */
  readonly metrics?: RecordMetrics | undefined
  /** receives the error behind each answer with the status 500: clients see only its code */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
}

/** Where a request comes from. */
export interface RequestSource {
  /** the IP address of the client, as the server of the platform reports it */
  readonly address?: string | undefined
}

/**
 * Answers requests. It never rejects.
 *
 * @param source - the address of the client, for limits. A `Bun.serve` passes `server.requestIP(request)`
 */
export type RecordHandler = (request: Request, source?: RequestSource) => Promise<Response>
