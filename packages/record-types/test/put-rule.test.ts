import { compareRecords, day, higherMark, isLive, markOf, putRule, refreshedRecord } from '@recordkit/record-types'
import type { Mark, StoredRecord } from '@recordkit/record-types'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const key = Uint8Array.of(1)
const small = fc.uint8Array({ maxLength: 3 })
const times = fc.bigInt(0n, 100n)
const records: fc.Arbitrary<StoredRecord> = fc
  .record({
    rank: small,
    value: small,
    timeReceived: times,
    expires: fc.option(times, { nil: undefined }),
    local: fc.boolean()
  })
  .map(({ expires, local, ...rest }) => ({
    key,
    ...rest,
    ...(expires === undefined ? {} : { expires }),
    ...(local ? { local } : {})
  }))
const marks: fc.Arbitrary<Mark> = fc.record({ rank: small, until: times }).map((mark) => ({ key, ...mark }))

describe('putRule', () => {
  test('what is held after any puts in any order is the best of them', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 8 }), (puts) => {
        let held: StoredRecord | undefined
        for (const put of puts) {
          const { outcome } = putRule(held, undefined, put, 0n)
          if (outcome === 'stored') held = put
          else if (outcome === 'refreshed' && held !== undefined) held = refreshedRecord(held, put)
        }
        const best = puts.reduce((a, b) => (compareRecords(a, b) >= 0 ? a : b))
        expect(held?.value).toEqual(best.value)
        expect(held?.rank).toEqual(best.rank)
      })
    )
  })

  test('nothing below a mark that still holds is stored, whatever is held', () => {
    fc.assert(
      fc.property(fc.option(records, { nil: undefined }), marks, records, times, (held, mark, put, now) => {
        const { outcome } = putRule(held, mark, put, now)
        const below = compareRecords({ rank: put.rank, value: key }, { rank: mark.rank, value: key }) < 0
        if (below && mark.until >= now) expect(outcome).toBe('stale')
      })
    )
  })

  test('a record of the mark’s own rank may come back', () => {
    const record: StoredRecord = { key, value: key, rank: Uint8Array.of(5), timeReceived: 0n }
    expect(putRule(undefined, markOf(record, 0n), record, 1n).outcome).toBe('stored')
  })

  test('two values at one rank come along as evidence, whoever stays', () => {
    const of = (byte: number): StoredRecord => ({
      key,
      value: Uint8Array.of(byte),
      rank: Uint8Array.of(1),
      timeReceived: 0n
    })
    expect(putRule(of(1), undefined, of(2), 0n)).toMatchObject({ outcome: 'stored', conflict: of(1) })
    expect(putRule(of(2), undefined, of(1), 0n)).toMatchObject({ outcome: 'stale', conflict: of(2) })
  })
})

test('a refresh moves times forward and nothing else, and what is local stays local', () => {
  fc.assert(
    fc.property(records, records, (held, put) => {
      const same = { ...put, rank: held.rank, value: held.value }
      const after = refreshedRecord(held, same)
      expect(after.value).toBe(held.value)
      expect(after.timeReceived >= held.timeReceived && after.timeReceived >= same.timeReceived).toBe(true)
      if (held.expires === undefined || same.expires === undefined) expect(after.expires).toBeUndefined()
      else expect(after.expires).toBe(held.expires > same.expires ? held.expires : same.expires)
      expect(after.local === true).toBe(held.local === true || same.local === true)
    })
  )
})

test('the last instant of a record counts as valid', () => {
  expect(isLive({ expires: 5n }, 5n)).toBe(true)
  expect(isLive({ expires: 5n }, 6n)).toBe(false)
  expect(isLive({}, 1n << 80n)).toBe(true)
})

test('a mark stays for 30 days or until the record’s own expiry, and the higher of two stays longest', () => {
  const record: StoredRecord = { key, value: key, rank: Uint8Array.of(5), timeReceived: 0n }
  expect(markOf(record, 0n).until).toBe(30n * day)
  expect(markOf({ ...record, expires: 90n * day }, 0n).until).toBe(90n * day)
  fc.assert(
    fc.property(marks, marks, (a, b) => {
      const both = higherMark(a, b)
      expect(both.until).toBe(a.until > b.until ? a.until : b.until)
      for (const one of [a, b])
        expect(compareRecords({ rank: both.rank, value: key }, { rank: one.rank, value: key })).toBeGreaterThanOrEqual(
          0
        )
    })
  )
})
