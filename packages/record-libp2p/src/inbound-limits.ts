import { PeerScores } from '@recordkit/record-access'
import { TokenBuckets } from '@recordkit/record-access/internal'
import { RecordError, systemClock } from '@recordkit/record-types'
import type { AccessControl, Clock, PeerId, RecordErrorCode, RecordMetrics } from '@recordkit/record-types'
import {
  BoundedMap,
  checkCount,
  checkDuration,
  checkFunction,
  checkOptions,
  isLocalDecision,
  mapKey,
  nanosecondsOf,
  WorkBudget
} from '@recordkit/record-types/internal'
import type { RecordSender } from './record-senders.ts'

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
  /**
   * µs per second of fruitless work that one group of senders may cause, for messages that are ignored or rejected; ten seconds of
   * it at once. Further messages of the group are dropped unread. @default 10_000 (1 % of a core)
   */
  readonly workPerSecond?: number | undefined
  /** score below which a peer is banned; a forgery subtracts 10, and scores halve every hour. @default -100 */
  readonly banThreshold?: number | undefined
  /** ms for which a peer is banned. @default 60_000 */
  readonly banDuration?: number | undefined
  /**
   * maximum number of peers whose rates and scores are tracked; the one that was active longest ago is removed first. Four times
   * as many bans are kept. @default 10_000
   */
  readonly maxTrackedPeers?: number | undefined
  /** the scores that forgeries change. Do not pass the scores of `access`: they would count twice. @default new scores */
  readonly scores?: PeerScores | undefined
  /** the time in µs by which work is measured; for tests. @default that of performance.now() */
  readonly measure?: (() => number) | undefined
}

/** A message that was refused. */
export interface RefusedMessage {
  readonly status: 'ignore' | 'reject'
  readonly code?: RecordErrorCode | undefined
  /** whether the access control knows the result */
  readonly reported?: boolean | undefined
  /** µs that its validation took. @default 0 */
  readonly work?: number | undefined
}

/** µs: what a message costs besides its validation, on a stream of its own */
const messageWork = 500
/** µs: the most that a refused answer counts. This node decided how many answers there are */
const maxAnswerWork = 10_000

/** Tracks what remote peers cost this node. Bounded in memory. */
export class InboundLimits {
  /** the time in µs by which work is measured */
  readonly measure: () => number
  /** number of open or waiting streams; only of peers that have some */
  readonly #streams = new Map<string, number>()
  /** ns since the Unix epoch until which peers are banned; not in a table that other peers can fill by being active */
  readonly #bans: BoundedMap<string, bigint>
  readonly #work: WorkBudget
  readonly #messages: TokenBuckets
  readonly #resets: TokenBuckets
  readonly #maxStreams: number
  readonly #banThreshold: number
  readonly #banDuration: bigint
  readonly #scores: PeerScores
  readonly #access: AccessControl | undefined
  readonly #clock: Clock
  readonly #metrics: RecordMetrics | undefined

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(
    options: InboundLimitsOptions = {},
    {
      access,
      clock = systemClock,
      metrics
    }: {
      readonly access?: AccessControl | undefined
      readonly clock?: Clock | undefined
      readonly metrics?: RecordMetrics | undefined
    } = {}
  ) {
    checkOptions(
      options,
      {
        messagesPerSecond: 0,
        burst: 0,
        maxStreams: 0,
        maxResetsPerMinute: 0,
        workPerSecond: 0,
        banThreshold: 0,
        banDuration: 0,
        maxTrackedPeers: 0,
        scores: 0,
        measure: 0
      },
      'inbound'
    )
    const { messagesPerSecond = 25, banThreshold = -100, workPerSecond = 10_000 } = options
    const maxBuckets = checkCount(options.maxTrackedPeers, 'maxTrackedPeers', 10_000)
    const capacity = checkCount(options.burst, 'burst', 25)
    const maxResets = checkCount(options.maxResetsPerMinute, 'maxResetsPerMinute', 1_000)
    checkRate(messagesPerSecond, 'messagesPerSecond')
    checkRate(workPerSecond, 'workPerSecond')
    if (options.measure !== undefined) checkFunction(options.measure, 'measure')
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
    this.#bans = new BoundedMap(4 * maxBuckets)
    this.#work = new WorkBudget({ workPerSecond, maxGroups: maxBuckets, clock })
    this.measure = options.measure ?? (() => performance.now() * 1000)
    this.#scores = options.scores ?? new PeerScores({ clock, maxPeers: maxBuckets })
    this.#access = access
    this.#clock = clock
    this.#metrics = metrics
  }

