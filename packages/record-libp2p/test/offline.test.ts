import { encodeRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { validatingDatastore } from '@recordkit/record-libp2p'
import { RecordManager, replication } from '@recordkit/record-manager'
import { equalBytes } from '@recordkit/record-types'
import type { RecordRouting } from '@recordkit/record-types'
import { encodeGrowOnlySet, growOnlySet, ipns, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'
import { expect, test } from 'vitest'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const peer = Uint8Array.of(1)

/** A manager in a network of one peer, which answers with what `answer` returns, and remembers what it receives. */
async function setUp() {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
  const engine = new ValidationEngine([ipns(), growOnlySet('tags')])
  const store = new MemoryRecordStore()
  const peers: { answer: Uint8Array | undefined; readonly received: Uint8Array[] } = { answer: undefined, received: [] }
  const routing: RecordRouting = {
    async *get() {
      yield { from: peer, value: peers.answer }
    },
    async *put(_key, value) {
      peers.received.push(value)
      yield { from: peer, status: 'stored' }
    },
    async putToPeer(_peer, _key, value) {
      peers.received.push(value)
      return { from: peer, status: 'stored' }
    }
  }
  const network = new DhtRecordStore({ routing, engine })
  const start = () => new RecordManager({ engine, store, signer, network: replication(network) })
  return { start, network, peers, key: ipnsRoutingKey(signer.peerId) }
}

function datastoreKey(key: Uint8Array): Key {
  return new Key(`/dht/record/${base32.encode(key).slice(1)}`)
}

test('kad-dht does not find a record that was put offline, also after a restart, until it is published', async () => {
  const { start, key } = await setUp()
  await start().put(key, text('/ipfs/bafkqaaa'), { offline: true })
  const manager = start()
  const datastore = validatingDatastore(new MemoryDatastore(), manager)
  expect(await datastore.has(datastoreKey(key))).toBe(false)
  await expect(async () => datastore.get(datastoreKey(key))).rejects.toMatchObject({ name: 'NotFoundError' })
  expect(await manager.has(key)).toBe(true)
  await manager.republish(key)
  expect(await datastore.has(datastoreKey(key))).toBe(true)
})

test('kad-dht does not find what was put offline after a peer sent a record that is merged with it', async () => {
  const { start } = await setUp()
  const manager = start()
  const key = text('/tags/x')
  await manager.putSigned(key, encodeGrowOnlySet([text('ours')]), { offline: true })
  const datastore = validatingDatastore(new MemoryDatastore(), manager)
  await datastore.put(
    datastoreKey(key),
    encodeRecord({ key, value: encodeGrowOnlySet([text('theirs')]), timeReceived: 1n })
  )
  expect(await datastore.has(datastoreKey(key))).toBe(false)
})

test('no repair of a stale copy sends a record that was put offline', async () => {
  const { start, network, peers, key } = await setUp()
  const manager = start()
  const { record } = await manager.put(key, text('/ipfs/bafkqaaa'))
  peers.answer = record.value
  peers.received.length = 0
  const offline = await manager.put(key, text('/ipfs/bafkqaba'), { offline: true })
  expect((await manager.getRecord(key, { noCache: true }))?.value).toEqual(offline.record.value)
  await network.settled()
  expect(peers.received).toEqual([])
  // a put that asks the network first publishes only what it puts
  const published = await manager.put(key, text('/ipfs/bafkqabb'), { checkNetwork: true })
  await network.settled()
  expect(peers.received.some((value) => equalBytes(value, offline.record.value))).toBe(false)
  expect(peers.received.some((value) => equalBytes(value, published.record.value))).toBe(true)
})
