import { describe, expect, test } from 'vitest'
import { markFor } from '@recordkit/record-store'
import type { HighWaterMark, Publication, StoredRecord, StoreEntry } from '@recordkit/record-store'
import type { EntryTransaction } from '../src/store-transaction.ts'
import { applyDelete, applyPut, applySweep, applyTouch, dropMark } from '../src/store-transaction.ts'
import { rank } from './records.ts'

const key = Uint8Array.of(1)
const second = 1_000_000_000n
const record: StoredRecord = { key, value: Uint8Array.of(2), rank: rank(3), timeReceived: 4n }
const publication: Publication = { key, network: true }

function transactionOf(entry: StoreEntry): EntryTransaction {
  return { key, previous: entry, next: entry }
}

describe('a put', () => {
  test('keeps the same entry object when nothing is new, so that nothing is written', () => {
    const transaction = transactionOf({ record, publication, version: 7 })
    expect(applyPut(transaction, { ...record, timeReceived: 5n }, {}, 6n).status).toBe('refreshed')
    expect(transaction.next).toBe(transaction.previous)
  })

  test('removes the mark, unless the mark outlives the one that the record will leave', () => {
    const alone = transactionOf({ mark })
    expect(applyPut(alone, record, {}, 6n).status).toBe('stored')
    expect(alone.next).toEqual({ record })
    const long = { ...mark, until: 2n ** 63n }
    const beside = transactionOf({ mark: long })
    expect(applyPut(beside, record, {}, 6n).status).toBe('stored')
    expect(beside.next).toEqual({ record, mark: long })
  })

  test('of the same record changes the entry when a time is later or the publication changes', () => {
    const later = { timeReceived: record.timeReceived + second }
    const transaction = transactionOf({ record, mark, publication })
    expect(applyPut(transaction, { ...record, ...later }, {}, 6n).status).toBe('refreshed')
    expect(transaction.next).toEqual({ record: { ...record, ...later }, mark, publication })
    const expiring = transactionOf({ record: { ...record, expires: 7n } })
    expect(applyPut(expiring, { ...record, expires: 8n }, {}, 6n).status).toBe('refreshed')
    expect(expiring.next).toEqual({ record: { ...record, expires: 8n } })
    const published = transactionOf({ record, mark })
    expect(applyPut(published, record, { publication }, 6n).status).toBe('refreshed')
    expect(published.next).toEqual({ record, mark, publication })
  })

  test('of another record keeps the publication, sets it, or removes it', () => {
    const higher = { ...record, rank: rank(4) }
    for (const [changes, after] of [
      [{}, publication],
      [{ publication: { ...publication, network: false } }, { ...publication, network: false }],
      [{ publication: null }, undefined]
    ] as const) {
      const transaction = transactionOf({ record, publication })
      expect(applyPut(transaction, higher, changes, 6n).status).toBe('stored')
      expect(transaction.next).toEqual({ record: higher, publication: after })
    }
  })

  test('that is stale or a conflict changes neither record nor publication', () => {
    for (const [incoming, ifRank, status] of [
      [{ ...record, rank: rank(2) }, undefined, 'stale'],
      [{ ...record, rank: rank(4) }, rank(9), 'conflict']
    ] as const) {
      const transaction = transactionOf({ record })
      expect(applyPut(transaction, incoming, { ifRank, publication }, 6n).status).toBe(status)
      expect(transaction.next).toBe(transaction.previous)
    }
  })
})

const mark: HighWaterMark = { key, rank: rank(3), until: 10n }

