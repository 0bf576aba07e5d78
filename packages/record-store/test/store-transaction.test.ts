import { describe, expect, test } from 'vitest'
import { markFor, markLifetime } from '@recordkit/record-store'
import type { HighWaterMark, Publication, Share, StoredRecord, StoreEntry } from '@recordkit/record-store'
import type { EntryTransaction, Placement } from '../src/store-transaction.ts'
import {
  applyDelete,
  applyMarkRemoval,
  applyPut,
  applyRemoval,
  applySweep,
  applyTouch
} from '../src/store-transaction.ts'
import { rank } from './records.ts'

const key = Uint8Array.of(1)
const second = 1_000_000_000n
const record: StoredRecord = { key, value: Uint8Array.of(2), rank: rank(3), timeReceived: 4n }
const publication: Publication = { key, network: true }
/** the share of a record that the application put */
const recordShare: Share = { group: new Uint8Array(0), since: 0n }
const markShare: Share = { group: new Uint8Array(0), since: 6n }

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
    expect(alone.next).toEqual({ record, recordShare })
    const long = { ...mark, until: 2n ** 63n }
    const beside = transactionOf({ mark: long })
    expect(applyPut(beside, record, {}, 6n).status).toBe('stored')
    expect(beside.next).toEqual({ record, mark: long, recordShare, markShare })
  })

  test('of the same record changes the entry when a time is later or the publication changes', () => {
    const later = { timeReceived: record.timeReceived + second }
    const transaction = transactionOf({ record, mark, publication, recordShare, markShare })
    expect(applyPut(transaction, { ...record, ...later }, {}, 6n).status).toBe('refreshed')
    expect(transaction.next).toEqual({ record: { ...record, ...later }, mark, publication, recordShare, markShare })
    const expiring = transactionOf({ record: { ...record, expires: 7n } })
    expect(applyPut(expiring, { ...record, expires: 8n }, {}, 6n).status).toBe('refreshed')
    expect(expiring.next).toEqual({ record: { ...record, expires: 8n }, recordShare })
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
      expect(transaction.next).toEqual({ record: higher, publication: after, recordShare })
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
    expect(transaction.next).toEqual({ mark: markFor(record, 6n), markShare })
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

  test('turns an expired record into its mark, unless it is published', () => {
    const expired = { ...record, expires: 5n }
    const published = transactionOf({ record: expired, publication })
    expect(applySweep(published, 6n)).toBeUndefined()
    expect(published.next).toBe(published.previous)
    const transaction = transactionOf({ record: expired })
    expect(applySweep(transaction, 6n)).toBe('record')
    expect(transaction.next).toEqual({ mark: markFor(expired, 6n), markShare })
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

describe('a removal for lack of space', () => {
  const hour = 3_600_000_000_000n
  const group = Uint8Array.of(9)

  test('leaves the mark of a record that stayed for an hour, for at most 30 days, in the group of the record', () => {
    const long = { ...record, expires: 2n ** 62n }
    const transaction = transactionOf({ record: long, recordShare: { group, since: 0n } })
    expect(applyRemoval(transaction, hour)).toBe(true)
    expect(transaction.next).toEqual({
      mark: { key, rank: record.rank, until: hour + markLifetime },
      markShare: { group, since: hour }
    })
  })

  test('leaves no mark of a record that came less than an hour ago, and keeps an older one', () => {
    const transaction = transactionOf({ record, mark, recordShare: { group, since: 1n }, markShare })
    expect(applyRemoval(transaction, hour)).toBe(true)
    expect(transaction.next).toEqual({ mark, markShare })
  })

  test('of a mark keeps the record beside it', () => {
    const transaction = transactionOf({ mark, record, recordShare, markShare })
    expect(applyMarkRemoval(transaction)).toBe(true)
    expect(transaction.next).toEqual({ record, recordShare })
  })

  test('changes nothing without a record or mark, or when the key is published', () => {
    for (const entry of [{}, { mark }, { record, publication }]) {
      const transaction = transactionOf(entry)
      expect(applyRemoval(transaction, hour)).toBe(false)
      expect(transaction.next).toBe(entry)
    }
    for (const entry of [{}, { record }, { mark, publication }]) {
      const transaction = transactionOf(entry)
      expect(applyMarkRemoval(transaction)).toBe(false)
      expect(transaction.next).toBe(entry)
    }
  })
})

describe('a placement', () => {
  test('that refuses makes a put answer quota, and a touch throw QUOTA: both change nothing', () => {
    const refusing: Placement = { share: (_before, _record, group) => ({ group, since: 0n }), admits: () => false }
    const put = transactionOf({})
    expect(applyPut(put, record, {}, 6n, refusing).status).toBe('quota')
    expect(put.next).toBe(put.previous)
    const touched = transactionOf({ record })
    expect(() => applyTouch(touched, { expires: 9n, publication }, 6n, refusing)).toThrow(/nine tenths/)
    expect(touched.next).toBe(touched.previous)
    // a refresh and the end of a publication need no space
    const refreshed = transactionOf({ record, publication })
    expect(applyPut(refreshed, { ...record, expires: 9n }, {}, 6n, refusing).status).toBe('refreshed')
    expect(applyTouch(refreshed, { publication: null }, 6n, refusing)).toBe(true)
  })

  test('that moves a refreshed record to another group changes the entry', () => {
    const moving: Placement = { share: (_before, _record, group) => ({ group, since: 1n }), admits: () => true }
    const transaction = transactionOf({ record, recordShare })
    expect(applyPut(transaction, record, { group: Uint8Array.of(9) }, 6n, moving).status).toBe('refreshed')
    expect(transaction.next).toEqual({ record, recordShare: { group: Uint8Array.of(9), since: 1n } })
  })
})
