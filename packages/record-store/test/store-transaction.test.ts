import { describe, expect, test } from 'vitest'
import type { HighWaterMark, StoredRecord, StoreEntry } from '@recordkit/record-store'
import type { EntryTransaction } from '../src/store-transaction.ts'
import { dropMark, applyPut, applySweep } from '../src/store-transaction.ts'

const key = Uint8Array.of(1)
const record: StoredRecord = { key, value: Uint8Array.of(2), rank: Uint8Array.of(3), timeReceived: 4n, local: true }

function transactionOf(entry: StoreEntry): EntryTransaction {
  return { key, previous: entry, next: entry }
}

test('a put changes the entry when only the time of publication is new', () => {
  const transaction = transactionOf({ record })
  expect(applyPut(transaction, { ...record, published: 5n }, 6n).status).toBe('refreshed')
  expect(transaction.next.record?.published).toBe(5n)
})

test('a put keeps the same entry object when nothing is new, so that nothing is written', () => {
  const transaction = transactionOf({ record: { ...record, published: 5n } })
  expect(applyPut(transaction, record, 6n).status).toBe('refreshed')
  expect(transaction.next).toBe(transaction.previous)
})

const mark: HighWaterMark = { key, rank: Uint8Array.of(3), until: 10n }

test('a put removes the mark, unless the mark outlives the one that the record will leave', () => {
  const alone = transactionOf({ mark })
  expect(applyPut(alone, record, 6n).status).toBe('stored')
  expect(alone.next).toEqual({ record })
  const long = { ...mark, until: 2n ** 63n }
  const beside = transactionOf({ mark: long })
  expect(applyPut(beside, record, 6n).status).toBe('stored')
  expect(beside.next).toStrictEqual({ record, mark: long })
})

test('a put of the same value changes the entry when a time is later or the record becomes local', () => {
  const { local: _, ...stored } = record
  for (const changed of [{ timeReceived: 5n }, { published: 1n }, { local: true }] as const) {
    const transaction = transactionOf({ record: stored, mark })
    expect(applyPut(transaction, { ...stored, ...changed }, 6n).status).toBe('refreshed')
    expect(transaction.next).toEqual({ record: { ...stored, ...changed }, mark })
  }
  const transaction = transactionOf({ record: { ...stored, expires: 7n } })
  expect(applyPut(transaction, { ...stored, expires: 8n }, 6n).status).toBe('refreshed')
  expect(transaction.next).toEqual({ record: { ...stored, expires: 8n } })
})

describe('a sweep', () => {
  test('removes a mark after its last instant, and keeps the record beside it', () => {
    const alone = transactionOf({ mark })
    expect(applySweep(alone, 10n)).toBeUndefined()
    expect(alone.next).toBe(alone.previous)
    expect(applySweep(alone, 11n)).toBe('mark')
    expect(alone.next).toEqual({})
    const beside = transactionOf({ mark, record })
    expect(applySweep(beside, 11n)).toBe('mark')
    expect(beside.next).toStrictEqual({ record })
  })

  test('does not change an entry in which nothing has expired', () => {
    for (const entry of [{}, { record }, { record: { ...record, expires: 11n }, mark: { ...mark, until: 11n } }]) {
      const transaction = transactionOf(entry)
      expect(applySweep(transaction, 11n)).toBeUndefined()
      expect(transaction.next).toBe(entry)
    }
  })
})

test('dropMark removes a mark only if it has not changed, and keeps the record beside it', () => {
  for (const entry of [{}, { record }, { mark: { ...mark, until: 11n } }, { mark: { ...mark, rank: key } }]) {
    const transaction = transactionOf(entry)
    expect(dropMark(transaction, mark)).toBe(false)
    expect(transaction.next).toBe(entry)
  }
  const alone = transactionOf({ mark })
  expect(dropMark(alone, { ...mark, rank: mark.rank.slice() })).toBe(true)
  expect(alone.next).toEqual({})
  const beside = transactionOf({ mark, record })
  expect(dropMark(beside, mark)).toBe(true)
  expect(beside.next).toStrictEqual({ record })
})
