import { RecordError } from '@recordkit/record-types'
import { checkTime, describe } from '@recordkit/record-types/internal'
import type { RecordDraft, Refusal, Verdict } from '@recordkit/record-types'
import { ignore } from './refusal.ts'

/** ns: 48 hours, as in boxo */
const defaultLifetime = 172_800_000_000_000n

/** The last instant at which a new record is valid. @throws RecordError `INVALID_ARGUMENT` naming `now` or `lifetime` */
export function expiryOf({ lifetime = defaultLifetime }: RecordDraft, now: bigint): bigint {
  checkTime(now, 'now')
  if (typeof lifetime === 'bigint' && lifetime >= 0n) return now + lifetime
  throw new RecordError('INVALID_ARGUMENT', `lifetime is ${describe(lifetime)}; a bigint of nanoseconds is expected`)
}

/** Ignores a record that has expired. At the instant `expires` itself it is still valid. */
export function checkExpiry(expires: bigint, now: bigint): Verdict {
  if (now > expires)
    return ignore('EXPIRED', `record expired at ${dateText(expires)}, ${durationText(now - expires)} ago`)
  return { status: 'accept', until: expires }
}

/** Ignores a record that was issued further in the future than clocks may differ. @param skew - ns */
export function checkIssued(issued: bigint, now: bigint, skew: bigint): Refusal | undefined {
  const ahead = issued - now
  if (ahead <= skew) return undefined
  return ignore(
    'ISSUED_IN_FUTURE',
    `record was issued at ${dateText(issued)}, ${durationText(ahead)} ahead of this clock; the limit is ${durationText(skew)}`
  )
}

/** Ignores a record whose sequence, read as ms, is further in the future than clocks may differ. @param skew - ns */
export function checkSequence(sequence: bigint, now: bigint, skew: bigint): Refusal | undefined {
  const latest = (now + skew) / 1_000_000n
  if (sequence <= latest) return undefined
  return ignore(
    'ISSUED_IN_FUTURE',
    `the sequence is ${sequence}; under a key that several authors share it is at most the current time in ms plus the clock skew, ${latest}`
  )
}

/** A timestamp as an ISO date. `Date` is part of the platform and adds nothing to a bundle. */
function dateText(time: bigint): string {
  return new Date(Number(time / 1_000_000n)).toISOString()
}

/** A duration in seconds, rounded up so that it exceeds a limit that it exceeds; from two hours on in hours. */
function durationText(nanoseconds: bigint): string {
  const seconds = Math.ceil(Number(nanoseconds) / 1e9)
  return seconds < 7200 ? `${seconds} s` : `${(seconds / 3600).toFixed(1)} h`
}

/**
 * A TTL that records are made with. One below a second that is no whole number of milliseconds, which a record of another implementation
 * can have, is made one: it must be possible to renew every record.
 */
export function sealableTtl(ttl: bigint): bigint {
  // another type is refused later
  if (typeof ttl !== 'bigint') return ttl
  return ttl < 1_000_000_000n ? ((ttl + 999_999n) / 1_000_000n) * 1_000_000n : ttl
}
