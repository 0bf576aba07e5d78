import { dateFromTime, systemClock, timeFromDate } from '@recordkit/record-types'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('timeFromDate and dateFromTime convert between dates and nanoseconds since the Unix epoch', () => {
  const date = new Date('2026-11-30T12:00:00.123Z')
  expect(timeFromDate(date)).toBe(1_796_040_000_123_000_000n)
  expect(dateFromTime(1_796_040_000_123_999_999n)).toEqual(date)
})

test('timeFromDate rejects invalid dates and dates before 1970', () => {
  for (const date of [new Date(Number.NaN), new Date(-1)]) {
    expect(() => timeFromDate(date)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
})

test('timeFromDate and dateFromTime reject anything but a date and a bigint, and show it', () => {
  for (const date of [5, undefined, null, '2026']) {
    expect(() => timeFromDate(date as unknown as Date)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `date is ${String(date)}; a valid date in or after 1970 is expected`
      })
    )
  }
  expect(() => dateFromTime(5 as unknown as bigint)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: 'time is number 5; a bigint of nanoseconds, such as that of systemClock(), is expected'
    })
  )
})

test('systemClock returns nanoseconds since the Unix epoch', () => {
  expect(Math.abs(Number(systemClock() / 1_000_000n) - Date.now())).toBeLessThan(60_000)
})

test('fromHex reverses toHex, which writes lowercase', () => {
  expect(toHex(Uint8Array.of(0, 10, 255))).toBe('000aff')
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
    })
  )
})
