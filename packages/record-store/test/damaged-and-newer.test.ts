import { createStore, encodeStoreEntry } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { describe, expect, test } from 'vitest'
import { MapBackend } from '@recordkit/record-store/internal'
import { record, startTime, text } from './records.ts'

function damage(backend: MapBackend, key: string): Uint8Array {
  const stored = backend.entries.get(mapKey(text(key)))
  const bytes = (stored as { bytes: Uint8Array }).bytes.slice()
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
  bytes[1] = 0xff
  backend.entries.set(mapKey(text(key)), { key: text(key), bytes })
  return bytes
}

describe('a damaged entry', () => {
  test('is compared by its version too: an acknowledged newer record of another process is not lost', async () => {
    const entries: MapBackend['entries'] = new Map()
    const [one, two] = [new MapBackend(entries), new MapBackend(entries)]
    const options = { clock: () => startTime, random: () => 0, onCorrupt: () => undefined }
    const [first, second] = [createStore(one, options), createStore(two, options)]
    await first.put(record('/k', 'a', 1))
    damage(one, '/k')
    const [low, high] = await Promise.all([first.put(record('/k', 'low', 2)), second.put(record('/k', 'high', 3))])
    expect(high.status).toBe('stored')
    expect(['stored', 'stale']).toContain(low.status)
    expect((await first.get(text('/k')))?.value).toEqual(text('high'))
  })

  test('goes to quarantine when it is replaced, every time', async () => {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime, onCorrupt: () => undefined })
    await store.put(record('/k', 'a', 1))
    const first = damage(backend, '/k')
    await store.put(record('/k', 'b', 2))
    const second = damage(backend, '/k')
    await store.put(record('/k', 'c', 3))
    expect(backend.quarantine).toEqual([first, second])
  })
})

describe('an entry of a newer format', () => {
  async function newer(): Promise<{ backend: MapBackend; store: ReturnType<typeof createStore>; bytes: Uint8Array }> {
    const backend = new MapBackend()
    const store = createStore(backend, { clock: () => startTime })
    const bytes = encodeStoreEntry(text('/k'), { record: record('/k', 'from the future', 20) })
    bytes[0] = 99
    backend.entries.set(mapKey(text('/k')), { key: text('/k'), bytes })
    await store.put(record('/other', 'a', 1))
    return { backend, store, bytes }
  }

  test('is STORE_NEWER_FORMAT for every call of its key, and never changed', async () => {
    const { backend, store, bytes } = await newer()
    const code = { code: 'STORE_NEWER_FORMAT', message: expect.stringContaining('99') as unknown }
    await expect(store.get(text('/k'))).rejects.toMatchObject(code)
    await expect(store.mark(text('/k'))).rejects.toMatchObject(code)
    await expect(store.put(record('/k', 'a', 1))).rejects.toMatchObject(code)
    await expect(store.touch(text('/k'), { expires: 1n })).rejects.toMatchObject(code)
    await expect(store.delete(text('/k'))).rejects.toMatchObject(code)
    await expect(store.batch([{ type: 'put', record: record('/k', 'a', 1) }])).rejects.toMatchObject(code)
    expect(backend.entries.get(mapKey(text('/k')))?.bytes).toEqual(bytes)
  })

  test('is passed over by iterations and sweeps', async () => {
    const { store } = await newer()
    const keys: string[] = []
    for await (const { key } of store.iterate()) keys.push(new TextDecoder().decode(key))
    expect(keys).toEqual(['/other'])
    expect(await store.sweep()).toBe(0)
  })
})
