import { compareBytes } from '@recordkit/record-types'
import { day } from '@recordkit/testing'
import {
  decidePut,
  higherMark,
  isExpired,
  markFor,
  previousMark,
  refreshedRecord,
  satisfies
} from '@recordkit/record-store'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rank } from './records.ts'

const key = Uint8Array.of(1)
const second = 1_000_000_000n
const times = fc.bigInt(0n, 100n)
const ranks = fc.record({ order: fc.nat({ max: 3 }), identity: fc.nat({ max: 3 }) })

/** A record whose identity is its value. */
function recordOf(order: number, value: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key, value: Uint8Array.of(value), rank: rank(order, String(value)), timeReceived: 0n, ...more }
}

const records: fc.Arbitrary<StoredRecord> = fc
  .record({ rank: ranks, timeReceived: times, expires: fc.option(times, { nil: undefined }) })
  .map(({ rank: { order, identity }, ...rest }) => recordOf(order, identity, rest))
const marks: fc.Arbitrary<HighWaterMark> = fc
  .record({ rank: ranks, until: times })
  .map(({ rank: { order, identity }, until }) => ({ key, rank: rank(order, String(identity)), until }))

describe('decidePut', () => {
  test('leaves the record with the highest rank, whatever the order of the puts', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 8 }), (puts) => {
        let stored: StoredRecord | undefined
        for (const put of puts) {
          const { status } = decidePut(stored, undefined, put, 0n)
          if (status === 'stored') stored = put
          else if (status === 'refreshed' && stored !== undefined) stored = refreshedRecord(stored, put)
        }
        const best = puts.reduce((a, b) => (compareBytes(a.rank, b.rank) >= 0 ? a : b))
        expect(stored?.value).toEqual(best.value)
        expect(stored?.rank).toEqual(best.rank)
      })
    )
  })

  test('never stores a record that ranks below an unexpired mark, and refreshes only the same record', () => {
    fc.assert(
      fc.property(fc.option(records, { nil: undefined }), marks, records, times, (stored, mark, put, now) => {
        const { status } = decidePut(stored, mark, put, now)
        if (compareBytes(put.rank, mark.rank) < 0 && mark.until >= now) expect(status).not.toBe('stored')
        const same = stored !== undefined && !isExpired(stored, now) && compareBytes(put.rank, stored.rank) === 0
        expect(status === 'refreshed').toBe(same)
      })
    )
  })

  test('stores a record whose rank equals the mark', () => {
    const record = recordOf(5, 1)
    expect(decidePut(undefined, markFor(record, 0n), record, 1n).status).toBe('stored')
  })

  test('returns the stored record with every status', () => {
    const stored = recordOf(5, 5)
    expect(decidePut(undefined, undefined, stored, 0n)).toEqual({ status: 'stored' })
    for (const [put, status] of [
      [recordOf(6, 1), 'stored'],
      [recordOf(4, 9), 'stale'],
      [recordOf(5, 5), 'refreshed'],
      [recordOf(5, 6), 'stored'],
      [recordOf(5, 4), 'stale']
    ] as const)
      expect(decidePut(stored, undefined, put, 0n)).toEqual({ status, previous: stored })
  })

  test('treats equal ranks as the same record, whatever their values', () => {
    const stored = recordOf(5, 5)
    const variant = { ...stored, value: Uint8Array.of(9, 9) }
    expect(decidePut(stored, undefined, variant, 0n)).toEqual({ status: 'refreshed', previous: stored })
    expect(decidePut(variant, undefined, stored, 0n)).toEqual({ status: 'refreshed', previous: variant })
  })

  test('tests the same record, then ifRank, then mark and rank', () => {
    const stored = recordOf(5, 5)
    const above: HighWaterMark = { key, rank: rank(8), until: 10n }
    for (const ifRank of [null, rank(1), stored.rank])
      expect(decidePut(stored, above, stored, 0n, ifRank).status).toBe('refreshed')
    for (const ifRank of [null, rank(1)])
      for (const put of [recordOf(4, 1), recordOf(6, 1), recordOf(9, 1)])
        expect(decidePut(stored, above, put, 0n, ifRank)).toEqual({ status: 'conflict', previous: stored })
    expect(decidePut(stored, above, recordOf(6, 1), 0n, stored.rank)).toEqual({
      status: 'stale',
      mark: above,
      previous: stored
    })
    expect(decidePut(stored, undefined, recordOf(4, 1), 0n, stored.rank).status).toBe('stale')
    expect(decidePut(stored, above, recordOf(9, 1), 0n, stored.rank).status).toBe('stored')
    expect(decidePut(undefined, above, recordOf(6, 1), 0n, rank(1)).status).toBe('conflict')
    expect(decidePut(undefined, above, recordOf(6, 1), 0n, null).status).toBe('stale')
    expect(decidePut(undefined, above, recordOf(9, 1), 0n, null).status).toBe('stored')
  })

  test('returns the mark that a stale record ranks below, and the record stored beside it', () => {
    const mark: HighWaterMark = { key, rank: rank(5, '5'), until: 10n }
    expect(decidePut(undefined, mark, recordOf(4, 1), 10n)).toEqual({ status: 'stale', mark })
    const stored = recordOf(3, 1)
    expect(decidePut(stored, mark, recordOf(4, 1), 10n)).toEqual({ status: 'stale', mark, previous: stored })
    // after its last instant the mark has no effect
    expect(decidePut(undefined, mark, recordOf(4, 1), 11n)).toEqual({ status: 'stored' })
    expect(decidePut(stored, mark, recordOf(4, 1), 11n)).toEqual({ status: 'stored', previous: stored })
  })

  test('treats an expired record as the mark that it leaves, combined with the existing mark', () => {
    const stored = recordOf(5, 5, { expires: 9n })
    const own = { key, rank: stored.rank, until: 10n + 30n * day }
    for (const put of [recordOf(4, 9), recordOf(5, 4)])
      expect(decidePut(stored, undefined, put, 10n)).toEqual({ status: 'stale', mark: own })
    for (const put of [recordOf(5, 5), recordOf(5, 6), recordOf(6, 1)])
      expect(decidePut(stored, undefined, put, 10n)).toEqual({ status: 'stored' })
    const above: HighWaterMark = { key, rank: rank(8), until: 10n }
    expect(decidePut(stored, above, recordOf(7, 1), 10n)).toEqual({
      status: 'stale',
      mark: { ...above, until: own.until }
    })
    // at its last instant the record has not expired
    expect(decidePut(stored, undefined, recordOf(4, 9), 9n)).toEqual({ status: 'stale', previous: stored })
  })
})

