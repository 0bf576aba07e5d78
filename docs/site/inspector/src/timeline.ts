import type { RecordTime } from '@recordkit/record-inspect'
import { durationText } from '@recordkit/record-inspect/text'

/** A point of the time line. */
export interface TimelinePoint {
  readonly name: 'issued' | 'received' | 'expires' | 'now'
  /** ns since the Unix epoch */
  readonly time: bigint
  /** % of the line, from 0 to 100 */
  readonly position: number
  /** such as `in 2 d 3 h` */
  readonly relative: string
}

/** The times of a record and the present, in their order. */
export function timelineOf(times: readonly RecordTime[], now: bigint): readonly TimelinePoint[] {
  const all = [...times.map(({ name, time }) => ({ name, time })), { name: 'now' as const, time: now }]
  const sorted = all.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  const first = sorted[0]!.time
  const span = sorted.at(-1)!.time - first
  return sorted.map(({ name, time }) => ({
    name,
    time,
    position: span === 0n ? 50 : Number(((time - first) * 10_000n) / span) / 100,
    relative: name === 'now' ? '' : relativeText(time - now)
  }))
}

function relativeText(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds / 1_000_000_000n)
  return seconds < 0 ? `${durationText(seconds)} ago` : `in ${durationText(seconds)}`
}
