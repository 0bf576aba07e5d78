import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { minute } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('createRecordManager without options stores records under keys without a namespace', async () => {
  await using manager = await createRecordManager()
  await manager.put('test-key', bytes('hello'))
  expect(new TextDecoder().decode(await manager.get('test-key'))).toBe('hello')
})

test('createRecordManager supports IPNS names, public keys, keys that name their owner, and signed records', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(9))
  await using manager = await createRecordManager({ signer })
  const owned = joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/x`)
  for (const key of [
    ipnsRoutingKey(signer.peerId),
    joinRecordKey('pk', signer.peerId),
    owned,
    joinRecordKey('any', 'x')
  ])
    expect((await manager.put(key, bytes('/ipfs/bafkqaaa'))).status).toBe('stored')
  await expect(manager.put('/config/other/x', bytes('x'))).rejects.toMatchObject({ code: 'RECORD_KEY_INVALID' })
})

test('createRecordManager passes its clock to every part, and accepts a store and an engine', async () => {
  const time = { now: 1_790_000_000_000_000_000n }
  await using manager = await createRecordManager({ clock: () => time.now })
  const { record } = await manager.put('test-key', bytes('hello'), { lifetime: 60_000 })
  expect(record.expires).toBe(time.now + minute)
  expect(await manager.has('test-key')).toBe(true)
  time.now += minute + 1n
  expect(await manager.get('test-key')).toBeUndefined()
  expect((await manager.stats()).store.entries).toBe(1)
  const store = new MemoryRecordStore()
  const engine = new ValidationEngine([ipns()])
  await using own = await createRecordManager({ store, engine })
  await expect(own.put('test-key', bytes('x'))).rejects.toMatchObject({ code: 'RECORD_KEY_INVALID' })
  expect((await store.stats()).entries).toBe(0)
})