test('satisfies compares the rank of the valid record, and null requires that there is none', () => {
  const stored = recordOf(5, 5, { expires: 9n })
  for (const [record, ifRank, now, expected] of [
    [stored, undefined, 9n, true],
    [undefined, undefined, 9n, true],
    [stored, stored.rank.slice(), 9n, true],
    [stored, rank(5, '6'), 9n, false],
    [stored, new Uint8Array(0), 9n, false],
    [stored, null, 9n, false],
    [undefined, stored.rank, 9n, false],
    [undefined, null, 9n, true],
    [stored, stored.rank, 10n, false],
    [stored, null, 10n, true]
  ] as const)
    expect(satisfies(record, ifRank, now)).toBe(expected)
})

describe('refreshedRecord', () => {
  test('keeps the later expiry and everything but the times', () => {
    fc.assert(
      fc.property(records, records, (stored, put) => {
        const after = refreshedRecord(stored, { ...put, rank: stored.rank, value: Uint8Array.of(9, 9) })
        expect(after.value).toBe(stored.value)
        expect(after.timeReceived >= stored.timeReceived).toBe(true)
        if (stored.expires === undefined || put.expires === undefined) expect(after.expires).toBeUndefined()
        else expect(after.expires).toBe(stored.expires > put.expires ? stored.expires : put.expires)
      })
    )
  })

  test('takes only times from the incoming record', () => {
    const stored = recordOf(1, 1, {
      expires: 5n,
      author: Uint8Array.of(1),
      sender: Uint8Array.of(2),
      timeReceived: 9n
    })
    const put = recordOf(1, 1, { sender: Uint8Array.of(3), timeReceived: 8n })
    expect(refreshedRecord(stored, put)).toEqual({ ...stored, expires: undefined })
    expect(refreshedRecord(stored, { ...put, expires: 4n })).toBe(stored)
    expect(refreshedRecord(stored, { ...put, expires: 6n, timeReceived: 10n })).toEqual({
      ...stored,
      expires: 6n,
      timeReceived: 10n
    })
  })

  test('returns the stored record itself when the time of receipt moves by less than a second', () => {
    const stored = recordOf(1, 1, { expires: 5n, timeReceived: 9n })
    expect(refreshedRecord(stored, { ...stored, timeReceived: 9n + second - 1n })).toBe(stored)
    expect(refreshedRecord(stored, { ...stored, timeReceived: 9n + second })).toEqual({
      ...stored,
      timeReceived: 9n + second
    })
  })
})

