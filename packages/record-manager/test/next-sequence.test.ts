import { describe, expect, test } from 'vitest'
import { checkChosenSequence, checkIfSequence, nextSequence } from '../src/next-sequence.ts'

const key = Uint8Array.of(1)
const last = (1n << 64n) - 1n
/** ms */
const time = 1_790_000_000_000n
const now = time * 1_000_000n + 999_999n

function errorOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('the next sequence', () => {
  test.for([
    [undefined, time, 'the current time in ms for an unknown key'],
    [time - 1n, time, 'the current time in ms above an earlier time'],
    [time, time + 1n, 'one above the current time when that is taken'],
    [time + 500n, time + 501n, 'one above a later time'],
    [0n, 1n, 'one above a counter'],
    [(1n << 40n) - 1n, 1n << 40n, 'one above the highest counter'],
    [1n << 40n, time, 'the current time in ms above the earliest time'],
    [(1n << 53n) - 1n, 1n << 53n, 'one above what we choose ourselves'],
    [1_790_000_000_000_000_000n, 1_790_000_000_000_000_001n, 'one above a time in ns'],
    [last - 1n, last, 'the highest sequence']
  ] as const)('after %s is %s: %s', ([highest, expected]) => {
    expect(nextSequence(highest, now, key)).toBe(expected)
  })

  test('stays below 2^53, whatever the clock shows', () => {
    expect(nextSequence(undefined, last * 1_000_000n, key)).toBe((1n << 53n) - 1n)
    expect(nextSequence(time, last * 1_000_000n, key)).toBe((1n << 53n) - 1n)
  })

  test('throws SEQUENCE_EXHAUSTED above 2^64 - 1', () => {
    const failure = errorOf(() => nextSequence(last, now, key))
    expect(failure).toMatchObject({ code: 'SEQUENCE_EXHAUSTED', key })
    expect(String(failure)).toContain(String(last))
  })
})

test('a chosen sequence must be above the highest known one', () => {
  expect(() => checkChosenSequence(0n, undefined, key)).not.toThrow()
  expect(() => checkChosenSequence(6n, 5n, key)).not.toThrow()
  for (const chosen of [5n, 4n]) {
    const failure = errorOf(() => checkChosenSequence(chosen, 5n, key))
    expect(failure).toMatchObject({ code: 'SEQUENCE_CONFLICT', key })
    expect(String(failure)).toMatch(new RegExp(`sequence is ${chosen}; .* 5`))
  }
})

test('ifSequence must be the sequence of the current record, or null when there is none', () => {
  expect(() => checkIfSequence(undefined, { sequence: 5n }, key)).not.toThrow()
  expect(() => checkIfSequence(5n, { sequence: 5n }, key)).not.toThrow()
  expect(() => checkIfSequence(null, undefined, key)).not.toThrow()
  for (const [expected, current, message] of [
    [4n, { sequence: 5n }, 'ifSequence is 4; the latest is 5'],
    [null, { sequence: 5n }, 'ifSequence is null; the latest is 5'],
    [0n, undefined, 'ifSequence is 0; there is no valid record under this key'],
    [null, {}, 'ifSequence is null; the record under this key has no sequence'],
    [0n, {}, 'ifSequence is 0; the record under this key has no sequence']
  ] as const) {
    const failure = errorOf(() => checkIfSequence(expected, current, key))
    expect(failure).toMatchObject({ code: 'SEQUENCE_CONFLICT', message, key })
  }
})
