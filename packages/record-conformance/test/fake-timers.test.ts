import { FakeTimers } from '@recordkit/record-conformance'
import { expect, test } from 'vitest'

test('FakeTimers.advance rejects a duration that is not a bigint of at least 0, and does not move the clock', async () => {
  const timers = new FakeTimers(7n)
  for (const [duration, shown] of [
    [1000, '1000'],
    [undefined, 'undefined'],
    [-1n, 'the bigint -1n']
  ] as const) {
    await expect(timers.advance(duration as bigint)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `duration is ${shown}; a bigint of nanoseconds is expected`
    })
  }
  expect(timers.now).toBe(7n)
})