describe('a touch', () => {
  test('changes the given times of the record only, and keeps mark and publication', () => {
    for (const times of [{ timeReceived: 1n }, { expires: 20n }, { timeReceived: 1n, expires: 20n }]) {
      const transaction = transactionOf({ record, mark, publication, version: 7 })
      expect(applyTouch(transaction, times, 6n)).toBe(true)
      expect(transaction.next).toEqual({ record: { ...record, ...times }, mark, publication })
    }
  })

  test('of an absent, a mark-only or an expired entry changes nothing', () => {
    for (const entry of [{}, { mark }, { record: { ...record, expires: 5n } }]) {
      const transaction = transactionOf(entry)
      expect(applyTouch(transaction, { expires: 20n, publication }, 6n)).toBe(false)
      expect(transaction.next).toBe(entry)
    }
  })

  test('of a publication without a valid record changes the publication, and never the times of an expired record', () => {
    const expired = { ...record, expires: 5n }
    const transaction = transactionOf({ record: expired, publication })
    const changed = { ...publication, published: 6n }
    expect(applyTouch(transaction, { expires: 20n, publication: changed }, 6n)).toBe(true)
    expect(transaction.next).toEqual({ record: expired, publication: changed })
    const conditional = transactionOf({ publication })
    expect(applyTouch(conditional, { ifRank: record.rank, publication: changed }, 6n)).toBe(false)
    expect(applyTouch(conditional, { ifRank: null, publication: changed }, 6n)).toBe(true)
  })
})

describe('a delete', () => {
  test('removes record and publication and leaves the mark', () => {
    const transaction = transactionOf({ record, publication })
    expect(applyDelete(transaction, {}, 6n)).toBe(true)
    expect(transaction.next).toEqual({ mark: markFor(record, 6n) })
  })

  test('of a publication without a record keeps the mark that there was', () => {
    const transaction = transactionOf({ mark, publication })
    expect(applyDelete(transaction, {}, 6n)).toBe(true)
    expect(transaction.next).toEqual({ mark })
  })

  test('changes nothing without record and publication, or when the record has another rank', () => {
    for (const [entry, ifRank] of [
      [{}, undefined],
      [{ mark }, undefined],
      [{ record: { ...record, expires: 5n } }, undefined],
      [{ record, publication }, rank(9)],
      [{ record, publication }, null]
    ] as const) {
      const transaction = transactionOf(entry)
      expect(applyDelete(transaction, { ifRank }, 6n)).toBe(false)
      expect(transaction.next).toBe(entry)
    }
  })
})

describe('a sweep', () => {
  test('removes a mark after its last instant, and keeps record and publication beside it', () => {
    const alone = transactionOf({ mark })
    expect(applySweep(alone, 10n)).toBeUndefined()
    expect(alone.next).toBe(alone.previous)
    expect(applySweep(alone, 11n)).toBe('mark')
    expect(alone.next).toEqual({})
    const beside = transactionOf({ mark, record, publication })
    expect(applySweep(beside, 11n)).toBe('mark')
    expect(beside.next).toEqual({ record, publication })
  })

  test('turns an expired record into its mark, and keeps the publication', () => {
    const expired = { ...record, expires: 5n }
    const transaction = transactionOf({ record: expired, publication })
    expect(applySweep(transaction, 6n)).toBe('record')
    expect(transaction.next).toEqual({ mark: markFor(expired, 6n), publication })
  })

  test('does not change an entry in which nothing has expired', () => {
    for (const entry of [
      {},
      { record },
      { publication },
      { record: { ...record, expires: 11n }, mark: { ...mark, until: 11n } }
    ]) {
      const transaction = transactionOf(entry)
      expect(applySweep(transaction, 11n)).toBeUndefined()
      expect(transaction.next).toBe(entry)
    }
  })
})

test('dropMark removes a mark only if it has not changed, and keeps record and publication beside it', () => {
  for (const entry of [{}, { record }, { mark: { ...mark, until: 11n } }, { mark: { ...mark, rank: rank(4) } }]) {
    const transaction = transactionOf(entry)
    expect(dropMark(transaction, mark)).toBe(false)
    expect(transaction.next).toBe(entry)
  }
  const alone = transactionOf({ mark })
  expect(dropMark(alone, { ...mark, rank: mark.rank.slice() })).toBe(true)
  expect(alone.next).toEqual({})
  const beside = transactionOf({ mark, record, publication })
  expect(dropMark(beside, mark)).toBe(true)
  expect(beside.next).toEqual({ record, publication })
})
