import { createIpnsRecord } from '@recordkit/record-crypto'
import type { ManagerProgress } from '@recordkit/record-manager'
import { hour, minute } from '@recordkit/testing'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, house, text } from './test-manager.ts'

describe('a get', () => {
  test('of a record that a full store does not keep is answered all the same', async () => {
    const full = new MemoryRecordStore({ maxBytes: 10 })
    const { manager, network, name, signer, time } = await house({ store: full })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
    )
    network.held.set(mapKey(name), value)
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
  })

  test('hands its quorum, deadline and what is held to the network', async () => {
    const { manager, key, asked } = await house()
    await manager.put(key, bytes('green'), { offline: true })
    await manager.get(key, { quorum: 2, timeout: 500 })
    expect(asked).toMatchObject([{ quorum: 2, timeout: 500, local: { sequence: 0n } }])
  })

  test('of what is stored is checked like any other: damaged bytes are no answer', async () => {
    const { local, store, key } = await house()
    const { record } = await local.put(key, bytes('green'))
    const held = (await store.get(key)) as StoredRecord
    const damaged = record.value.slice()
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    await store.put({ ...held, value: damaged, rank: new Uint8Array(held.rank.length).fill(255) })
    expect(await local.getRecord(key)).toBeUndefined()
    expect(await local.has(key)).toBe(false)
    expect(await local.republish(key)).toBe(false)
    const listed: unknown[] = []
    for await (const one of local.list()) listed.push(one)
    expect(listed).toEqual([])
  })

  test('of a closed key has no content, but the record that closes it', async () => {
    const { local, key } = await house()
    await local.put(key, bytes('green'))
    await local.revoke(key)
    expect(await local.get(key)).toBeUndefined()
    expect(await local.getRecord(key)).toMatchObject({ revoked: true })
  })

  test('says when a record was received, and not when it was read', async () => {
    const { local, manager, key, time } = await house()
    const received = time.now
    await local.put(key, bytes('green'))
    time.now += minute
    expect((await local.getRecord(key))?.timeReceived).toBe(received)
    expect((await manager.getRecord(key, { noCache: true }))?.timeReceived).toBe(received)
  })

  test('of nothing tells that it holds nothing, asks, and finds nothing', async () => {
    const { manager, key } = await house()
    const seen: ManagerProgress[] = []
    expect(await manager.get(key, { onProgress: (event) => seen.push(event) })).toBeUndefined()
    expect(seen).toEqual([
      { type: 'record:get:held', detail: undefined },
      { type: 'record:get:asking', detail: undefined },
      { type: 'record:get:found', detail: undefined }
    ])
  })

  test('that peers answer with what was closed long ago tells nobody of a refusal', async () => {
    const { manager, network, name, signer, time } = await house()
    const of = async (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: time.now + hour }, { signer })
    await manager.receive(name, await of(5n))
    await manager.delete(name)
    network.held.set(mapKey(name), await of(3n))
    const refused: unknown[] = []
    manager.events.addEventListener('record:refused', ({ detail }) => refused.push(detail))
    expect(await manager.get(name)).toBeUndefined()
    expect(refused).toEqual([])
  })

  test('of all under a prefix gives these and no others', async () => {
    const { local, key, name } = await house()
    await local.put(key, bytes('green'))
    await local.put(name, bytes('/ipfs/bafkqaaa'))
    const listed = async (...given: Parameters<typeof local.list>): Promise<string[]> => {
      const found: string[] = []
      for await (const { content } of local.list(...given)) found.push(text(content))
      return found
    }
    expect(await listed('/config/')).toEqual(['green'])
    expect(await listed(bytes('/ipns/'))).toEqual(['/ipfs/bafkqaaa'])
    expect(await listed()).toEqual(['green', '/ipfs/bafkqaaa'])
  })
})
