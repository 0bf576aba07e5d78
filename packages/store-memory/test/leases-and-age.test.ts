import type { StoredRecord, StorePutResult } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

test('a lease without a name or with a time that is not above 0 is INVALID_ARGUMENT', async () => {
  const store = new MemoryRecordStore()
  await expect(store.lease('', 1000)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(store.lease('a', Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const lease = await store.lease('a', 1000)
  await store.close()
  await expect(lease?.renew(1000)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('the maximum age does not limit a record of a key that is published', async () => {
  const store = new MemoryRecordStore({ maxAge: 1000 })
  const key = new TextEncoder().encode('/own')
  const put = (order: number, more: Partial<StoredRecord>): Promise<StorePutResult> =>
    store.put(
      { key, value: key, rank: new Uint8Array(33).fill(order), timeReceived: 0n, ...more },
      order === 1 ? { publication: { key, network: true } } : {}
    )
  await put(1, {})
  expect((await put(2, { sender: key })).status).toBe('stored')
  expect((await store.get(key))?.expires).toBeUndefined()
})
