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

const kadDhtOptions = { initialQuerySelfInterval: 10 }
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const keyOf = ({ peerId }: KeyPair): Uint8Array => joinRecordKey('config', `${ipnsNameToString(peerId)}/app`)

function recordsOptions(signer?: KeyPair): RecordsOptions {
  return {
    engine: new ValidationEngine([signed('config', { authors: ownerInKey() })]),
    store: new MemoryRecordStore(),
    network: { timeout: 20_000, quorum: 99 },
    signer
  }
}

/** A DHT server with records, by `withRecords`. */
function server(signer?: KeyPair): NodeParts<Services> {
  return {
    kadDhtInit: kadDhtOptions,
    configure: ({ services = {}, ...options }) =>
      withRecords({ ...options, datastore: new MemoryDatastore(), services }, recordsOptions(signer))
  }
}

async function network(last: NodeParts<Services>, author: KeyPair): Promise<TestNetwork<Services>> {
  return createTestNetwork<Services>({
    transport: 'memory',
    nodes: 4,
    node: (index) => (index === 3 ? last : server(index === 0 ? author : undefined))
  })
}

test('a node of withRecords refuses the older record that a stock node puts', async () => {
  const pair = await generateKeyPair()
  const stock: NodeParts<Services> = {
    kadDhtInit: {
      ...kadDhtOptions,
      clientMode: true,
      validators: { config: async () => undefined },
      selectors: { config: () => 0 }
    }
  }
  await using nodes = await network(stock, pair)
  const [author, , , attacker] = nodes.honest
  if (author === undefined || attacker === undefined) throw new Error('the network has too few nodes')
  const key = keyOf(pair)
  const old = await author.services.records.manager.put(key, text('old'))
  expect((await old.receipt?.complete)?.copies.reached).toBe(2)
  const { record, receipt } = await author.services.records.manager.put(key, text('new'))
  await receipt?.complete
  const put = async (value: Uint8Array): Promise<number> => {
    let stored = 0
    for await (const event of attacker.services.dht.put(key, value)) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
    }
    return stored
  }
  expect(await put(old.record.value)).toBe(0)
  expect(await put(record.value)).toBe(3)
  const contents = await Promise.all(nodes.honest.slice(0, 3).map(({ services }) => services.records.manager.get(key)))
  expect(contents.map(textOf)).toEqual(['new', 'new', 'new'])
})

test('a DHT client with the records service publishes and finds records, and its kad-dht validates them', async () => {
  const pair = await generateKeyPair()
  const client: NodeParts<Services> = {
    kadDhtInit: { ...kadDhtOptions, clientMode: true },
    services: { records: records(recordsOptions(pair)) }
  }
  await using nodes = await network(client, await generateKeyPair())
  const [first, , , last] = nodes.honest
  if (first === undefined || last === undefined) throw new Error('the network has too few nodes')
  const key = keyOf(pair)
  const { receipt } = await last.services.records.manager.put(key, text('content'))
  expect((await receipt?.complete)?.copies.reached).toBe(3)
  expect(textOf(await first.services.records.manager.get(key, { noCache: true }))).toBe('content')
  await last.services.records.manager.delete(key)
  expect(textOf(await last.services.records.manager.get(key, { noCache: true }))).toBe('content')
  const dht = last.services.dht as unknown as { readonly validators: Record<string, unknown> }
  expect(dht.validators).toHaveProperty('config')
})

test('withRecords keeps the node options and the types of their services', async () => {
  const libp2p = await createLibp2p(
    withRecords(
      {
        start: false,
        datastore: new MemoryDatastore(),
        services: {
          identify: identify(),
          ping: ping(),
          amino: kadDHT({ peerInfoMapper: passthroughMapper })
        }
      },
      { ...recordsOptions(), dht: { service: 'amino' } }
    )
  )
  const service: RecordsService = libp2p.services.records
  expect(libp2p.services.amino.getMode()).toBe('client')
  expect(libp2p.services.ping.ping).toBeTypeOf('function')
  await service.close()
})

test('creating a node fails with INVALID_ARGUMENT when it has no kad-dht service of the name in the options', async () => {
  const making = createLibp2p(
    withRecords(
      { start: false, datastore: new MemoryDatastore(), services: {} },
      { ...recordsOptions(), dht: { service: 'amino' } }
    )
  )
  await expect(making).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
