import { checkDuration, nanosecondsOf } from '@recordkit/record-types/internal'

/**
 * A duration for which something is cached, in nanoseconds. Unlike other durations it may be 0, which means not at all.
 *
 * @param milliseconds - ms; `undefined` is replaced by `standard`
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 */
export function nanosecondsFromTtl(milliseconds: number | undefined, name: string, standard: number): bigint {
  return milliseconds === 0 ? 0n : nanosecondsOf(checkDuration(milliseconds, name, standard))
}
