import { createStore } from '@recordkit/record-store'
import type { Publication } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { MapBackend } from '@recordkit/record-store/internal'
import { rank, record, startTime, text } from './records.ts'

const publication = (key: string, more: Partial<Publication> = {}): Publication => ({
  key: text(key),
  network: true,
  ...more
})

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('touch', () => {
  test('changes the times of an existing record and nothing else', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    const stored = record('/k', 'a', 1, { expires: startTime + 10n })
    await store.put(stored)
    const times = { timeReceived: startTime + 1n, expires: startTime + 20n }
    expect(await store.touch(text('/k'), times)).toBe(true)
    expect(await store.get(text('/k'))).toEqual({ ...stored, ...times })
  })

  test('never creates an entry', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    expect(await store.touch(text('/k'), { publication: publication('/k') })).toBe(false)
    expect(backend.entries.size).toBe(0)
  })

  test('does not bring back a record that was deleted between a read and the touch', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await store.put(record('/k', 'a', 1))
    const read = await store.get(text('/k'))
    await store.delete(text('/k'))
    expect(await store.touch(text('/k'), { ifRank: read?.rank, timeReceived: startTime + 5n })).toBe(false)
    expect(await store.get(text('/k'))).toBeUndefined()
  })

  test('does nothing when the stored record has another rank', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await store.put(record('/k', 'b', 2))
    expect(await store.touch(text('/k'), { ifRank: rank(1, 'a'), publication: publication('/k') })).toBe(false)
    expect(await store.publication(text('/k'))).toBeUndefined()
  })
})

describe('a publication', () => {
  test('is written with its record, and listed in the order of keys', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    for (const key of ['/b', '/a', '/c'])
      await store.put(record(key, key, 1), { publication: publication(key, { lifetime: 5n, signer: text('me') }) })
    await store.put(record('/d', 'not published', 1))
    expect((await collect(store.publications())).map(({ key }) => new TextDecoder().decode(key))).toEqual([
      '/a',
      '/b',
      '/c'
    ])
    expect(await store.publication(text('/b'))).toEqual(publication('/b', { lifetime: 5n, signer: text('me') }))
    expect(await store.stats()).toMatchObject({ entries: 4, publications: 3 })
  })

  test('keeps its lapsed record: a sweep removes neither', async () => {
    let now = startTime
    const store = createStore(new MapBackend(), { clock: () => now })
    await store.put(record('/k', 'a', 1, { expires: startTime + 10n }), { publication: publication('/k') })
    now += 11n
    expect(await store.sweep()).toBe(0)
    expect(await store.get(text('/k'))).toBeUndefined()
    expect(await store.publication(text('/k'))).toEqual(publication('/k'))
    expect(await store.touch(text('/k'), { publication: publication('/k', { published: 7n }) })).toBe(true)
  })

  test('stays when another record replaces its record', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await store.put(record('/k', 'a', 1), { publication: publication('/k') })
    await store.put(record('/k', 'b', 2))
    expect(await store.publication(text('/k'))).toEqual(publication('/k'))
  })

  test('is not written by a put that is stale or a conflict', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await store.put(record('/k', 'b', 2))
    await store.put(record('/k', 'a', 1), { publication: publication('/k') })
    await store.put(record('/k', 'c', 3), { ifRank: rank(9), publication: publication('/k') })
    expect(await store.publication(text('/k'))).toBeUndefined()
  })

  test('is removed by null and by a delete', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await store.put(record('/k', 'a', 1), { publication: publication('/k') })
    expect(await store.touch(text('/k'), { publication: null })).toBe(true)
    expect(await store.publication(text('/k'))).toBeUndefined()
    await store.touch(text('/k'), { publication: publication('/k') })
    expect(await store.delete(text('/k'))).toBe(true)
    expect(await collect(store.publications())).toEqual([])
  })

  test('of another key is INVALID_ARGUMENT', async () => {
    const store = createStore(new MapBackend(), { clock: () => startTime })
    await expect(store.put(record('/k', 'a', 1), { publication: publication('/other') })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('publication.key') as unknown
    })
  })
})
