import type { HighWaterMark } from '@recordkit/record-store'
import type { Namespace, UnverifiedRecord } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { highestSequence, nextSequence } from '../src/next-sequence.ts'

const key = Uint8Array.of(1)
const recordWith = (sequence?: bigint): UnverifiedRecord => ({ sequence }) as UnverifiedRecord
const markWith = (sequence: bigint): HighWaterMark => ({ rank: Uint8Array.of(Number(sequence)) }) as HighWaterMark
const last = (1n << 64n) - 1n

describe('the highest known sequence', () => {
  const namespace = { sequenceOf: (rank: Uint8Array) => BigInt(rank[0] ?? 0) } as unknown as Namespace

  test('is the higher one of the record and the mark', () => {
    expect(highestSequence(namespace, { record: undefined, mark: undefined })).toBeUndefined()
    expect(highestSequence(namespace, { record: recordWith(3n), mark: undefined })).toBe(3n)
    expect(highestSequence(namespace, { record: undefined, mark: markWith(4n) })).toBe(4n)
    expect(highestSequence(namespace, { record: recordWith(3n), mark: markWith(4n) })).toBe(4n)
    expect(highestSequence(namespace, { record: recordWith(5n), mark: markWith(4n) })).toBe(5n)
    expect(highestSequence(namespace, { record: recordWith(), mark: markWith(4n) })).toBe(4n)
  })

  test('ignores the mark when the namespace has no sequenceOf', () => {
    expect(highestSequence({} as Namespace, { record: undefined, mark: markWith(4n) })).toBeUndefined()
  })
})

describe('the next sequence', () => {
  test('is 0 for an unknown key, one above the highest for a change, and the same without a change', () => {
    expect(nextSequence(undefined, undefined, false, undefined, key)).toBe(0n)
    expect(nextSequence(4n, recordWith(4n), false, undefined, key)).toBe(5n)
    expect(nextSequence(4n, recordWith(4n), true, undefined, key)).toBe(4n)
    expect(nextSequence(4n, recordWith(4n), true, 4n, key)).toBe(4n)
  })

  test('is above a mark that is higher than the record, with or without a change', () => {
    expect(nextSequence(9n, recordWith(4n), true, undefined, key)).toBe(10n)
  })

  test('throws SEQUENCE_CONFLICT naming both sequences when ifSequence is not the latest', () => {
    const conflict = (highest: bigint | undefined, ifSequence: bigint): unknown => {
      try {
        return nextSequence(highest, undefined, false, ifSequence, key)
      } catch (error) {
        return error
      }
    }
    expect(conflict(5n, 5n)).toBe(6n)
    expect(conflict(5n, 4n)).toMatchObject({ code: 'SEQUENCE_CONFLICT', key })
    expect(String(conflict(5n, 4n))).toMatch(/4; .*5/)
    expect(conflict(undefined, 0n)).toMatchObject({ code: 'SEQUENCE_CONFLICT' })
    expect(String(conflict(undefined, 0n))).toMatch(/no sequence is known/)
  })

  test('throws SEQUENCE_EXHAUSTED above 2^64 - 1, and stays there without a change', () => {
    expect(nextSequence(last - 1n, recordWith(last - 1n), false, undefined, key)).toBe(last)
    expect(nextSequence(last, recordWith(last), true, undefined, key)).toBe(last)
    let failure: unknown
    try {
      nextSequence(last, recordWith(last), false, undefined, key)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'SEQUENCE_EXHAUSTED', key })
    expect(String(failure)).toContain(String(last))
  })
})
