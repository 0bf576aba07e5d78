import { compareRecords } from '@recordkit/record-types'
import { day } from '@recordkit/testing'
import { decidePut, higherMark, isExpired, markFor, previousMark, refreshedRecord } from '@recordkit/record-store'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
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
const marks: fc.Arbitrary<HighWaterMark> = fc.record({ rank: small, until: times }).map((mark) => ({ key, ...mark }))

function recordOf(rank: number, value: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key, value: Uint8Array.of(value), rank: Uint8Array.of(rank), timeReceived: 0n, ...more }
}

describe('decidePut', () => {
  test('leaves the best record, whatever the order of the puts', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 8 }), (puts) => {
        let stored: StoredRecord | undefined
        for (const put of puts) {
          const { status } = decidePut(stored, undefined, put, 0n)
          if (status === 'stored') stored = put
          else if (status === 'refreshed' && stored !== undefined) stored = refreshedRecord(stored, put)
        }
        const best = puts.reduce((a, b) => (compareRecords(a, b) >= 0 ? a : b))
        expect(stored?.value).toEqual(best.value)
        expect(stored?.rank).toEqual(best.rank)
      })
    )
  })

  test('never stores a record that ranks below an unexpired mark', () => {
    fc.assert(
      fc.property(fc.option(records, { nil: undefined }), marks, records, times, (stored, mark, put, now) => {
        const { status } = decidePut(stored, mark, put, now)
        const below = compareRecords({ rank: put.rank, value: key }, { rank: mark.rank, value: key }) < 0
        if (below && mark.until >= now) expect(status).toBe('stale')
      })
    )
  })

  test('stores a record whose rank equals the mark', () => {
    const record: StoredRecord = { key, value: key, rank: Uint8Array.of(5), timeReceived: 0n }
    expect(decidePut(undefined, markFor(record, 0n), record, 1n).status).toBe('stored')
  })

  test('returns the stored record with every status, and no other fields', () => {
    const stored = recordOf(5, 5)
    expect(decidePut(undefined, undefined, stored, 0n)).toStrictEqual({ status: 'stored' })
    for (const [put, status] of [
      [recordOf(6, 1), 'stored'],
      [recordOf(4, 9), 'stale'],
      [recordOf(5, 5), 'refreshed']
    ] as const)
      expect(decidePut(stored, undefined, put, 0n)).toStrictEqual({ status, previous: stored })
    expect(decidePut(stored, undefined, recordOf(5, 6), 0n)).toStrictEqual({
      status: 'stored',
      previous: stored,
      conflict: stored
    })
    expect(decidePut(stored, undefined, recordOf(5, 4), 0n)).toStrictEqual({
      status: 'stale',
      previous: stored,
      conflict: stored
    })
  })

  test('returns the mark that a stale record ranks below, and the record stored beside it', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(5), until: 10n }
    expect(decidePut(undefined, mark, recordOf(4, 1), 10n)).toStrictEqual({ status: 'stale', mark })
    const stored = recordOf(3, 1)
    expect(decidePut(stored, mark, recordOf(4, 1), 10n)).toStrictEqual({ status: 'stale', mark, previous: stored })
    // after its last instant the mark has no effect
    expect(decidePut(undefined, mark, recordOf(4, 1), 11n)).toStrictEqual({ status: 'stored' })
    expect(decidePut(stored, mark, recordOf(4, 1), 11n)).toStrictEqual({ status: 'stored', previous: stored })
  })

  test('treats an expired record as the mark that it leaves, combined with the existing mark', () => {
    const stored = recordOf(5, 5, { expires: 9n, digest: Uint8Array.of(7) })
    const own = { key, rank: Uint8Array.of(5), digest: Uint8Array.of(7), until: 10n + 30n * day }
    expect(decidePut(stored, undefined, recordOf(4, 9), 10n)).toStrictEqual({ status: 'stale', mark: own })
    for (const put of [recordOf(5, 5), recordOf(5, 4), recordOf(6, 1)])
      expect(decidePut(stored, undefined, put, 10n)).toStrictEqual({ status: 'stored' })
    const above: HighWaterMark = { key, rank: Uint8Array.of(8), until: 10n }
    expect(decidePut(stored, above, recordOf(7, 1), 10n)).toStrictEqual({
      status: 'stale',
      mark: { ...above, until: own.until }
    })
    // at its last instant the record has not expired
    expect(decidePut(stored, undefined, recordOf(4, 9), 9n)).toStrictEqual({ status: 'stale', previous: stored })
  })

  test('returns the other of two values with equal rank as a conflict, whichever is kept', () => {
    const [low, high] = [recordOf(1, 1), recordOf(1, 2)]
    expect(decidePut(low, undefined, high, 0n)).toMatchObject({ status: 'stored', conflict: low })
    expect(decidePut(high, undefined, low, 0n)).toMatchObject({ status: 'stale', conflict: high })
  })
})

test('refreshedRecord keeps the later times and the value, and a local record stays local', () => {
  fc.assert(
    fc.property(records, records, (stored, put) => {
      const same = { ...put, rank: stored.rank, value: stored.value }
      const after = refreshedRecord(stored, same)
      expect(after.value).toBe(stored.value)
      expect(after.timeReceived >= stored.timeReceived && after.timeReceived >= same.timeReceived).toBe(true)
      if (stored.expires === undefined || same.expires === undefined) expect(after.expires).toBeUndefined()
      else expect(after.expires).toBe(stored.expires > same.expires ? stored.expires : same.expires)
      expect(after.local === true).toBe(stored.local === true || same.local === true)
    })
  )
})

