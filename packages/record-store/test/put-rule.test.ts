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

describe('putRule', () => {
  test('what is held after any puts in any order is the best of them', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 8 }), (puts) => {
        let held: StoredRecord | undefined
        for (const put of puts) {
          const { status } = decidePut(held, undefined, put, 0n)
          if (status === 'stored') held = put
          else if (status === 'refreshed' && held !== undefined) held = refreshedRecord(held, put)
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
        const { status } = decidePut(held, mark, put, now)
        const below = compareRecords({ rank: put.rank, value: key }, { rank: mark.rank, value: key }) < 0
        if (below && mark.until >= now) expect(status).toBe('stale')
      })
    )
  })

  test('a record of the mark’s own rank may come back', () => {
    const record: StoredRecord = { key, value: key, rank: Uint8Array.of(5), timeReceived: 0n }
    expect(decidePut(undefined, markFor(record, 0n), record, 1n).status).toBe('stored')
  })

  test('what is held comes along, whatever becomes of the put, and nothing else does', () => {
    const held = recordOf(5, 5)
    expect(decidePut(undefined, undefined, held, 0n)).toStrictEqual({ status: 'stored' })
    for (const [put, outcome] of [
      [recordOf(6, 1), 'stored'],
      [recordOf(4, 9), 'stale'],
      [recordOf(5, 5), 'refreshed']
    ] as const)
      expect(decidePut(held, undefined, put, 0n)).toStrictEqual({ outcome, previous: held })
    expect(decidePut(held, undefined, recordOf(5, 6), 0n)).toStrictEqual({
      status: 'stored',
      previous: held,
      conflict: held
    })
    expect(decidePut(held, undefined, recordOf(5, 4), 0n)).toStrictEqual({
      status: 'stale',
      previous: held,
      conflict: held
    })
  })

  test('a mark that refuses comes along, with what is held beside it', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(5), until: 10n }
    expect(decidePut(undefined, mark, recordOf(4, 1), 10n)).toStrictEqual({ status: 'stale', mark })
    const held = recordOf(3, 1)
    expect(decidePut(held, mark, recordOf(4, 1), 10n)).toStrictEqual({ status: 'stale', mark, previous: held })
    // after its last instant it is as if it were not there
    expect(decidePut(undefined, mark, recordOf(4, 1), 11n)).toStrictEqual({ status: 'stored' })
    expect(decidePut(held, mark, recordOf(4, 1), 11n)).toStrictEqual({ status: 'stored', previous: held })
  })

  test('an expired record counts as the mark that it leaves, beside the one there is, and as nothing else', () => {
    const held = recordOf(5, 5, { expires: 9n, digest: Uint8Array.of(7) })
    const own = { key, rank: Uint8Array.of(5), digest: Uint8Array.of(7), until: 10n + 30n * day }
    expect(decidePut(held, undefined, recordOf(4, 9), 10n)).toStrictEqual({ status: 'stale', mark: own })
    for (const put of [recordOf(5, 5), recordOf(5, 4), recordOf(6, 1)])
      expect(decidePut(held, undefined, put, 10n)).toStrictEqual({ status: 'stored' })
    const above: HighWaterMark = { key, rank: Uint8Array.of(8), until: 10n }
    expect(decidePut(held, above, recordOf(7, 1), 10n)).toStrictEqual({
      status: 'stale',
      mark: { ...above, until: own.until }
    })
    // and in its last instant it does not yet
    expect(decidePut(held, undefined, recordOf(4, 9), 9n)).toStrictEqual({ status: 'stale', previous: held })
  })

  test('two values at one rank come along as evidence, whoever stays', () => {
    const [low, high] = [recordOf(1, 1), recordOf(1, 2)]
    expect(decidePut(low, undefined, high, 0n)).toMatchObject({ status: 'stored', conflict: low })
    expect(decidePut(high, undefined, low, 0n)).toMatchObject({ status: 'stale', conflict: high })
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

test('a refresh keeps the latest time that copies were acknowledged, from whichever has one', () => {
  for (const [held, put, after] of [
    [undefined, undefined, undefined],
    [3n, undefined, 3n],
    [undefined, 4n, 4n],
    [3n, 4n, 4n],
    [5n, 4n, 5n]
  ] as const) {
    const published = (time: bigint | undefined): Partial<StoredRecord> =>
      time === undefined ? {} : { published: time }
    expect(refreshedRecord(recordOf(1, 1, published(held)), recordOf(1, 1, published(put)))).toStrictEqual(
      recordOf(1, 1, published(after))
    )
  }
})

test('a refresh takes nothing but times from the record that came', () => {
  const held = recordOf(1, 1, { expires: 5n, author: Uint8Array.of(1), sender: Uint8Array.of(2), timeReceived: 9n })
  const put = recordOf(1, 1, { sender: Uint8Array.of(3), digest: Uint8Array.of(4), timeReceived: 8n, local: false })
  const { expires: _, ...forever } = held
  expect(refreshedRecord(held, put)).toStrictEqual(forever)
  expect(refreshedRecord(held, { ...put, expires: 4n })).toStrictEqual(held)
  expect(refreshedRecord(held, { ...put, expires: 6n, timeReceived: 10n, local: true })).toStrictEqual({
    ...held,
    expires: 6n,
    timeReceived: 10n,
    local: true
  })
  expect(refreshedRecord({ ...held, local: true }, { ...put, expires: 6n })).toStrictEqual({
    ...held,
    expires: 6n,
    local: true
  })
})

test('the last instant of a record counts as valid', () => {
  expect(isExpired({ expires: 5n }, 5n)).toBe(false)
  expect(isExpired({ expires: 5n }, 6n)).toBe(true)
  expect(isExpired({}, 1n << 80n)).toBe(false)
})

test('a mark stays for 30 days or until the record’s own expiry, and the higher of two stays longest', () => {
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

test('a mark holds what a record says of its value, and no value', () => {
  expect(markFor(recordOf(5, 1, { sender: key, expires: 1n }), 2n)).toStrictEqual({
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

describe('of two marks', () => {
  const mark = (rank: number, until: bigint, digest?: number): HighWaterMark => ({
    key,
    rank: Uint8Array.of(rank),
    until,
    ...(digest === undefined ? {} : { digest: Uint8Array.of(digest) })
  })

  test('the higher one stays, and says until when the longer one holds', () => {
    for (const [a, b, both] of [
      [undefined, mark(1, 5n), mark(1, 5n)],
      [mark(2, 5n, 7), mark(1, 5n, 8), mark(2, 5n, 7)],
      [mark(1, 5n, 7), mark(2, 5n, 8), mark(2, 5n, 8)],
      [mark(2, 4n, 7), mark(1, 6n, 8), mark(2, 6n, 7)],
      [mark(1, 6n, 7), mark(2, 4n, 8), mark(2, 6n, 8)]
    ] as const)
      expect(higherMark(a, b)).toStrictEqual(both)
  })

  test('of one rank, one that knows its value stays, and the first where both do', () => {
    for (const [a, b, both] of [
      [mark(1, 5n), mark(1, 6n, 8), mark(1, 6n, 8)],
      [mark(1, 5n, 7), mark(1, 6n), mark(1, 6n, 7)],
      [mark(1, 5n, 7), mark(1, 6n, 8), mark(1, 6n, 7)],
      [mark(2, 5n), mark(1, 5n, 8), mark(2, 5n)]
    ] as const)
      expect(higherMark(a, b)).toStrictEqual(both)
  })
})

describe('a mark stays beside a record', () => {
  const now = 10n
  const own = now + 30n * day

  test('that replaced one the author let live for longer than the mark that it will leave itself', () => {
    const long = recordOf(1, 1, { expires: own + 1n })
    expect(previousMark(long, undefined, recordOf(2, 1), now)).toStrictEqual(markFor(long, now))
    expect(previousMark(recordOf(1, 1, { expires: own }), undefined, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own + 1n }), now)).toBeUndefined()
    expect(previousMark(long, undefined, recordOf(2, 1, { expires: own }), now)).toStrictEqual(markFor(long, now))
  })

  test('that came below nothing but a mark which holds for longer', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(2), until: own + 1n }
    expect(previousMark(undefined, mark, recordOf(2, 1), now)).toStrictEqual(mark)
    expect(previousMark(undefined, { ...mark, until: own }, recordOf(2, 1), now)).toBeUndefined()
    expect(previousMark(undefined, undefined, recordOf(2, 1), now)).toBeUndefined()
  })

  test('as the higher of the mark there was and that of what was replaced', () => {
    const mark: HighWaterMark = { key, rank: Uint8Array.of(1), until: own + 5n }
    expect(previousMark(recordOf(2, 1), mark, recordOf(3, 1), now)).toStrictEqual({
      key,
      rank: Uint8Array.of(2),
      until: own + 5n
    })
  })
})
