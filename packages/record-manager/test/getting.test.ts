import { createIpnsRecord } from '@recordkit/record-crypto'
import type { ManagerProgress, RecordView } from '@recordkit/record-manager'
import { hour, minute } from '@recordkit/testing'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, sequenceAt, text } from './test-manager.ts'

describe('getting a record', () => {
  test('returns a record of peers that a full store cannot store', async () => {
    const full = new MemoryRecordStore({ maxBytes: 10 })
    const { manager, network, name, signer, time } = await createTestManager({ store: full })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    network.values.set(mapKey(name), value)
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
  })

  test('passes quorum, timeout and the stored record to the network', async () => {
    const { manager, key, getCalls, time } = await createTestManager()
    await manager.put(key, bytes('green'), { offline: true })
    await manager.get(key, { quorum: 2, timeout: 500 })
    expect(getCalls).toMatchObject([{ quorum: 2, timeout: 500, local: { sequence: sequenceAt(time.now) } }])
  })

  test('reports the stored record and then each better one with onImproved', async () => {
    const { manager, network, name, signer, time } = await createTestManager()
    const seal = async (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: time.now + hour }, { signer, now: 0n })
    const seen: (bigint | undefined)[] = []
    const onImproved = ({ sequence }: RecordView): unknown => seen.push(sequence)
    await manager.receive(name, await seal(1n))
    network.values.set(mapKey(name), await seal(2n))
    await manager.get(name, { onImproved, offline: true })
    expect(seen).toEqual([1n])
    await manager.get(name, { onImproved })
    expect(seen).toEqual([1n, 1n, 2n])
    await expect(manager.get(name, { onImproved: 7 as never })).rejects.toThrow('onImproved')
  })

  test('asks peers no more often when a peer sends records that are not stored', async () => {
    const { manager, name, signer, time, getCalls } = await createTestManager()
    const seal = async (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: time.now + hour }, { signer, now: 0n })
    const newest = await seal(2n)
    await manager.receive(name, newest)
    await manager.get(name)
    expect(getCalls).toHaveLength(1)
    for (const value of [new Uint8Array(9), await seal(1n), newest]) {
      await manager.receive(name, value, { sender: Uint8Array.of(1) })
      await manager.get(name)
    }
    expect(getCalls).toHaveLength(1)
  })

  test('does not return, list or republish a stored record whose bytes are damaged', async () => {
    const { local, store, key } = await createTestManager()
    const { record } = await local.put(key, bytes('green'))
    const stored = (await store.get(key)) as StoredRecord
    const damaged = record.value.slice()
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    await store.put({ ...stored, value: damaged, rank: new Uint8Array(stored.rank.length).fill(255) })
    expect(await local.getRecord(key)).toBeUndefined()
    expect(await local.has(key)).toBe(false)
    expect(await local.republish(key)).toBe(false)
    const listed: unknown[] = []
    for await (const record of local.list()) listed.push(record)
    expect(listed).toEqual([])
  })

  test('returns no content of a revoked key, and the revocation as its record', async () => {
    const { local, key } = await createTestManager()
    await local.put(key, bytes('green'))
    await local.revoke(key)
    expect(await local.get(key)).toBeUndefined()
    expect(await local.getRecord(key)).toMatchObject({ revoked: true })
  })

  test('returns the time at which the record was received, not the time of the call', async () => {
    const { local, manager, key, time } = await createTestManager()
    const received = time.now
    await local.put(key, bytes('green'))
    time.now += minute
    expect((await local.getRecord(key))?.timeReceived).toBe(received)
    expect((await manager.getRecord(key, { noCache: true }))?.timeReceived).toBe(received)
  })

  test('reports the progress of a miss: not stored, peers asked, not found', async () => {
    const { manager, key } = await createTestManager()
    const seen: ManagerProgress[] = []
    expect(await manager.get(key, { onProgress: (event) => seen.push(event) })).toBeUndefined()
    expect(seen).toEqual([
      { type: 'record:get:stored', detail: undefined },
      { type: 'record:get:lookup', detail: undefined },
      { type: 'record:get:found', detail: undefined }
    ])
  })

  test('does not dispatch record:refused when peers return a record below the mark', async () => {
    const { manager, network, name, signer, time } = await createTestManager()
    const sign = async (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: time.now + hour }, { signer, now: 0n })
    await manager.receive(name, await sign(5n))
    await manager.delete(name)
    network.values.set(mapKey(name), await sign(3n))
    const refused: unknown[] = []
    manager.events.addEventListener('record:refused', ({ detail }) => refused.push(detail))
    expect(await manager.get(name)).toBeUndefined()
    expect(refused).toEqual([])
  })

  test('lists the records whose keys begin with the prefix, as text or bytes, and no others', async () => {
    const { local, key, name } = await createTestManager()
    await local.put(key, bytes('green'))
    await local.put(name, bytes('/ipfs/bafkqaaa'))
    const listed = async (...parameters: Parameters<typeof local.list>): Promise<string[]> => {
      const found: string[] = []
      for await (const { content } of local.list(...parameters)) found.push(text(content))
      return found
    }
    expect(await listed('/config/')).toEqual(['green'])
    expect(await listed(bytes('/ipns/'))).toEqual(['/ipfs/bafkqaaa'])
    expect(await listed()).toEqual(['green', '/ipfs/bafkqaaa'])
  })
})
