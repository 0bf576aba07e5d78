import { FakeTimers } from '@recordkit/record-conformance'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { records } from '@recordkit/record-libp2p'
import { anyAuthor, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'
import { fakeComponents, fakeKadDht } from './fake-node.ts'

const content = new TextEncoder().encode('content')

/** A client whose store contains a record that is due to be republished, before it is started. */
async function createClient() {
  const { clock, setTimer } = new FakeTimers()
  const { dht } = fakeKadDht()
  const store = new MemoryRecordStore({ clock })
  const engine = new ValidationEngine([signed('config', { authors: anyAuthor() })], { clock })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
  const service = records({ engine, store, signer, clock, setTimer })(fakeComponents(dht))
  await service.manager.put('/config/due', content, { offline: true })
  await service.manager.republish('/config/due')
  return { service, dht, store }
}

const macrotask = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

test('start installs no validators and asks no peer, because other services may not run yet', async () => {
  const { service, dht } = await createClient()
  await service.start()
  await macrotask()
  expect([Object.keys(dht.validators), dht.calls]).toEqual([[], []])
  await service.close()
})

test('afterStart installs the validators, and republishes what is due', async () => {
  const { service, dht } = await createClient()
  await service.start()
  await service.afterStart()
  await macrotask()
  expect(Object.keys(dht.validators)).toEqual(['config'])
  expect(Object.keys(dht.selectors)).toEqual(['config'])
  // work can wait for a later turn of the event loop
  while (dht.calls.length === 0) await macrotask()
  // what is published is read from the network first
  expect(dht.calls).toEqual(['get'])
  await service.close()
})

test('beforeStop aborts running calls, and later calls fail with ROUTING_FAILED without asking a peer', async () => {
  const { service, dht } = await createClient()
  await service.start()
  await service.afterStart()
  const getting = service.manager.get('/config/other')
  getting.catch(() => undefined)
  await macrotask()
  expect(dht.calls).toContain('get')
  await service.beforeStop()
  await expect(getting).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  const { length } = dht.calls
  await service.stop()
  await expect(service.manager.get('/config/third')).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  expect(dht.calls).toHaveLength(length)
  await service.close()
})

test('stop keeps the store open, and the service can be started again', async () => {
  const { service, dht } = await createClient()
  for (let round = 0; round < 2; round++) {
    await service.start()
    await service.afterStart()
    await service.beforeStop()
    await service.stop()
    expect(await service.manager.get('/config/due', { offline: true })).toEqual(content)
  }
  await service.start()
  await service.afterStart()
  await service.manager.put('/config/again', content, { checkNetwork: false })
  expect(dht.calls.at(-1)).toBe('put')
  await service.close()
})

test('close stops the service and closes the store', async () => {
  const { service, store } = await createClient()
  await service.start()
  await service.afterStart()
  await service.close()
  await expect(store.get(content)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('a service without the kad-dht in its options fails in afterStart', async () => {
  const engine = new ValidationEngine([signed('config', { authors: anyAuthor() })])
  const store = new MemoryRecordStore()
  const { dht } = fakeKadDht()
  const service = records({ engine, store, dht: { service: 'amino' } })(fakeComponents(dht))
  await service.start()
  await expect(service.afterStart()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('"amino"') as string
  })
  await service.close()
})
