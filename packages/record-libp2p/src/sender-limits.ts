import { Reputation } from '@recordkit/record-manager'
import { mapKey, RecordError, systemClock } from '@recordkit/record-types'
import type { AccessControl, Clock, PeerId } from '@recordkit/record-types'

/** How much of one peer a node handles, and what it has to do to be barred. */
export interface SenderLimitsOptions {
  /** messages a second that are handled of one peer; what is more waits; 25 when absent */
  readonly messages?: number
  /** messages at once, after a pause; 25 when absent */
  readonly burst?: number
  /** streams of one peer that are open or wait at once; those beyond are reset; 24 when absent, below Kademlia's own 32 */
  readonly streams?: number
  /** resets of streams beyond it for which a peer is barred, all of them forgotten in `barredFor`; 1,000 when absent */
  readonly resets?: number
  /** score below which a peer is barred: some ten forgeries; -100 when absent */
  readonly barBelow?: number
  /** ns that a peer stays barred, and again after its next forgery; 1 minute when absent */
  readonly barredFor?: bigint
  /** peers remembered; the one not heard of longest is forgotten first; 10,000 when absent */
  readonly maxSenders?: number
  /** what feeds on the verdicts on what Kademlia was handed; one of its own when absent */
  readonly reputation?: Reputation
  /** peers that are barred whatever they do: asked at every connection and stream */
  readonly denies?: (sender: PeerId) => boolean
}

interface Sender {
  tokens: number
  resets: number
  /** ns */
  at: bigint
  barredUntil: bigint
  streams: number
}

/** What is known of the peers that send to this node: bounded, and forgotten in time. */
export class SenderLimits {
  readonly #senders = new Map<string, Sender>()
  readonly #messages: number
  readonly #burst: number
  readonly #resets: number
  readonly #streams: number
  readonly #barBelow: number
  readonly #barredFor: bigint
  readonly #maxSenders: number
  readonly #reputation: Reputation
  readonly #denies: (sender: PeerId) => boolean
  readonly #access: AccessControl | undefined
  readonly #clock: Clock

  constructor(
    options: SenderLimitsOptions = {},
    { access, clock = systemClock }: { readonly access?: AccessControl; readonly clock?: Clock } = {}
  ) {
    this.#messages = options.messages ?? 25
    this.#burst = options.burst ?? 25
    this.#streams = options.streams ?? 24
    this.#resets = options.resets ?? 1_000
    this.#barBelow = options.barBelow ?? -100
    this.#barredFor = options.barredFor ?? 60_000_000_000n
    this.#maxSenders = options.maxSenders ?? 10_000
    this.#reputation = options.reputation ?? new Reputation({ clock, maxPeers: this.#maxSenders })
    this.#denies = options.denies ?? (() => false)
    this.#access = access
    this.#clock = clock
  }

  /** Peers remembered. */
  get size(): number {
    return this.#senders.size
  }

  /** Whether nothing is taken from a peer, not even a connection. */
  barred(peer: PeerId): boolean {
    if (this.#denies(peer)) return true
    const sender = this.#senders.get(mapKey(peer))
    return sender !== undefined && sender.barredUntil > this.#clock()
  }

  /**
   * A stream more of a peer, to be left when it is over.
   *
   * @param most - streams at once, where fewer than by the options
   * @throws RecordError `SENDER_REPUTATION` for a peer that is barred; `RATE_LIMITED` for a stream too many
   */
  enter(peer: PeerId, most: number = this.#streams): () => void {
    if (this.barred(peer)) throw new RecordError('SENDER_REPUTATION', 'the sender is barred')
    const sender = this.#of(peer)
    if (sender.streams >= Math.min(most, this.#streams)) {
      throw this.tooMany(peer)
    }
    sender.streams++
    return () => {
      sender.streams--
    }
  }

  /**
   * Counts messages. @returns ms until the sender's turn, 0 at once; `undefined` when so many wait already that they are
   * not to be handled at all
   */
  take(peer: PeerId, messages: number): number | undefined {
    const sender = this.#of(peer)
    // what is refused is not counted: it costs next to nothing
    if (sender.tokens - messages < -Math.max(this.#burst, this.#streams)) return undefined
    sender.tokens -= messages
    return sender.tokens >= 0 ? 0 : Math.ceil((-1000 * sender.tokens) / this.#messages)
  }

  /** Counts a stream that is to be reset. @returns what to reset it with */
  tooMany(peer: PeerId): RecordError {
    const sender = this.#of(peer)
    if (++sender.resets > this.#resets) this.#bar(sender)
    return new RecordError('RATE_LIMITED', 'more streams or messages of the sender than are handled')
  }

  /** Counts what came of a message. */
  report(peer: PeerId, verdict: 'ignore' | 'reject'): void {
    this.#access?.report?.(peer, verdict)
    this.#reputation.report(peer, verdict)
    if (this.#reputation.score(peer) < this.#barBelow) this.#bar(this.#of(peer))
  }

  #bar(sender: Sender): void {
    sender.barredUntil = this.#clock() + this.#barredFor
    sender.resets = 0
  }

  #of(peer: PeerId): Sender {
    const name = mapKey(peer)
    const now = this.#clock()
    const sender = this.#senders.get(name) ?? { tokens: this.#burst, resets: 0, at: now, barredUntil: 0n, streams: 0 }
    const seconds = now > sender.at ? Number(now - sender.at) / 1e9 : 0
    sender.tokens = Math.min(this.#burst, sender.tokens + seconds * this.#messages)
    sender.resets = Math.max(0, sender.resets - (seconds * this.#resets) / (Number(this.#barredFor) / 1e9))
    sender.at = now
    this.#senders.delete(name)
    this.#senders.set(name, sender)
    if (this.#senders.size > this.#maxSenders)
      for (const oldest of this.#senders.keys()) if (this.#senders.delete(oldest)) break
    return sender
  }
}
