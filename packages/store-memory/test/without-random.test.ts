import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test, vi } from 'vitest'

test('without crypto.getRandomValues, a store without hashKey is refused with a code and the name of the option', () => {
  vi.stubGlobal('crypto', undefined)
  expect(() => new MemoryRecordStore()).toThrow(
    expect.objectContaining({ code: 'ALGORITHM_MISSING', message: expect.stringContaining('hashKey') })
  )
})

test('without crypto.getRandomValues, a store with hashKey works, and a lease is refused with a code', async () => {
  vi.stubGlobal('crypto', undefined)
  const store = new MemoryRecordStore({ hashKey: Uint32Array.of(1, 2) })
  const record = { key: Uint8Array.of(1), value: Uint8Array.of(2), rank: new Uint8Array(32), timeReceived: 1n }
  expect(await store.put(record)).toMatchObject({ status: 'stored' })
  await expect(store.lease('republish', 1000)).rejects.toMatchObject({ code: 'ALGORITHM_MISSING' })
})
