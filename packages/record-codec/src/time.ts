import { checkBytes, fail, failArgument } from './fail.ts'

/**
 * Nanoseconds since the Unix epoch of an RFC 3339 time: 0 to 9 fraction digits, `Z` or any offset, years 0 to 9999.
 * No leap seconds, as in Go.
 *
 * @param text - text, or its ASCII bytes
 * @throws RecordError `TIME_INVALID`
 */
export function parseTime(text: string | Uint8Array): bigint {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text.slice(0, 36)) : text
  checkBytes(bytes, 'time')
  return readTime(bytes, 0, bytes.length)
}

/** As {@link parseTime}, of the bytes from `start` to `end`. */
export function readTime(bytes: Uint8Array, start: number, end: number): bigint {
  const year = readDigits(bytes, start, 4)
  const month = readDigits(bytes, start + 5, 2)
  const day = readDigits(bytes, start + 8, 2)
  const hour = readDigits(bytes, start + 11, 2)
  const minute = readDigits(bytes, start + 14, 2)
  const second = readDigits(bytes, start + 17, 2)
  let offset = start + 19
  let nanoseconds = 0
  let digits = 0
  if (bytes[offset] === 0x2e) {
    let digit
    while (digits < 9 && (digit = (bytes[offset + 1] as number) - 48) >= 0 && digit < 10) {
      nanoseconds = nanoseconds * 10 + digit
      digits++
      offset++
    }
    // a point without digits stays where it is and fails as an offset below
    if (digits > 0) {
      offset++
      for (; digits < 9; digits++) nanoseconds *= 10
    }
  }
  const sign = bytes[offset]
  let east = 0
  if (sign === 0x5a) offset++
  else {
    const hours = readDigits(bytes, offset + 1, 2)
    const minutes = readDigits(bytes, offset + 4, 2)
    east = hours < 24 && minutes < 60 && bytes[offset + 3] === 0x3a ? hours * 3600 + minutes * 60 : Number.NaN
    if (sign === 0x2d) east = -east
    else if (sign !== 0x2b) east = Number.NaN
    offset += 6
  }
  const seconds = daysOf(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - east
  if (
    offset !== end ||
    bytes[start + 4] !== 0x2d ||
    bytes[start + 7] !== 0x2d ||
    bytes[start + 10] !== 0x54 ||
    bytes[start + 13] !== 0x3a ||
    bytes[start + 16] !== 0x3a ||
    !(month > 0 && month < 13 && day > 0 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60) ||
    !isPrintable(seconds)
  ) {
    fail('TIME_INVALID', 'time is not RFC 3339 with at most 9 fraction digits', start)
  }
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
}

/**
 * RFC 3339 in UTC, with as many fraction digits as there are (none, or up to 9), ending in `Z`: as Go writes it.
 *
 * @param time - ns since the Unix epoch, within the years 0 to 9999
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function formatTime(time: bigint): string {
  const bytes = new Uint8Array(30)
  return String.fromCharCode.apply(null, bytes.subarray(0, writeTime(bytes, 0, time)) as unknown as number[])
}

/** Writes {@link formatTime}'s text as bytes and answers where it ends; without `out` it only measures. */
export function writeTime(out: Uint8Array | undefined, offset: number, time: bigint): number {
  if (typeof time !== 'bigint') failArgument('time must be a bigint of nanoseconds')
  let nanoseconds = Number(time % 1_000_000_000n)
  let seconds = Number(time / 1_000_000_000n)
  if (nanoseconds < 0) {
    nanoseconds += 1_000_000_000
    seconds--
  }
  if (!isPrintable(seconds)) failArgument('time is outside of the years 0 to 9999')
  let digits = 9
  if (nanoseconds === 0) digits = 0
  else for (; nanoseconds % 10 === 0; nanoseconds /= 10) digits--
  if (out !== undefined) {
    const days = Math.floor(seconds / 86_400)
    const rest = seconds - days * 86_400
    // civil date of a day number, counted in eras of 400 years that begin on March 1st
    const shifted = days + 719_468
    const era = Math.floor(shifted / 146_097)
    const dayOfEra = shifted - era * 146_097
    const yearOfEra = Math.floor(
      (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
    )
    const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - Math.floor(yearOfEra / 100))
    const march = Math.floor((5 * dayOfYear + 2) / 153)
    const month = march < 10 ? march + 3 : march - 9
    writeDigits(out, offset, 4, yearOfEra + era * 400 + (month < 3 ? 1 : 0))
    out[offset + 4] = 0x2d
    writeDigits(out, offset + 5, 2, month)
    out[offset + 7] = 0x2d
    writeDigits(out, offset + 8, 2, dayOfYear - Math.floor((153 * march + 2) / 5) + 1)
    out[offset + 10] = 0x54
    writeDigits(out, offset + 11, 2, Math.floor(rest / 3600))
    out[offset + 13] = 0x3a
    writeDigits(out, offset + 14, 2, Math.floor(rest / 60) % 60)
    out[offset + 16] = 0x3a
    writeDigits(out, offset + 17, 2, rest % 60)
  }
  offset += 19
  if (digits > 0) {
    if (out !== undefined) {
      out[offset] = 0x2e
      writeDigits(out, offset + 1, digits, nanoseconds)
    }
    offset += digits + 1
  }
  if (out !== undefined) out[offset] = 0x5a
  return offset + 1
}

/** Years 0 to 9999. */
function isPrintable(seconds: number): boolean {
  return seconds >= -62_167_219_200 && seconds < 253_402_300_800
}

/** Days from the Unix epoch to a civil date. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month < 3 ? year - 1 : year
  const century = Math.floor(shifted / 100)
  return (
    365 * shifted +
    Math.floor(shifted / 4) -
    century +
    Math.floor(century / 4) +
    Math.floor((153 * (month < 3 ? month + 9 : month - 3) + 2) / 5) +
    day -
    719_469
  )
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return 30 + ((month + (month >> 3)) & 1)
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** `NaN` when there is anything but digits. */
function readDigits(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0
  for (const end = offset + count; offset < end; offset++) {
    const digit = (bytes[offset] as number) - 48
    if (!(digit >= 0 && digit < 10)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function writeDigits(out: Uint8Array, offset: number, count: number, value: number): void {
  while (count-- > 0) {
    const rest = Math.floor(value / 10)
    out[offset + count] = value - rest * 10 + 48
    value = rest
  }
}
