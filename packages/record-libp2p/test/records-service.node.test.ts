import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { NodeParts, TestNetwork } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { records, withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions, RecordsService } from '@recordkit/record-libp2p'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

type Services = { readonly records: RecordsService }

const kademlia = { initialQuerySelfInterval: 10 }
const word = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const keyOf = ({ peerId }: KeyPair): Uint8Array => joinRecordKey('config', `${ipnsNameToString(peerId)}/app`)

function house(signer?: KeyPair): RecordsOptions {
  return {
    engine: new ValidationEngine([signed('config', { authors: ownerInKey() })]),
    store: new MemoryRecordStore(),
    timeout: 20_000,
    quorum: 99,
    ...(signer === undefined ? {} : { signer })
  }
}

/** A server whose records came in one place: the options of `createLibp2p`. */
function server(signer?: KeyPair): NodeParts<Services> {
  return {
    kademlia,
    configure: ({ services = {}, ...options }) =>
      withRecords(house(signer), { ...options, datastore: new MemoryDatastore(), services })
  }
}

async function network(last: NodeParts<Services>, author: KeyPair): Promise<TestNetwork<Services>> {
  return createTestNetwork<Services>({
    transport: 'memory',
    nodes: 4,
    node: (index) => (index === 3 ? last : server(index === 0 ? author : undefined))
  })
}

test('a node with records in one place is monotonic: a stock node that puts an older record is refused', async () => {
  const pair = await generateKeyPair()
  const stock: NodeParts<Services> = {
    kademlia: {
      ...kademlia,
      clientMode: true,
      validators: { config: async () => undefined },
      selectors: { config: () => 0 }
    }
  }
  await using nodes = await network(stock, pair)
  const [author, , , attacker] = nodes.honest
  if (author === undefined || attacker === undefined) throw new Error('too few nodes')
  const key = keyOf(pair)
  const old = await author.services.records.manager.put(key, text('old'))
  expect(old.receipt?.copies.reached).toBe(2)
  const { record } = await author.services.records.manager.put(key, text('new'))
  const put = async (value: Uint8Array): Promise<number> => {
    let taken = 0
    for await (const event of attacker.services.dht.put(key, value)) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') taken++
    }
    return taken
  }
  expect(await put(old.record.value)).toBe(0)
  expect(await put(record.value)).toBe(3)
  const held = await Promise.all(nodes.honest.slice(0, 3).map(({ services }) => services.records.manager.get(key)))
  expect(held.map(word)).toEqual(['new', 'new', 'new'])
})

test('one line in `services` of a client: it publishes, finds, and what its Kademlia finds is validated', async () => {
  const pair = await generateKeyPair()
  const client: NodeParts<Services> = {
    kademlia: { ...kademlia, clientMode: true },
    services: { records: records(house(pair)) }
  }
  await using nodes = await network(client, await generateKeyPair())
  const [first, , , last] = nodes.honest
  if (first === undefined || last === undefined) throw new Error('too few nodes')
  const key = keyOf(pair)
  const { receipt } = await last.services.records.manager.put(key, text('mine'))
  expect(receipt?.copies.reached).toBe(3)
  expect(word(await first.services.records.manager.get(key, { noCache: true }))).toBe('mine')
  await last.services.records.manager.delete(key)
  expect(word(await last.services.records.manager.get(key, { noCache: true }))).toBe('mine')
  const dht = last.services.dht as unknown as { readonly validators: Record<string, unknown> }
  expect(dht.validators).toHaveProperty('config')
})

test('the options stay what createLibp2p takes, with their types', async () => {
  const libp2p = await createLibp2p(
    withRecords(
      { ...house(), dht: 'amino' },
      {
        start: false,
        datastore: new MemoryDatastore(),
        services: {
          identify: identify(),
          ping: ping(),
          amino: kadDHT({ peerInfoMapper: passthroughMapper })
        }
      }
    )
  )
  const manager: RecordsService = libp2p.services.records
  expect(libp2p.services.amino.getMode()).toBe('client')
  expect(libp2p.services.ping.ping).toBeTypeOf('function')
  await manager.close()
})

test('a name under which there is no Kademlia is an error when the node is made', async () => {
  const making = createLibp2p(
    withRecords({ ...house(), dht: 'amino' }, { start: false, datastore: new MemoryDatastore(), services: {} })
  )
  await expect(making).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
