import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { createTestNetwork } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { hour } from '@recordkit/testing'
import { systemClock } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

/** Starts three real nodes whose engines, stores and managers share fake timers and a clock. */
async function start() {
  // at most 48 hours behind the system clock: kad-dht compares the age of records with it
  const time = new FakeTimers(systemClock())
  const { clock, setTimer } = time
  const signer = await generateKeyPair()
  const network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 3,
    node() {
      const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock })
      const store = new MemoryRecordStore({ clock })
      const network = { random: () => 0, quorum: 99 }
      const components = createRecordComponents({ engine, store, signer, clock, setTimer, network })
      return {
        datastore: components.datastore(new MemoryDatastore()),
        kadDhtInit: { ...components.kadDhtInit, initialQuerySelfInterval: 10 },
        services: { records: components.service() }
      }
    }
  })
  const records = network.honest.map(({ services }) => services.records)
  return { time, network, records, key: joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`) }
}

test('a record expires on every real node after its lifetime, and is not returned afterwards', async () => {
  const { time, network, records, key } = await start()
  await using _network = network
  const [author] = records
  await author?.manager.put(key, text('short-lived'), { lifetime: 3_600_000 })
  await author?.manager.unpublish(key)
  const contents = async (): Promise<(string | undefined)[]> =>
    Promise.all(records.map(async (node) => textOf(await node.manager.get(key, { noCache: true }))))
  await time.advance(hour - 1n)
  expect(await contents()).toEqual(['short-lived', 'short-lived', 'short-lived'])
  await time.advance(2n)
  expect(await contents()).toEqual([undefined, undefined, undefined])
})

test('a record is renewed on real nodes a third of its lifetime before it expires, and outlives its first lifetime', async () => {
  const { time, network, records, key } = await start()
  await using _network = network
  const [author, second] = records
  if (author === undefined || second === undefined) throw new Error('the network has too few nodes')
  await author.manager.put(key, text('renewed'), { lifetime: 86_400_000 })
  await second.manager.delete(key)
  const published = new Promise<number>((resolve) => {
    author.manager.events.addEventListener('record:published', ({ detail }) => resolve(detail.copies), { once: true })
  })
  // exactly up to the publication: messages between the nodes take real time
  await time.advance(16n * hour)
  // it is published once half of the two peers have it, and reaches the other in the background
  expect(await published).toBeGreaterThanOrEqual(1)
  await author.network.settled()
  await time.advance(9n * hour)
  const contents = await Promise.all(
    records.map(async (node) => textOf(await node.manager.get(key, { offline: true })))
  )
  expect(contents).toEqual(['renewed', 'renewed', 'renewed'])
})
