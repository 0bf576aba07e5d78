import { copyBytes, dateFromTime, isRecordError, systemTimer, timeFromDate } from '@recordkit/record-types'
import { checkOptions } from '@recordkit/record-types/internal'
import { expect, test, vi } from 'vitest'

test.each<[string, () => unknown, RegExp]>([
  [
    'a time in milliseconds as a date',
    () => timeFromDate(Date.now() as never),
    /^date is \d+; a valid date in or after 1970 is expected$/
  ],
  ['a date that is not valid', () => timeFromDate(new Date('tomorrow')), /^date is Invalid Date; a valid date/],
  ['nothing as a date', () => timeFromDate(undefined as never), /^date is undefined; a valid date/],
  [
    'a number as a time',
    () => dateFromTime(5 as never),
    /^time is number 5; a bigint of nanoseconds, such as that of systemClock\(\), is expected$/
  ],
  ['text as bytes', () => copyBytes('abc' as never), /^bytes is a string; a Uint8Array is expected$/],
  ['nothing as bytes', () => copyBytes(undefined as never), /^bytes is undefined; a Uint8Array is expected$/],
  ...[new Map([['signal', 1]]), new AbortController().signal, new Date(0), new URL('https://a')].map(
    (options): [string, () => unknown, RegExp] => [
      `${options.constructor.name} as options`,
      () => checkOptions<object>(options, {}),
      new RegExp(`^options is an? ${options.constructor.name}; a plain object is expected$`)
    ]
  ),
  ['null as a time', () => dateFromTime(null as never), /^time is object null; a bigint of nanoseconds/]
])('the message for %s says what is expected', (_, call, message) => {
  expect(call).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as unknown })
  )
})

test('values that are not errors are not a RecordError', () => {
  for (const value of [undefined, null, 'STORE_IO', { code: 'STORE_IO' }, new Error('STORE_IO')])
    expect(isRecordError(value)).toBe(false)
})

test('a timer of more than 24.8 days does not run immediately', () => {
  vi.useFakeTimers()
  try {
    let ran = false
    const cancel = systemTimer(() => (ran = true), 5e9)
    vi.advanceTimersByTime(2_000_000_000)
    expect(ran).toBe(false)
    cancel()
  } finally {
    vi.useRealTimers()
  }
})

test('bytes are copied, so that later changes of the caller have no effect', () => {
  const bytes = Uint8Array.of(1)
  const copy = copyBytes(bytes)
  bytes[0] = 2
  expect(copy).toEqual(Uint8Array.of(1))
})

test('frozen options, and options without a prototype or of a class, are options', () => {
  class Options {
    signal = undefined
  }
  for (const options of [
    Object.freeze({ signal: 1 }),
    Object.assign(Object.create(null), { signal: 1 }),
    new Options()
  ])
    expect(() => checkOptions(options as { signal: unknown }, { signal: 0 })).not.toThrow()
})
