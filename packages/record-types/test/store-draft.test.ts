import { expect, test } from 'vitest'
import type { StoredRecord } from '../src/index.ts'
import { draftPut } from '../src/store-draft.ts'

const key = Uint8Array.of(1)
const record: StoredRecord = { key, value: Uint8Array.of(2), rank: Uint8Array.of(3), timeReceived: 4n, local: true }

test('remembers when copies of a record were acknowledged, though nothing else of it moved', () => {
  const entry = { record }
  const draft = { key, previous: entry, next: entry }
  expect(draftPut(draft, { ...record, published: 5n }, 6n).outcome).toBe('refreshed')
  expect(draft.next.record?.published).toBe(5n)
})

test('leaves what says nothing new as it is, so that nothing is written', () => {
  const entry = { record: { ...record, published: 5n } }
  const draft = { key, previous: entry, next: entry }
  expect(draftPut(draft, record, 6n).outcome).toBe('refreshed')
  expect(draft.next).toBe(entry)
})
