import { RecordError } from '@recordkit/record-types'

const [millisecond, second] = [1_000_000n, 1_000_000_000n]

/**
 * Checks the unit of a TTL: one below a second that is no whole number of milliseconds was counted in milliseconds or seconds.
 *
 * @param ttl - ns
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function checkTtl(ttl: bigint): void {
  if (ttl >= second || ttl % millisecond === 0n) return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `ttl is ${ttl}n, less than a second; nanoseconds, such as 300_000_000_000n for 5 minutes, are expected`
  )
}
