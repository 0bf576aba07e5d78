import type { Refusal, Verdict } from '@recordkit/record-types'
import { ignore } from './refusal.ts'

/** Refuses what is past: the very instant of `expires` is still valid. */
export function checkExpiry(expires: bigint, now: bigint): Verdict {
  if (now > expires) return ignore('EXPIRED', `record was valid until ${textOf(expires)}, ${now - expires} ns ago`)
  return { status: 'accept', until: expires }
}

/** Refuses what claims to come from further ahead than clocks differ. */
export function checkIssued(issued: bigint, now: bigint, skew: bigint): Refusal | undefined {
  if (issued <= now + skew) return undefined
  return ignore(
    'ISSUED_IN_FUTURE',
    `record was issued at ${textOf(issued)}, ${issued - now} ns ahead of this clock; at most ${skew} are taken`
  )
}

/** A time in a sentence, to the millisecond: the platform's own text weighs nothing. */
function textOf(time: bigint): string {
  return new Date(Number(time / 1_000_000n)).toISOString()
}
