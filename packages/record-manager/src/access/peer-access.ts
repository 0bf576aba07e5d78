import type { AbortOptions, AccessControl, PeerId, RateLimiter, Refusal } from '@recordkit/record-types'
import type { AccessLists } from './access-lists.ts'
import { toHex } from './hex.ts'
import type { Reputation } from './reputation.ts'

export interface PeerAccessOptions {
  readonly lists?: AccessLists
  readonly limiter?: RateLimiter
  readonly reputation?: Reputation
  /** at a score below this, records are ignored; -50 when absent */
  readonly ignoreBelow?: number
  /** at a score below this, they are refused; -100 when absent */
  readonly refuseBelow?: number
}

/** Who may hand us records: by list, then reputation, then rate, the cheapest first. */
export class PeerAccess implements AccessControl {
  readonly #parts: PeerAccessOptions

  constructor(parts: PeerAccessOptions = {}) {
    this.#parts = parts
  }

  async admit(sender: PeerId, _key: Uint8Array, options: AbortOptions = {}): Promise<Refusal | undefined> {
    const { lists, reputation, limiter, ignoreBelow = -50, refuseBelow = -100 } = this.#parts
    const listed = lists?.admit(sender)
    if (listed !== undefined) return listed
    const score = reputation?.score(sender) ?? 0
    if (score < refuseBelow)
      return { verdict: 'reject', code: 'SENDER_REPUTATION', message: `the sender's score is ${score.toFixed(1)}` }
    if (score < ignoreBelow)
      return { verdict: 'ignore', code: 'SENDER_REPUTATION', message: `the sender's score is ${score.toFixed(1)}` }
    try {
      // as text that any database keeps: a limiter's keys may leave this process
      await limiter?.consume(toHex(sender))
      options.signal?.throwIfAborted()
      return undefined
    } catch (reason) {
      options.signal?.throwIfAborted()
      // a limiter that fails, and not for want of tokens, closes the door all the same: open doors are what attackers wait for
      const wait = (reason as { msBeforeNext?: number } | null)?.msBeforeNext
      const message =
        wait === undefined ? 'the rate limiter failed' : `too many records from this sender; again in ${wait} ms`
      return { verdict: 'ignore', code: 'RATE_LIMITED', message, cause: reason }
    }
  }

  report(sender: PeerId, verdict: 'accept' | 'ignore' | 'reject'): void {
    this.#parts.reputation?.report(sender, verdict)
  }
}
