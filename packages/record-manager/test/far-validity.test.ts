import { createStore } from '@recordkit/record-store'
import { MapBackend } from '@recordkit/record-store/internal'
import type { RecordStore } from '@recordkit/record-store'
import { exportRecords, importRecords, RecordManager, replication } from '@recordkit/record-manager'
import { fromHex } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { parseTime } from '@recordkit/record-codec'
import { describe, expect, test } from 'vitest'
import vectors from '@recordkit/vectors/recordkit/ipns-far-validity.json' with { type: 'json' }
import { FakeNetwork } from './fake-network.ts'

const key = fromHex(vectors.routingKeyHex)
const clock = (): bigint => parseTime('2026-11-30T12:00:00Z')
const stores: Record<string, () => RecordStore> = {
  MemoryRecordStore: () => new MemoryRecordStore({ clock }),
  'createStore with a backend': () => createStore(new MapBackend(), { clock })
}

/** A manager on a store, and its network of one peer. */
function setUp(makeStore: () => RecordStore) {
  const engine = new ValidationEngine([ipns()], { clock })
  const network = new FakeNetwork(engine)
  const manager = new RecordManager({ engine, store: makeStore(), clock, network: replication(network) })
  return { manager, network }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe.each(Object.entries(stores))('%s', (_, makeStore) => {
  test.each(vectors.records)(
    'a record that is valid until $validity takes every path',
    async ({ validity, valueHex }) => {
      const value = fromHex(valueHex)
      const expected = { value, expires: parseTime(validity) }
      const receiving = setUp(makeStore)
      expect(await receiving.manager.receive(key, value, { sender: Uint8Array.of(0, 1, 1) })).toMatchObject({
        status: 'stored'
      })
      expect(await receiving.manager.receive(key, value)).toMatchObject({ status: 'refreshed' })
      expect(await receiving.manager.getRecord(key)).toMatchObject(expected)
      expect(await collect(receiving.manager.list())).toMatchObject([expected])
      expect(await receiving.manager.republish(key)).toBe(true)

      const putting = setUp(makeStore)
      expect(await putting.manager.putSigned(key, value)).toMatchObject({ status: 'stored', receipt: {} })
      expect(putting.manager.republishQueue).toHaveLength(1)

      const getting = setUp(makeStore)
      getting.network.values.set([...putting.network.values.keys()][0] as string, value)
      expect(await getting.manager.getRecord(key)).toMatchObject(expected)
      expect(await getting.manager.getRecord(key, { offline: true })).toMatchObject(expected)

      const importing = setUp(makeStore)
      const archive = await collect(exportRecords(receiving.manager))
      expect((await importRecords(importing.manager, archive)).records).toEqual({ stored: 1 })
      expect(await importing.manager.getRecord(key, { offline: true })).toMatchObject(expected)
    }
  )

  test('of records whose expiry does not fit into 64 bits, the one with the later validity is kept', async () => {
    const { manager } = setUp(makeStore)
    const values = vectors.records.map(({ valueHex }) => fromHex(valueHex))
    for (const value of values) expect((await manager.receive(key, value)).status).toBe('stored')
    for (const value of values.slice(0, -1)) expect((await manager.receive(key, value)).status).toBe('stale')
    expect((await manager.getRecord(key, { offline: true }))?.value).toEqual(values.at(-1))
  })
})
