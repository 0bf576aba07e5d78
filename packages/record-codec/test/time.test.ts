import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatTime, ipnsOrder, parseTime } from '@recordkit/record-codec'
import own from '@recordkit/vectors/recordkit/times.json' with { type: 'json' }
import timestamps from '@recordkit/vectors/rules/timestamps.json' with { type: 'json' }
import { time } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

test.each(timestamps.format)('formatTime and parseTime agree with Go on $text', ({ unixSeconds, nanos, text }) => {
  const nanoseconds = BigInt(unixSeconds) * 1_000_000_000n + BigInt(nanos)
  expect(formatTime(nanoseconds)).toBe(text)
  expect(parseTime(text)).toBe(nanoseconds)
})

test.each(own.valid)('parseTime parses $text', ({ text, nanoseconds, written }) => {
  expect(parseTime(text)).toBe(BigInt(nanoseconds))
  expect(parseTime(utf8(text))).toBe(BigInt(nanoseconds))
  expect(formatTime(BigInt(nanoseconds))).toBe(written)
})

test.each(own.invalid)('parseTime refuses $text: $why', ({ text }) => {
  expect(codeOf(() => parseTime(text))).toBe('TIME_INVALID')
  expect(codeOf(() => parseTime(utf8(text)))).toBe('TIME_INVALID')
})

test('parseTime parses every time that formatTime formats', () => {
  fc.assert(fc.property(time, (nanoseconds) => parseTime(formatTime(nanoseconds)) === nanoseconds))
})

test('parseTime and formatTime agree with Date on times in milliseconds', () => {
  fc.assert(
    fc.property(time, (nanoseconds) => {
      const milliseconds = BigInt.asIntN(64, nanoseconds / 1_000_000n)
      const text = new Date(Number(milliseconds)).toISOString()
      expect(parseTime(text)).toBe(milliseconds * 1_000_000n)
      expect(formatTime(milliseconds * 1_000_000n).slice(0, 19)).toBe(text.slice(0, 19))
    }),
    { numRuns: 500 }
  )
})

test('parseTime and formatTime agree with Date on every day of four centuries', () => {
  for (let day = -135_140; day < 10_957; day++) {
    const text = new Date(day * 86_400_000).toISOString()
    const parsed = parseTime(text)
    if (parsed !== BigInt(day) * 86_400_000_000_000n) expect.unreachable(text)
    if (formatTime(parsed) !== text.replace('.000', '')) expect.unreachable(text)
  }
})

describe('parseTime', () => {
  test.each([1900, 2000, 2023, 2024])('accepts only dates that exist in %i', (year) => {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
      for (let day = 28; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`
        expect(codeOf(() => parseTime(text))).toBe(day <= last ? 'ok' : 'TIME_INVALID')
      }
    }
  })
})

test('parseTime does not read past its input', () => {
  const text = utf8('2023-11-14T22:13:20Z')
  const longer = new Uint8Array(60).fill(0x30)
  longer.set(text)
  for (let length = 0; length < text.length; length++) {
    expect(codeOf(() => parseTime(longer.subarray(0, length)))).toBe('TIME_INVALID')
  }
  expect(parseTime(longer.subarray(0, text.length))).toBe(1_700_000_000_000_000_000n)
})

test.each([
  253_402_300_800_000_000_000n,
  -62_167_219_200_000_000_001n,
  1 as unknown as bigint,
  undefined as unknown as bigint
])('formatTime refuses %s', (nanoseconds) => {
  expect(codeOf(() => formatTime(nanoseconds))).toBe('INVALID_ARGUMENT')
})

test('parseTime and formatTime are exact next to whole seconds, at the limits of 64 bits, and where rounding could change the second', () => {
  const edges = [
    -62_167_219_200, -9_223_372_037, -9_223_372_036, -9_000_000_001, -9_000_000_000, -4_294_967_296, -1, 0, 1,
    4_294_967_296, 1_790_000_000, 9_000_000_000, 9_000_000_001, 9_223_372_036, 9_223_372_037, 253_402_300_799
  ]
  const seconds = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: edges[0]!, max: edges.at(-1)! }))
  fc.assert(
    fc.property(seconds, fc.constantFrom(0, 1, 100, 999_999_900, 999_999_999), (second, rest) => {
      const text = new Date(second * 1000).toISOString().slice(0, 19)
      const fraction = String(rest).padStart(9, '0').replace(/0+$/, '')
      const written = text + (fraction === '' ? '' : `.${fraction}`) + 'Z'
      const nanoseconds = BigInt(second) * 1_000_000_000n + BigInt(rest)
      expect(formatTime(nanoseconds)).toBe(written)
      expect(parseTime(written)).toBe(nanoseconds)
      const order = ipnsOrder({ sequence: 0n, validity: nanoseconds })
      const view = new DataView(order.buffer)
      expect(view.getBigUint64(8)).toBe(BigInt(second) + 62_167_219_200n)
      expect(view.getUint32(16)).toBe(rest)
    }),
    { numRuns: 2000 }
  )
})

test('parseTime refuses the characters next to the digits in ASCII, at every position', () => {
  const text = '2026-11-27T18:02:15.123456789+01:30'
  for (const [index, digit] of Array.from(text).entries()) {
    if (digit < '0' || digit > '9') continue
    for (const character of '/:') {
      const wrong = text.slice(0, index) + character + text.slice(index + 1)
      expect(
        codeOf(() => parseTime(wrong)),
        wrong
      ).toBe('TIME_INVALID')
    }
  }
})