  /** Whether connections and streams of this peer are refused. */
  isBanned(peer: PeerId): boolean {
    if (this.#access?.isBanned?.(peer) === true) return true
    const until = this.#bans.get(mapKey(peer))
    return until !== undefined && until > this.#clock()
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
    const name = mapKey(peer)
    const streams = this.#streams.get(name) ?? 0
    if (streams >= Math.min(limit, this.#maxStreams)) throw this.exceeded(peer)
    this.#streams.set(name, streams + 1)
    return () => {
      const open = (this.#streams.get(name) as number) - 1
      if (open > 0) this.#streams.set(name, open)
      else this.#streams.delete(name)
    }
  }

  /** Whether the messages of a sender are dropped unread, because its group has caused too much fruitless work. */
  isExhausted({ sender, group }: RecordSender): boolean {
    return this.#work.isEmpty(sender, group)
  }

  /** Counts messages. @returns ms until they may be handled; `undefined`, with none counted, when too many are waiting */
  takeTokens(peer: PeerId, messages: number): number | undefined {
    return this.#messages.take(mapKey(peer), messages)
  }

  /** Counts a stream that is reset because it exceeds the limits. @returns the reason of the reset */
  exceeded(peer: PeerId): RecordError {
    this.#metrics?.count('record.inbound.resets', { reason: 'limit' })
    if (this.#resets.take(mapKey(peer), 1) === undefined) this.#ban(peer, 'resets')
    return new RecordError('RATE_LIMITED', 'the sender exceeds the limit of streams or messages')
  }

  /** Counts a stream that is reset because {@link InboundLimits.isExhausted}. @returns the reason of the reset */
  exhausted(): RecordError {
    this.#metrics?.count('record.inbound.resets', { reason: 'work' })
    return new RecordError('RATE_LIMITED', 'the sender or its group caused too much fruitless work')
  }

  /**
   * Takes fruitless work from the budget of a sender, which this node asked for. No score changes.
   *
   * @param work - µs, at most 10,000: what takes longer waits for something else
   */
  spend({ sender, group }: RecordSender, work: number): void {
    this.#work.spend(sender, group, Math.min(work, maxAnswerWork))
  }

  /**
   * Counts a message that was refused: against the budget of its sender, and, unless this node alone decided it, for the scores and
   * the access control.
   *
   * @param work - µs that its validation took
   */
  refused({ sender, group }: RecordSender, { status, code, reported, work = 0 }: RefusedMessage): void {
    this.#work.spend(sender, group, messageWork + work)
    if (isLocalDecision(code)) return
    if (reported !== true) this.#access?.report?.(sender, status)
    this.#scores.report(sender, status)
    if (this.#scores.score(sender) < this.#banThreshold) this.#ban(sender, 'score')
  }

  #ban(peer: PeerId, reason: 'resets' | 'score'): void {
    if (!this.isBanned(peer)) this.#metrics?.count('record.inbound.bans', { reason })
    this.#bans.set(mapKey(peer), this.#clock() + this.#banDuration)
    this.#resets.reset(mapKey(peer))
  }
}

function checkRate(value: number, name: string): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw invalid(`${name} is ${value}; a finite number above 0 is expected`)
}

function invalid(message: string): RecordError {
  return new RecordError('INVALID_ARGUMENT', message)
}
