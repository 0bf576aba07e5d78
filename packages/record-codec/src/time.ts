import { allocate } from '#memory'
import { checkBytes, failType, throwAt } from './throw-record-error.ts'
import { joinInt64, lowOf, nearestTo } from './uint64.ts'

/** Seconds since the Unix epoch: the first second of the year 0, and the first after the year 9999. */
const yearZero = -62_167_219_200
const yearTenThousand = 253_402_300_800

/**
 * Parses an RFC 3339 time: 0 to 9 fraction digits, `Z` or any offset, years 0 to 9999. Leap seconds are refused, as in
 * Go.
 *
 * @param text - text, or its ASCII bytes
 * @returns nanoseconds since the Unix epoch
 * @throws RecordError `TIME_INVALID`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const validity = parseTime('2030-01-01T00:00:00Z')
 * ```
 */
export function parseTime(text: string | Uint8Array): bigint {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text.slice(0, 36)) : text
  checkBytes(bytes, 'time')
  return readTime(bytes, 0, bytes.length)
}

/** As {@link parseTime}, for the bytes from `start` to `end`. */
export function readTime(bytes: Uint8Array, start: number, end: number): bigint {
  const year = readPair(bytes, start) * 100 + readPair(bytes, start + 2)
  const month = readPair(bytes, start + 5)
  const day = readPair(bytes, start + 8)
  const hour = readPair(bytes, start + 11)
  const minute = readPair(bytes, start + 14)
  const second = readPair(bytes, start + 17)
  let offset = start + 19
  let nanoseconds = 0
  if (bytes[offset] === 0x2e) {
    let digits = 0
    for (let digit; digits < 9 && (digit = bytes[offset + 1]! - 48) >= 0 && digit < 10; digits++) {
      nanoseconds = nanoseconds * 10 + digit
      offset++
    }
    // after a point without digits, `offset` stays at the point, which is not a valid offset from UTC
    if (digits > 0) offset++
    for (; digits < 9; digits++) nanoseconds *= 10
  }
  const sign = bytes[offset++]
  let east = 0
  if (sign !== 0x5a) {
    const hours = readPair(bytes, offset)
    const minutes = readPair(bytes, offset + 3)
    east = hours * 3600 + minutes * 60
    if (sign === 0x2d) east = -east
    offset =
      (sign === 0x2b || sign === 0x2d) && bytes[offset + 2] === 0x3a && hours < 24 && minutes < 60 ? offset + 5 : 0
  }
  // counts days in years that begin in March, 400 years later so that no number is negative
  const march = (month + 9) % 12
  const years = year + (month < 3 ? 399 : 400)
  const century = (years / 100) | 0
  const days = 365 * years + (years >> 2) - century + (century >> 2) + (((153 * march + 2) / 5) | 0) + day - 865_566
  const leap = year % 4 === 0 && (year % 100 > 0 || year % 400 === 0)
  const seconds = days * 86_400 + hour * 3600 + minute * 60 + second - east
  if (
    offset !== end ||
    bytes[start + 4] !== 0x2d ||
    bytes[start + 7] !== 0x2d ||
    bytes[start + 10] !== 0x54 ||
    bytes[start + 13] !== 0x3a ||
    bytes[start + 16] !== 0x3a ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > (march === 11 ? (leap ? 29 : 28) : (((march % 5) % 2) ^ 1) + 30) ||
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    seconds < yearZero ||
    seconds >= yearTenThousand
  ) {
    throwAt('TIME_INVALID', start)
  }
  return joinTime(seconds, nanoseconds)
}

/**
 * Formats a time as RFC 3339 in UTC, ending in `Z`, with up to 9 fraction digits and without trailing zeros, as Go
 * does.
 *
 * @param time - ns since the Unix epoch, within the years 0 to 9999
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * console.log(`valid until ${formatTime(record.validity)}`)
 * ```
 */
export function formatTime(time: bigint): string {
  return String.fromCharCode(...timeBytes(time))
}

/** As {@link formatTime}, in ASCII bytes. */
export function timeBytes(time: bigint): Uint8Array<ArrayBuffer> {
  const out = allocate(timeLength(time))
  writeTime(time, out, 0, out.length)
  return out
}

