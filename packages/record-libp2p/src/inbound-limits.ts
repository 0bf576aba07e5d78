import { PeerScores } from '@recordkit/record-access'
import { TokenBuckets } from '@recordkit/record-access/internal'
import { RecordError, systemClock } from '@recordkit/record-types'
import type { AccessControl, Clock, PeerId } from '@recordkit/record-types'
import { BoundedMap, checkCount, checkDuration, mapKey, nanosecondsOf } from '@recordkit/record-types/internal'

/** What one remote peer may cost a node, and when it is banned. Banned peers are disconnected, and neither accepted nor dialled. */
export interface InboundLimitsOptions {
  /** messages of one peer that are handled per second; further ones wait. @default 25 */
  readonly messagesPerSecond?: number | undefined
  /** messages of one peer that are handled immediately after a pause. @default 25 */
  readonly burst?: number | undefined
  /** streams of one peer that can be open or wait; further ones are reset. @default 24, below the 32 of kad-dht */
  readonly maxStreams?: number | undefined
  /** resets of one peer per minute, for exceeding the limits, above which the peer is banned. @default 1000 */
  readonly maxResetsPerMinute?: number | undefined
  /** score below which a peer is banned; a forgery subtracts 10, and scores halve every hour. @default -100 */
  readonly banThreshold?: number | undefined
  /** ms for which a peer is banned; `Infinity` bans a peer for as long as it is tracked. @default 60_000 */
  readonly banDuration?: number | undefined
  /** maximum number of tracked peers; the one that was active longest ago is removed first. @default 10_000 */
  readonly maxTrackedPeers?: number | undefined
  /** the scores that forgeries change. Do not pass the scores of `access`: they would count twice. @default new scores */
  readonly scores?: PeerScores | undefined
}

interface TrackedPeer {
  /** ns since the Unix epoch */
  bannedUntil: bigint
  /** number of open or waiting streams */
  streams: number
}

/** Tracks what remote peers cost this node. Bounded in memory. */
export class InboundLimits {
  readonly #peers: BoundedMap<string, TrackedPeer>
  readonly #messages: TokenBuckets
  readonly #resets: TokenBuckets
  readonly #maxStreams: number
  readonly #banThreshold: number
  readonly #banDuration: bigint
  readonly #scores: PeerScores
  readonly #access: AccessControl | undefined
  readonly #clock: Clock

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(
    options: InboundLimitsOptions = {},
    {
      access,
      clock = systemClock
    }: { readonly access?: AccessControl | undefined; readonly clock?: Clock | undefined } = {}
  ) {
    const { messagesPerSecond = 25, banThreshold = -100 } = options
    const maxBuckets = checkCount(options.maxTrackedPeers, 'maxTrackedPeers', 10_000)
    const capacity = checkCount(options.burst, 'burst', 25)
    const maxResets = checkCount(options.maxResetsPerMinute, 'maxResetsPerMinute', 1_000)
    if (!(messagesPerSecond > 0 && messagesPerSecond < Number.POSITIVE_INFINITY))
      throw invalid(`messagesPerSecond is ${messagesPerSecond}; a finite number above 0 is expected`)
    if (Number.isNaN(banThreshold)) throw invalid('banThreshold is NaN; a score is expected')
    this.#maxStreams = checkCount(options.maxStreams, 'maxStreams', 24)
    this.#messages = new TokenBuckets({
      capacity,
      tokensPerSecond: messagesPerSecond,
      maxDebt: Math.max(capacity, this.#maxStreams),
      maxBuckets,
      clock
    })
    this.#resets = new TokenBuckets({ capacity: maxResets, tokensPerSecond: maxResets / 60, maxBuckets, clock })
    this.#banThreshold = banThreshold
    this.#banDuration = nanosecondsOf(checkDuration(options.banDuration, 'banDuration', 60_000))
    this.#peers = new BoundedMap(maxBuckets)
    this.#scores = options.scores ?? new PeerScores({ clock, maxPeers: maxBuckets })
    this.#access = access
    this.#clock = clock
  }

  /** Number of tracked peers. */
  get size(): number {
    return this.#peers.size
  }

  /** Whether connections and streams of this peer are refused. */
  isBanned(peer: PeerId): boolean {
    if (this.#access?.isBanned?.(peer) === true) return true
    const tracked = this.#peers.get(mapKey(peer))
    return tracked !== undefined && tracked.bannedUntil > this.#clock()
  }

  /**
   * Counts a stream that a peer opened.
   *
   * @param limit - maximum number of streams, where it is lower than that of the options
   * @returns must be called when the stream is closed
   * @throws RecordError `SENDER_BANNED`; `RATE_LIMITED` when the peer has too many streams
   */
  openStream(peer: PeerId, limit: number = this.#maxStreams): () => void {
    if (this.isBanned(peer)) throw new RecordError('SENDER_BANNED', 'the sender is banned')
    const tracked = this.#track(peer)
    if (tracked.streams >= Math.min(limit, this.#maxStreams)) throw this.exceeded(peer)
    tracked.streams++
    return () => {
      tracked.streams--
    }
  }

  /** Counts messages. @returns ms until they may be handled; `undefined`, with none counted, when too many are waiting */
  takeTokens(peer: PeerId, messages: number): number | undefined {
    this.#track(peer)
    return this.#messages.take(mapKey(peer), messages)
  }

  /** Counts a stream that is reset because it exceeds the limits. @returns the reason of the reset */
  exceeded(peer: PeerId): RecordError {
    if (this.#resets.take(mapKey(peer), 1) === undefined) this.#ban(peer)
    return new RecordError('RATE_LIMITED', 'the sender exceeds the limit of streams or messages')
  }

  /**
   * Reports the result of a message, for the scores and the access control.
   *
   * @param reported - whether the access control knows it
   */
  report(peer: PeerId, status: 'ignore' | 'reject', reported: boolean = false): void {
    if (!reported) this.#access?.report?.(peer, status)
    this.#scores.report(peer, status)
    if (this.#scores.score(peer) < this.#banThreshold) this.#ban(peer)
  }

  #ban(peer: PeerId): void {
    this.#track(peer).bannedUntil = this.#clock() + this.#banDuration
    this.#resets.reset(mapKey(peer))
  }

  #track(peer: PeerId): TrackedPeer {
    const name = mapKey(peer)
    const tracked = this.#peers.get(name) ?? { bannedUntil: 0n, streams: 0 }
    this.#peers.set(name, tracked)
    return tracked
  }
}

function invalid(message: string): RecordError {
  return new RecordError('INVALID_ARGUMENT', message)
}
