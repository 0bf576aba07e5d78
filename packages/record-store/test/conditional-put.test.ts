import { createStore } from '@recordkit/record-store'
import type { RecordStore } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { MapBackend } from '@recordkit/record-store/internal'
import { rank, record, startTime, text } from './records.ts'

const open = (backend = new MapBackend()) => createStore(backend, { clock: () => startTime, random: () => 0 })

describe('a conditional put', () => {
  test('is stored when the stored record has the rank of the condition', async () => {
    const store = open()
    const first = record('/k', 'a', 1)
    await store.put(first)
    expect(await store.put(record('/k', 'b', 2), { ifRank: first.rank })).toMatchObject({ status: 'stored' })
  })

  test('is a conflict when the stored record has another rank, and changes nothing', async () => {
    const store = open()
    await store.put(record('/k', 'b', 2))
    const result = await store.put(record('/k', 'c', 3), { ifRank: rank(1, 'a') })
    expect(result).toMatchObject({ status: 'conflict', previous: { value: text('b') } })
    expect((await store.get(text('/k')))?.value).toEqual(text('b'))
  })

  test('with null is stored only when there is no valid record', async () => {
    const store = open()
    expect((await store.put(record('/k', 'a', 1), { ifRank: null })).status).toBe('stored')
    expect((await store.put(record('/k', 'b', 2), { ifRank: null })).status).toBe('conflict')
    await store.delete(text('/k'))
    expect((await store.put(record('/k', 'b', 2), { ifRank: null })).status).toBe('stored')
  })

  test('with null is stored over an expired record that was not swept', async () => {
    let now = startTime
    const store = createStore(new MapBackend(), { clock: () => now })
    await store.put(record('/k', 'a', 1, { expires: startTime + 10n }))
    now += 11n
    expect((await store.put(record('/k', 'b', 2), { ifRank: null })).status).toBe('stored')
  })

  test('of the same record is refreshed, whatever the condition says', async () => {
    const store = open()
    const same = record('/k', 'a', 1)
    await store.put(same)
    expect((await store.put(same, { ifRank: null })).status).toBe('refreshed')
    expect((await store.put(same, { ifRank: rank(9) })).status).toBe('refreshed')
  })

  test('is a conflict before it is stale', async () => {
    const store = open()
    await store.put(record('/k', 'b', 2))
    await store.delete(text('/k'))
    expect((await store.put(record('/k', 'a', 1), { ifRank: rank(1) })).status).toBe('conflict')
    expect((await store.put(record('/k', 'a', 1), { ifRank: null })).status).toBe('stale')
  })

  test('lets exactly one of 64 writers win that saw the same state, through two stores on one backend', async () => {
    const backend = new MapBackend()
    const stores = [open(backend), open(new MapBackend(backend.entries))]
    const first = record('/k', 'first', 1)
    await stores[0]?.put(first)
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        (stores[index % 2] as RecordStore).put(record('/k', `writer ${index}`, 2), { ifRank: first.rank })
      )
    )
    const statuses = results.map(({ status }) => status)
    expect(statuses.filter((status) => status === 'stored')).toHaveLength(1)
    expect(statuses.filter((status) => status === 'conflict')).toHaveLength(63)
  })

  test('of a rank that is too short is INVALID_ARGUMENT and changes nothing', async () => {
    const store = open()
    await expect(store.put({ ...record('/k', 'a', 1), rank: Uint8Array.of(1) })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('rank') as unknown
    })
    await expect(store.put(record('/k', 'a', 1), { ifRank: 'x' as never })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT'
    })
    expect(await store.has(text('/k'))).toBe(false)
  })
})

describe('a conditional delete', () => {
  test('deletes only the record with the rank of the condition', async () => {
    const store = open()
    const first = record('/k', 'a', 1)
    await store.put(first)
    await store.put(record('/k', 'b', 2))
    expect(await store.delete(text('/k'), { ifRank: first.rank })).toBe(false)
    expect(await store.delete(text('/k'), { ifRank: rank(2, 'b') })).toBe(true)
  })
})

test('equal ranks are one record: another encoding of it neither replaces it nor is evidence against it', async () => {
  const store = open()
  const stored = record('/k', 'original', 5)
  await store.put(stored)
  const variant = { ...stored, value: text('zzz larger') }
  expect((await store.put(variant)).status).toBe('refreshed')
  expect((await store.get(text('/k')))?.value).toEqual(text('original'))
})
