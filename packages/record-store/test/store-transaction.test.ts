import { describe, expect, test } from 'vitest'
import type { HighWaterMark, StoredRecord, StoreEntry } from '@recordkit/record-store'
import type { EntryTransaction } from '../src/store-transaction.ts'
import { dropMark, applyPut, applySweep } from '../src/store-transaction.ts'

const key = Uint8Array.of(1)
const record: StoredRecord = { key, value: Uint8Array.of(2), rank: Uint8Array.of(3), timeReceived: 4n, local: true }

test('remembers when copies of a record were acknowledged, though nothing else of it moved', () => {
  const entry = { record }
  const draft = { key, previous: entry, next: entry }
  expect(applyPut(draft, { ...record, published: 5n }, 6n).status).toBe('refreshed')
  expect(draft.next.record?.published).toBe(5n)
})

test('leaves what says nothing new as it is, so that nothing is written', () => {
  const entry = { record: { ...record, published: 5n } }
  const draft = { key, previous: entry, next: entry }
  expect(applyPut(draft, record, 6n).status).toBe('refreshed')
  expect(draft.next).toBe(entry)
})

const mark: HighWaterMark = { key, rank: Uint8Array.of(3), until: 10n }

function draftOf(entry: StoreEntry): EntryTransaction {
  return { key, previous: entry, next: entry }
}

test('a record that is stored stands alone, or beside a mark that outlives it', () => {
  const alone = draftOf({ mark })
  expect(applyPut(alone, record, 6n).status).toBe('stored')
  expect(alone.next).toStrictEqual({ record })
  const long = { ...mark, until: 2n ** 63n }
  const beside = draftOf({ mark: long })
  expect(applyPut(beside, record, 6n).status).toBe('stored')
  expect(beside.next).toStrictEqual({ record, mark: long })
})

test('any time that moves is written, and so is that a record has become local', () => {
  const { local: _, ...held } = record
  for (const moved of [{ timeReceived: 5n }, { published: 1n }, { local: true }] as const) {
    const draft = draftOf({ record: held, mark })
    expect(applyPut(draft, { ...held, ...moved }, 6n).status).toBe('refreshed')
    expect(draft.next).toStrictEqual({ record: { ...held, ...moved }, mark })
  }
  const draft = draftOf({ record: { ...held, expires: 7n } })
  expect(applyPut(draft, { ...held, expires: 8n }, 6n).status).toBe('refreshed')
  expect(draft.next).toStrictEqual({ record: { ...held, expires: 8n } })
})

describe('a sweep', () => {
  test('takes a mark after its last instant, and leaves a record beside it', () => {
    const there = draftOf({ mark })
    expect(applySweep(there, 10n)).toBeUndefined()
    expect(there.next).toBe(there.previous)
    expect(applySweep(there, 11n)).toBe('mark')
    expect(there.next).toStrictEqual({})
    const beside = draftOf({ mark, record })
    expect(applySweep(beside, 11n)).toBe('mark')
    expect(beside.next).toStrictEqual({ record })
  })

  test('takes nothing where nothing is, or nothing is past', () => {
    for (const entry of [{}, { record }, { record: { ...record, expires: 11n }, mark: { ...mark, until: 11n } }]) {
      const draft = draftOf(entry)
      expect(applySweep(draft, 11n)).toBeUndefined()
      expect(draft.next).toBe(entry)
    }
  })
})

test('a mark is forgotten that is still the one named, and nothing else', () => {
  for (const entry of [{}, { record }, { mark: { ...mark, until: 11n } }, { mark: { ...mark, rank: key } }]) {
    const draft = draftOf(entry)
    expect(dropMark(draft, mark)).toBe(false)
    expect(draft.next).toBe(entry)
  }
  const alone = draftOf({ mark })
  expect(dropMark(alone, { ...mark, rank: mark.rank.slice() })).toBe(true)
  expect(alone.next).toStrictEqual({})
  const beside = draftOf({ mark, record })
  expect(dropMark(beside, mark)).toBe(true)
  expect(beside.next).toStrictEqual({ record })
})