/** Length of the text of {@link formatTime}: 20 to 30. @throws RecordError `INVALID_ARGUMENT` */
export function timeLength(time: bigint): number {
  let nanoseconds = nanosecondsOf(time, secondsOf(time))
  let digits = nanoseconds > 0 ? 9 : -1
  for (; digits > 0 && nanoseconds % 10 === 0; digits--) nanoseconds = (nanoseconds / 10) | 0
  return digits + 21
}

/** As {@link formatTime}, written to `out` from `offset` to `end`, which are `timeLength(time)` apart. */
export function writeTime(time: bigint, out: Uint8Array, offset: number, end: number): void {
  const seconds = secondsOf(time)
  const days = Math.floor(seconds / 86_400)
  const rest = (seconds - days * 86_400) | 0
  // counts centuries, years that begin in March, and months, 400 years later so that no number is negative
  const quarters = (4 * (days + 865_565) + 3) | 0
  const century = (quarters / 146_097) | 0
  const yearQuarters = (quarters % 146_097) | 3
  const dayOfYear = ((yearQuarters % 1461) / 4) | 0
  const march = ((5 * dayOfYear + 2) / 153) | 0
  const year = century * 100 + ((yearQuarters / 1461) | 0) - (march < 10 ? 400 : 399)
  writePair(out, offset, (year / 100) | 0, 0)
  writePair(out, offset + 2, year % 100, 0x2d)
  writePair(out, offset + 5, march < 10 ? march + 3 : march - 9, 0x2d)
  writePair(out, offset + 8, dayOfYear - (((153 * march + 2) / 5) | 0) + 1, 0x54)
  writePair(out, offset + 11, (rest / 3600) | 0, 0x3a)
  writePair(out, offset + 14, ((rest / 60) | 0) % 60, 0x3a)
  writePair(out, offset + 17, rest % 60, 0x2e)
  let fraction = nanosecondsOf(time, seconds)
  for (let last = end; last < offset + 30; last++) fraction = (fraction / 10) | 0
  for (let index = end - 2; index > offset + 19; index--) {
    const tens = (fraction / 10) | 0
    out[index] = fraction - tens * 10 + 48
    fraction = tens
  }
  out[end - 1] = 0x5a
}

/** Reads two digits. Returns more than any part of a time when they are not digits. */
function readPair(bytes: Uint8Array, offset: number): number {
  const tens = bytes[offset]! - 48
  const ones = bytes[offset + 1]! - 48
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : 1e7
}

/** Joins seconds since the Unix epoch and nanoseconds to one number of nanoseconds. */
function joinTime(seconds: number, nanoseconds: number): bigint {
  // The years 1678 to 2261 fit into 64 bits: the lower half is exact, and the upper is the rounded rest.
  if (Math.abs(seconds) > 9e9) return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
  const low = (Math.imul(seconds, 1e9) + nanoseconds) >>> 0
  return joinInt64(Math.round((seconds * 1e9 + nanoseconds - low) / 0x100000000), low)
}

/**
 * Whole seconds since the Unix epoch, rounded down.
 *
 * @throws RecordError `INVALID_ARGUMENT` outside of the years 0 to 9999
 */
export function secondsOf(time: bigint): number {
  if (typeof time !== 'bigint') failTime(time)
  let seconds = Math.floor(nearestTo(time) / 1e9)
  // The number was rounded by some µs. If that made the seconds one too many or too few, the nanoseconds are out of
  // range.
  const nanoseconds = (lowOf(time) - Math.imul(seconds, 1e9)) | 0
  if (nanoseconds < 0) seconds--
  if (nanoseconds >= 1e9) seconds++
  if (seconds < yearZero || seconds >= yearTenThousand) failTime(time)
  return seconds
}

function failTime(time: unknown): never {
  failType(time, 'time', 'a bigint of nanoseconds, within the years 0 to 9999,')
}

/** The nanoseconds of a time after its whole `seconds`. */
export function nanosecondsOf(time: bigint, seconds: number): number {
  return (lowOf(time) - Math.imul(seconds, 1e9)) | 0
}

/** Writes two digits and the character after them. */
function writePair(out: Uint8Array, offset: number, value: number, separator: number): void {
  const tens = (value / 10) | 0
  out[offset] = tens + 48
  out[offset + 1] = value - tens * 10 + 48
  out[offset + 2] = separator
}
