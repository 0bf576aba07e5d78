import { formatTime } from '@recordkit/record-codec'
import type { Refusal, Verdict } from '@recordkit/record-types'
import { ignore } from './refusal.ts'

/** Refuses what is past: the very instant of `expires` is still valid. */
export function checkExpiry(expires: bigint, now: bigint): Verdict {
  if (now > expires) return ignore('EXPIRED', `record was valid until ${formatTime(expires)}; it is ${formatTime(now)}`)
  return { verdict: 'accept', until: expires }
}

/** Refuses what claims to come from further ahead than clocks differ. */
export function checkIssued(issued: bigint, now: bigint, skew: bigint): Refusal | undefined {
  if (issued <= now + skew) return undefined
  return ignore(
    'FROM_FUTURE',
    `record was issued at ${formatTime(issued)}; at ${formatTime(now)} at most ${skew} ns ahead is taken`
  )
}