test('refreshedRecord keeps the later time of publication', () => {
  for (const [stored, put, after] of [
    [undefined, undefined, undefined],
    [3n, undefined, 3n],
    [undefined, 4n, 4n],
    [3n, 4n, 4n],
    [5n, 4n, 5n]
  ] as const) {
    const published = (time: bigint | undefined): Partial<StoredRecord> =>
      time === undefined ? {} : { published: time }
    expect(refreshedRecord(recordOf(1, 1, published(stored)), recordOf(1, 1, published(put)))).toEqual(
      recordOf(1, 1, published(after))
    )
  }
})

test('refreshedRecord takes only times and local from the incoming record', () => {
  const stored = recordOf(1, 1, { expires: 5n, author: Uint8Array.of(1), sender: Uint8Array.of(2), timeReceived: 9n })
  const put = recordOf(1, 1, { sender: Uint8Array.of(3), digest: Uint8Array.of(4), timeReceived: 8n, local: false })
  const { expires: _, ...unlimited } = stored
  expect(refreshedRecord(stored, put)).toEqual(unlimited)
  expect(refreshedRecord(stored, { ...put, expires: 4n })).toEqual(stored)
  expect(refreshedRecord(stored, { ...put, expires: 6n, timeReceived: 10n, local: true })).toEqual({
    ...stored,
    expires: 6n,
    timeReceived: 10n,
    local: true
  })
  expect(refreshedRecord({ ...stored, local: true }, { ...put, expires: 6n })).toEqual({
    ...stored,
    expires: 6n,
    local: true
  })
})

test('isExpired is false at the last instant of a record', () => {
  expect(isExpired({ expires: 5n }, 5n)).toBe(false)
  expect(isExpired({ expires: 5n }, 6n)).toBe(true)
  expect(isExpired({}, 1n << 80n)).toBe(false)
})

test('markFor lasts 30 days or until the expiry of the record, and higherMark keeps the longer time and the higher rank', () => {
  const record: StoredRecord = { key, value: key, rank: Uint8Array.of(5), timeReceived: 0n }
  expect(markFor(record, 0n).until).toBe(30n * day)
  expect(markFor({ ...record, expires: 90n * day }, 0n).until).toBe(90n * day)
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

test('markFor keeps the key, rank and digest of a record and nothing else', () => {
  expect(markFor(recordOf(5, 1, { sender: key, expires: 1n }), 2n)).toEqual({
    key,
    rank: Uint8Array.of(5),
    until: 2n + 30n * day
  })
  const digest = Uint8Array.of(9)
  expect(markFor(recordOf(5, 1, { digest, expires: 31n * day }), 2n)).toStrictEqual({
    key,
    rank: Uint8Array.of(5),
    digest,
    until: 31n * day
  })
})

describe('higherMark', () => {
  const mark = (rank: number, until: bigint, digest?: number): HighWaterMark => ({
    key,
    rank: Uint8Array.of(rank),
    until,
    ...(digest === undefined ? {} : { digest: Uint8Array.of(digest) })
  })

  test('returns the mark with the higher rank, and the later of both times', () => {
    for (const [a, b, both] of [
      [undefined, mark(1, 5n), mark(1, 5n)],
      [mark(2, 5n, 7), mark(1, 5n, 8), mark(2, 5n, 7)],
      [mark(1, 5n, 7), mark(2, 5n, 8), mark(2, 5n, 8)],
      [mark(2, 4n, 7), mark(1, 6n, 8), mark(2, 6n, 7)],
      [mark(1, 6n, 7), mark(2, 4n, 8), mark(2, 6n, 8)]
    ] as const)
      expect(higherMark(a, b)).toStrictEqual(both)
  })

  test('prefers the mark with a digest at equal rank, and the first one when both have it', () => {
    for (const [a, b, both] of [
      [mark(1, 5n), mark(1, 6n, 8), mark(1, 6n, 8)],
      [mark(1, 5n, 7), mark(1, 6n), mark(1, 6n, 7)],
      [mark(1, 5n, 7), mark(1, 6n, 8), mark(1, 6n, 7)],
      [mark(2, 5n), mark(1, 5n, 8), mark(2, 5n)]
    ] as const)
      expect(higherMark(a, b)).toStrictEqual(both)
  })
})

describe('previousMark', () => {
  const now = 10n
  const own = now + 30n * day

  test('keeps the mark of a replaced record that outlives the mark of the new record', () => {
    const long = recordOf(1, 1, { expires: own + 1n })
    expect(previousMark(long, undefined, recordOf(2, 1), now)).toStrictEqual(markFor(long, now))
    expect(previousMark(recordOf(1, 1, { expires: own }), undefined, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own + 1n }), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own }), now)).toStrictEqual(markFor(long, now))
  })

  test('keeps an existing mark that outlives the mark of the new record', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(2), until: own + 1n }
    expect(previousMark(undefined, mark, recordOf(2, 1), now)).toStrictEqual(mark)
    expect(previousMark(undefined, { ...mark, until: own }, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(undefined, undefined, recordOf(2, 1), now)).toBeUndefined()
  })

  test('returns the higher of the existing mark and the mark of the replaced record', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(1), until: own + 5n }
    expect(previousMark(recordOf(2, 1), mark, recordOf(3, 1), now)).toEqual({
      key,
      rank: Uint8Array.of(2),
      until: own + 5n
    })
  })
})
