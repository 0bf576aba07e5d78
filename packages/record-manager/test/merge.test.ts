import { replication, RecordManager } from '@recordkit/record-manager'
import { decodeGrowOnlySet, growOnlySet, ValidationEngine } from '@recordkit/record-validators'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { MemoryRecordStore } from '@recordkit/store-memory'
import type { RecordNetwork } from '@recordkit/record-types'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/tags/x')
const elements = async (manager: RecordManager): Promise<number[]> =>
  decodeGrowOnlySet((await manager.get(key)) ?? new Uint8Array()).map((element) => element[0] ?? -1)

/** Managers with stores of their own. */
async function createManagers(count: number) {
  const engine = new ValidationEngine([growOnlySet('tags')])
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  return Array.from({ length: count }, () => new RecordManager({ engine, store: new MemoryRecordStore(), signer }))
}

test('two managers on one store keep every element of concurrent puts', async () => {
  const engine = new ValidationEngine([growOnlySet('tags')])
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const store = new MemoryRecordStore()
  const [a, b] = [new RecordManager({ engine, store, signer }), new RecordManager({ engine, store, signer })]
  await Promise.all(
    Array.from({ length: 40 }, (_, number) => (number % 2 === 0 ? a : b).put(key, Uint8Array.of(number)))
  )
  expect(await elements(a)).toEqual(Array.from({ length: 40 }, (_, number) => number))
})

test('stores that received the same records in different orders contain the same value', async () => {
  const [first, second, third] = (await createManagers(3)) as [RecordManager, RecordManager, RecordManager]
  for (const [manager, number] of [
    [first, 1],
    [second, 2],
    [third, 3]
  ] as const)
    await manager.put(key, Uint8Array.of(number))
  const values = await Promise.all(
    [first, second, third].map(async (manager) => (await manager.getRecord(key))?.value ?? new Uint8Array())
  )
  for (const [manager, order] of [
    [first, [2, 1, 0]],
    [second, [0, 1, 2]],
    [third, [1, 0, 2]]
  ] as const) {
    for (const index of order) await manager.receive(key, values[index] as Uint8Array)
  }
  expect(await elements(first)).toEqual([1, 2, 3])
  expect((await first.getRecord(key))?.value).toEqual((await second.getRecord(key))?.value)
  expect((await second.getRecord(key))?.value).toEqual((await third.getRecord(key))?.value)
})

test('putSigned returns, copies and stores the union with the stored value', async () => {
  const engine = new ValidationEngine([growOnlySet('tags')])
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const store = new MemoryRecordStore()
  const copies: Uint8Array[] = []
  const network: RecordNetwork = {
    get: async () => undefined,
    put: async (_key, value) => {
      copies.push(value)
      return { copies: { requested: 1, reached: 1 }, peers: [] }
    }
  }
  const manager = new RecordManager({ engine, store, signer, network: replication(network) })
  await manager.put(key, Uint8Array.of(1))
  const other = await growOnlySet('tags').seal({ key, content: Uint8Array.of(9), sequence: 0n }, { now: 0n, signer })
  const { record } = await manager.putSigned(key, other)
  expect(copies.at(-1)).toEqual(record.value)
  expect(await elements(manager)).toEqual([1, 9])
  expect((await store.get(key))?.value).toEqual(record.value)
})
