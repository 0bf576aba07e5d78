import { checkBytes, failArgument, failAt } from './fail.ts'

// seconds: the first of the year 0, and the first after the year 9999
const yearZero = -62_167_219_200
const yearTenThousand = 253_402_300_800

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
  let offset = start + 19
  let nanoseconds = 0
  if (bytes[offset] === 0x2e) {
    for (let unit = 1e8; unit >= 1 && isDigit(bytes[offset + 1]); unit /= 10) {
      nanoseconds += (bytes[++offset]! - 48) * unit
    }
    // a point without digits stays where it is, and is no offset
    if (offset > start + 19) offset++
  }
  let east = 0
  let good = fits(bytes, start, '0000-00-00T00:00:00')
  if (bytes[offset] !== 0x5a) {
    // a plus is 43, a minus 45
    const sign = 44 - bytes[offset]!
    const hours = pairAt(bytes, offset + 1)
    const minutes = pairAt(bytes, offset + 4)
    good &&= Math.abs(sign) === 1 && fits(bytes, offset + 1, '00:00') && hours < 24 && minutes < 60
    east = sign * (hours * 3600 + minutes * 60)
    offset += 5
  }
  const year = pairAt(bytes, start) * 100 + pairAt(bytes, start + 2)
  const month = pairAt(bytes, start + 5)
  const day = pairAt(bytes, start + 8)
  const hour = pairAt(bytes, start + 11)
  const minute = pairAt(bytes, start + 14)
  const second = pairAt(bytes, start + 17)
  // days in years that begin in March, counted 400 years later so that none is negative
  const years = year + (month < 3 ? 399 : 400)
  const days = 365 * years + (years >> 2) - ((years / 100) | 0) + ((years / 400) | 0) + day - 865_566
  const seconds =
    (days + (((153 * ((month + 9) % 12) + 2) / 5) | 0)) * 86_400 + hour * 3600 + minute * 60 + second - east
  const longest = month === 2 ? (year % (year % 100 ? 4 : 400) ? 28 : 29) : 30 + ((month + (month >> 3)) & 1)
  if (
    !good ||
    offset + 1 !== end ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > longest ||
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    seconds < yearZero ||
    seconds >= yearTenThousand
  ) {
    failAt('TIME_INVALID', start)
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
  return String.fromCharCode(...timeBytes(time))
}

/** {@link formatTime}'s text as ASCII. */
export function timeBytes(time: bigint): Uint8Array {
  let seconds = typeof time === 'bigint' ? Number(time / 1_000_000_000n) : Number.NaN
  let nanoseconds = seconds === seconds ? Number(time % 1_000_000_000n) : 0
  if (nanoseconds < 0) {
    nanoseconds += 1e9
    seconds--
  }
  if (!(seconds >= yearZero && seconds < yearTenThousand)) {
    failArgument('time must be a bigint of nanoseconds, within the years 0 to 9999')
  }
  const days = Math.floor(seconds / 86_400)
  const rest = seconds - days * 86_400
  // by centuries, years that begin in March, and months, counted 400 years later so that none is negative
  const quarters = 4 * (days + 865_565) + 3
  const century = (quarters / 146_097) | 0
  const yearQuarters = (quarters % 146_097) | 3
  const dayOfYear = ((yearQuarters % 1461) / 4) | 0
  const march = ((5 * dayOfYear + 2) / 153) | 0
  const year = century * 100 + ((yearQuarters / 1461) | 0) - (march < 10 ? 400 : 399)
  const out = new Uint8Array(30)
  writePair(out, 0, year / 100, 0)
  writePair(out, 2, year % 100, 0x2d)
  writePair(out, 5, march < 10 ? march + 3 : march - 9, 0x2d)
  writePair(out, 8, dayOfYear - (((153 * march + 2) / 5) | 0) + 1, 0x54)
  writePair(out, 11, rest / 3600, 0x3a)
  writePair(out, 14, (rest / 60) % 60, 0x3a)
  writePair(out, 17, rest % 60, 0x2e)
  let end = 20
  for (let unit = 1e8; nanoseconds > 0; unit /= 10) {
    out[end++] = nanoseconds / unit + 48
    nanoseconds %= unit
  }
  if (end === 20) end--
  out[end++] = 0x5a
  return out.subarray(0, end)
}

function isDigit(byte: number | undefined): boolean {
  return byte! > 47 && byte! < 58
}

/** Whether the bytes at `offset` are as in `pattern`, where 0 stands for any digit. */
function fits(bytes: Uint8Array, offset: number, pattern: string): boolean {
  for (let index = 0; index < pattern.length; index++) {
    const byte = bytes[offset + index]
    const expected = pattern.charCodeAt(index)
    if (expected === 48 ? !isDigit(byte) : byte !== expected) return false
  }
  return true
}

function pairAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 10 + bytes[offset + 1]! - 528
}

/** Two digits, and what stands behind them. */
function writePair(out: Uint8Array, offset: number, value: number, behind: number): void {
  out[offset] = value / 10 + 48
  out[offset + 1] = (value | 0) % 10 + 48
  out[offset + 2] = behind
}
