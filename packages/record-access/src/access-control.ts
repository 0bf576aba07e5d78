import type { AccessControl, RateLimiter } from '@recordkit/record-types'
import { checkNumber, checkOptions, checkPart, raceAbort, toHex } from '@recordkit/record-types/internal'
import type { AccessLists } from './access-lists.ts'
import type { PeerScores } from './peer-scores.ts'

/** Options of {@link createAccessControl}. */
export interface AccessControlOptions {
  /** allow and deny lists of peers, authors and keys */
  readonly lists?: AccessLists | undefined
  /** limits the number of records per sender, besides those that it was asked for; called with the peer ID in hex */
  readonly limiter?: RateLimiter | undefined
  /** the scores that results change and that {@link ignoreBelow} is compared with */
  readonly scores?: PeerScores | undefined
  /** Records of a sender with a lower score are ignored; `-Infinity` disables it. @default -50 */
  readonly ignoreBelow?: number | undefined
}

/**
 * Combines lists, scores and a rate limiter, each optional, into one object for the engine, the manager and the inbound
 * limits of a libp2p node. A sender is checked against the lists first, then by its score, then by its rate.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @example
 * ```ts
 * const lists = new AccessLists()
 * const access = createAccessControl({ lists, scores: new PeerScores() })
 * await lists.deny('peers', '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo')
 * ```
 */
export function createAccessControl(options: AccessControlOptions = {}): AccessControl {
  checkOptions(options, { lists: 0, limiter: 0, scores: 0, ignoreBelow: 0 })
  const { lists, limiter, scores } = options
  if (lists !== undefined)
    checkPart(lists, 'lists', ['checkSender', 'checkRecord'], 'an AccessLists, such as `new AccessLists()`,')
  if (limiter !== undefined)
    checkPart(
      limiter,
      'limiter',
      ['consume'],
      'a RateLimiter, such as `new TokenBucketLimiter({ points: 100, duration: 60_000 })`,'
    )
  if (scores !== undefined)
    checkPart(scores, 'scores', ['score', 'report'], 'a PeerScores, such as `new PeerScores()`,')
  const ignoreBelow = checkNumber(options.ignoreBelow, 'ignoreBelow', -50)
  return {
    async checkSender(sender, _key, { asked = false, signal } = {}) {
      const listed = lists?.checkSender(sender)
      if (listed !== undefined) return listed
      const score = scores?.score(sender) ?? 0
      if (score < ignoreBelow) {
        const message = `the sender's score is ${score.toFixed(1)}; the minimum is ${ignoreBelow}`
        return { status: 'ignore', code: 'SENDER_SCORE_LOW', message }
      }
      try {
        // this node decides how many records it asks a peer for
        if (limiter !== undefined && !asked) await raceAbort(limiter.consume(toHex(sender)), signal)
        signal?.throwIfAborted()
        return undefined
      } catch (reason) {
        signal?.throwIfAborted()
        // a failing limiter refuses too: otherwise an attacker only has to break it
        const wait = (reason as { msBeforeNext?: number } | null)?.msBeforeNext
        const message =
          wait === undefined
            ? 'the rate limiter failed; no records are accepted until it works'
            : `too many records from this sender; try again in ${wait / 1000} s`
        return { status: 'ignore', code: 'RATE_LIMITED', message, cause: reason }
      }
    },
    checkRecord: (record) => lists?.checkRecord(record),
    isBanned: (peer) => lists?.isDenied(peer) ?? false,
    report: (sender, status) => scores?.report(sender, status)
  }
}
