import type { HighWaterMark } from '@recordkit/record-store'
import type { Namespace, UnverifiedRecord } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { highestSequence, nextSequence } from '../src/next-sequence.ts'

const key = Uint8Array.of(1)
const held = (sequence?: bigint): UnverifiedRecord => ({ sequence }) as UnverifiedRecord
const marked = (sequence: bigint): HighWaterMark => ({ rank: Uint8Array.of(Number(sequence)) }) as HighWaterMark
const last = (1n << 64n) - 1n

describe('the highest sequence known', () => {
  const namespace = { sequenceOf: (rank: Uint8Array) => BigInt(rank[0] ?? 0) } as unknown as Namespace

  test('is that of the record held or of the mark, whichever is higher', () => {
    expect(highestSequence(namespace, { held: undefined, mark: undefined })).toBeUndefined()
    expect(highestSequence(namespace, { held: held(3n), mark: undefined })).toBe(3n)
    expect(highestSequence(namespace, { held: undefined, mark: marked(4n) })).toBe(4n)
    expect(highestSequence(namespace, { held: held(3n), mark: marked(4n) })).toBe(4n)
    expect(highestSequence(namespace, { held: held(5n), mark: marked(4n) })).toBe(5n)
    expect(highestSequence(namespace, { held: held(), mark: marked(4n) })).toBe(4n)
  })

  test('says nothing of marks where a namespace reads no sequence in them', () => {
    expect(highestSequence({} as Namespace, { held: undefined, mark: marked(4n) })).toBeUndefined()
  })
})

describe('the next sequence', () => {
  test('is 0 where nothing is known, one above the highest for a change, the same where nothing changed', () => {
    expect(nextSequence(undefined, undefined, false, undefined, key)).toBe(0n)
    expect(nextSequence(4n, held(4n), false, undefined, key)).toBe(5n)
    expect(nextSequence(4n, held(4n), true, undefined, key)).toBe(4n)
    expect(nextSequence(4n, held(4n), true, 4n, key)).toBe(4n)
  })

  test('is above a mark that is higher than what is held, changed or not', () => {
    expect(nextSequence(9n, held(4n), true, undefined, key)).toBe(10n)
  })

  test('that was to follow another one than the latest is a conflict, which names both', () => {
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
    expect(String(conflict(undefined, 0n))).toMatch(/nothing/)
  })

  test('ends at 2^64 - 1: what is there stays, and nothing follows', () => {
    expect(nextSequence(last - 1n, held(last - 1n), false, undefined, key)).toBe(last)
    expect(nextSequence(last, held(last), true, undefined, key)).toBe(last)
    let failure: unknown
    try {
      nextSequence(last, held(last), false, undefined, key)
    } catch (error) {
      failure = error
    }
    expect(failure).toMatchObject({ code: 'SEQUENCE_EXHAUSTED', key })
    expect(String(failure)).toContain(String(last))
  })
})
