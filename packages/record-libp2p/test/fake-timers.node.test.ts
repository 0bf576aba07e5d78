import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { createTestNetwork } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { day, hour } from '@recordkit/testing'
import { systemClock } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

const word = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

/** Real nodes whose engine, store, manager and guard have one clock and timers, in hand. */
async function start() {
  // not behind the machine's own by more than 48 h: Kademlia looks at that one before it answers with a record
  const time = new FakeTimers(systemClock())
  const { clock, setTimer } = time
  const signer = await generateKeyPair()
  const network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 3,
    node() {
      const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock })
      const store = new MemoryRecordStore({ clock })
      const house = createRecordComponents({ engine, store, signer, clock, setTimer, random: () => 0, quorum: 99 })
      return {
        datastore: house.datastore(new MemoryDatastore()),
        kademlia: { ...house.kadDhtInit, initialQuerySelfInterval: 10 },
        services: { records: house.service() }
      }
    }
  })
  const records = network.honest.map(({ services }) => services.records)
  return { time, network, records, key: joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`) }
}

test('a record lapses on every real node at its hour, and nobody serves it afterwards', async () => {
  const { time, network, records, key } = await start()
  await using _network = network
  const [author] = records
  await author?.manager.put(key, text('brief'), { lifetime: hour })
  const held = async (): Promise<(string | undefined)[]> =>
    Promise.all(records.map(async (node) => word(await node.manager.get(key, { noCache: true }))))
  await time.advance(hour - 1n)
  expect(await held()).toEqual(['brief', 'brief', 'brief'])
  await time.advance(2n)
  expect(await held()).toEqual([undefined, undefined, undefined])
})

test('a record is published again to real nodes after 22 hours, and lives on past its first lifetime', async () => {
  const { time, network, records, key } = await start()
  await using _network = network
  const [author, second] = records
  if (author === undefined || second === undefined) throw new Error('too few nodes')
  await author.manager.put(key, text('kept'), { lifetime: day })
  await second.manager.delete(key)
  const published = new Promise<number>((resolve) => {
    author.manager.events.addEventListener('record:published', ({ detail }) => resolve(detail.copies), { once: true })
  })
  // up to the moment and no further: what sockets bring takes real time
  await time.advance(22n * hour)
  expect(await published).toBe(2)
  await time.advance(3n * hour)
  const held = await Promise.all(records.map(async (node) => word(await node.manager.get(key, { offline: true }))))
  expect(held).toEqual(['kept', 'kept', 'kept'])
})