test('refreshedRecord replaces the stored value only when it is the one that the incoming value completes', () => {
  const stored = recordOf(5, 5, { timeReceived: 3n })
  const put = { ...stored, value: Uint8Array.of(7, 7), timeReceived: stored.timeReceived + 1n }
  expect(refreshedRecord(stored, put, stored.value)).toEqual(put)
  expect(refreshedRecord(stored, put, stored.value.slice())).toEqual(put)
  expect(refreshedRecord(stored, put, Uint8Array.of(1, 1, 1, 1))).toBe(stored)
})

test('isExpired is false at the last instant of a record', () => {
  expect(isExpired({ expires: 5n }, 5n)).toBe(false)
  expect(isExpired({ expires: 5n }, 6n)).toBe(true)
  expect(isExpired({}, 1n << 80n)).toBe(false)
})

test('markFor lasts 30 days or until the expiry of the record, and higherMark keeps the longer time and the higher rank', () => {
  const record = recordOf(5, 1)
  expect(markFor(record, 0n).until).toBe(30n * day)
  expect(markFor({ ...record, expires: 90n * day }, 0n).until).toBe(90n * day)
  fc.assert(
    fc.property(marks, marks, (a, b) => {
      const both = higherMark(a, b)
      expect(both.until).toBe(a.until > b.until ? a.until : b.until)
      for (const one of [a, b]) expect(compareBytes(both.rank, one.rank)).toBeGreaterThanOrEqual(0)
    })
  )
})

test('markFor keeps the key and the rank of a record and nothing else', () => {
  const record = recordOf(5, 1, { sender: key, author: key, expires: 1n })
  expect(markFor(record, 2n)).toEqual({ key, rank: record.rank, until: 2n + 30n * day })
})

test('higherMark returns the mark with the higher rank, and the later of both times', () => {
  const mark = (order: number, until: bigint): HighWaterMark => ({ key, rank: rank(order), until })
  for (const [a, b, both] of [
    [undefined, mark(1, 5n), mark(1, 5n)],
    [mark(2, 5n), mark(1, 5n), mark(2, 5n)],
    [mark(1, 5n), mark(2, 5n), mark(2, 5n)],
    [mark(2, 4n), mark(1, 6n), mark(2, 6n)],
    [mark(1, 6n), mark(2, 4n), mark(2, 6n)]
  ] as const)
    expect(higherMark(a, b)).toEqual(both)
})

describe('previousMark', () => {
  const now = 10n
  const own = now + 30n * day

  test('keeps the mark of a replaced record that outlives the mark of the new record', () => {
    const long = recordOf(1, 1, { expires: own + 1n })
    expect(previousMark(long, undefined, recordOf(2, 1), now)).toEqual(markFor(long, now))
    expect(previousMark(recordOf(1, 1, { expires: own }), undefined, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own + 1n }), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own }), now)).toEqual(markFor(long, now))
  })

  test('keeps an existing mark that outlives the mark of the new record', () => {
    const mark: HighWaterMark = { key, rank: rank(2), until: own + 1n }
    expect(previousMark(undefined, mark, recordOf(2, 1), now)).toEqual(mark)
    expect(previousMark(undefined, { ...mark, until: own }, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(undefined, undefined, recordOf(2, 1), now)).toBeUndefined()
  })

  test('returns the higher of the existing mark and the mark of the replaced record', () => {
    const mark: HighWaterMark = { key, rank: rank(1), until: own + 5n }
    const stored = recordOf(2, 1)
    expect(previousMark(stored, mark, recordOf(3, 1), now)).toEqual({ key, rank: stored.rank, until: own + 5n })
  })
})
