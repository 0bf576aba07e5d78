import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { base58btc } from 'multiformats/bases/base58'
import { createRecordComponents } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'
import { boundProviderEntries } from '../src/provider-entries.ts'

const value = Uint8Array.of(1)
const peerOf = (number: number): Uint8Array => Uint8Array.of(0, 36, 8, 1, 18, 32, ...new Uint8Array(32).fill(number))
/** The entry for content that a peer provides, as kad-dht names it. */
const entry = (content: number, peer: number): Key =>
  new Key(`/dht/provider/ciq${content}/${base58btc.encode(peerOf(peer)).slice(1)}`, false)

/** A datastore for four entries. Peers below 10 belong to one group; peer 99 is the node itself. */
function bounded(inner = new MemoryDatastore(), maxEntries = 4) {
  const own = peerOf(99)
  const datastore = boundProviderEntries(inner, {
    maxEntries,
    groupOf: (peer) => ((peer.at(-1) as number) < 10 ? Uint8Array.of(4, 203, 0, 113) : peer),
    isOwn: (peer) => peer.join() === own.join()
  })
  const left = async (): Promise<string[]> => {
    const names: string[] = []
    for await (const key of inner.queryKeys({ prefix: '/dht/provider' })) names.push(key.toString())
    return names.toSorted()
  }
  return { inner, datastore, left }
}

const names = (...keys: readonly Key[]): string[] => keys.map((key) => key.toString()).toSorted()

test('the oldest entry of the group with the most is removed, not that of another group', async () => {
  const { datastore, left } = bounded()
  await datastore.put(entry(0, 50), value)
  // many peers of one subnet
  for (let peer = 0; peer < 10; peer++) await datastore.put(entry(peer, peer), value)
  expect(await left()).toEqual(names(entry(0, 50), entry(7, 7), entry(8, 8), entry(9, 9)))
})

test('an entry that is put again is the youngest, and one that is deleted leaves space', async () => {
  const { datastore, left } = bounded()
  for (const content of [1, 2, 3, 4, 1]) await datastore.put(entry(content, 50), value)
  await datastore.delete(entry(2, 50))
  await datastore.put(entry(5, 50), value)
  expect(await left()).toEqual(names(entry(1, 50), entry(3, 50), entry(4, 50), entry(5, 50)))
  await datastore.put(entry(6, 50), value)
  expect(await left()).toEqual(names(entry(1, 50), entry(4, 50), entry(5, 50), entry(6, 50)))
})

test('entries of the node itself are never removed, and do not count', async () => {
  const { datastore, left } = bounded()
  for (let content = 0; content < 6; content++) await datastore.put(entry(content, 99), value)
  for (let content = 0; content < 6; content++) await datastore.put(entry(content, 50), value)
  expect(await left()).toHaveLength(10)
})

test('entries of an earlier run count, and everything else in the datastore is not touched', async () => {
  const inner = new MemoryDatastore()
  for (let content = 0; content < 9; content++) await inner.put(entry(content, 60 + content), value)
  await inner.put(new Key('/dht/provider/ciq1/damaged'), value)
  const { datastore, left } = bounded(inner)
  await datastore.put(new Key('/peers/a'), value)
  expect(await left()).toHaveLength(10)
  // the first announcement
  await datastore.put(entry(1, 50), value)
  expect(await left()).toHaveLength(4)
  expect(await left()).toContain(entry(1, 50).toString())
  expect(await datastore.get(new Key('/peers/a'))).toEqual(value)
  await datastore.delete(new Key('/peers/a'))
  expect(await inner.has(new Key('/peers/a'))).toBe(false)
})

test('a put fails when the earlier entries cannot be read, and the next one reads them again', async () => {
  let failures = 1
  class FailingDatastore extends MemoryDatastore {
    override queryKeys(...query: Parameters<MemoryDatastore['queryKeys']>): ReturnType<MemoryDatastore['queryKeys']> {
      if (failures-- > 0) throw new Error('the disk failed')
      return super.queryKeys(...query)
    }
  }
  const inner = new FailingDatastore()
  for (let content = 0; content < 9; content++) await inner.put(entry(content, 60), value)
  const { datastore, left } = bounded(inner)
  await expect(async () => datastore.put(entry(1, 50), value)).rejects.toThrow('the disk failed')
  await datastore.put(entry(1, 50), value)
  expect(await left()).toHaveLength(4)
})

test('maxProviderEntries bounds the datastore that the components make, and must be a count', async () => {
  const inner = new MemoryDatastore()
  const datastore = createRecordComponents({ dht: { maxProviderEntries: 2 } }).datastore(inner)
  for (let peer = 0; peer < 5; peer++) await datastore.put(entry(1, peer), value)
  let count = 0
  for await (const _ of inner.queryKeys({ prefix: '/dht/provider' })) count++
  expect(count).toBe(2)
  expect(() => createRecordComponents({ dht: { maxProviderEntries: -1 } })).toThrow('maxProviderEntries')
})
