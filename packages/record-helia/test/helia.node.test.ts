import { dnsLink } from '@helia/dnslink'
import { ipns } from '@helia/ipns'
import { dns, RecordType } from '@multiformats/dns'
import { parseIpnsName, ipnsRoutingKey } from '@recordkit/record-codec'
import { ipnsRouter, recordRouter } from '@recordkit/record-helia'
import { libp2pContentRouting } from '@recordkit/record-libp2p'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { PublicationView } from '@recordkit/record-manager'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { equalBytes } from '@recordkit/record-types'
import { ipns as ipnsNamespace, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { createHeliaLight } from 'helia'
import { afterAll, expect, test, vi } from 'vitest'
import { startHelia } from './helia-nodes.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const other = '/ipfs/bafkqaaa'

const nodes = await Promise.all([startHelia(), startHelia(), startHelia()])
const [first, second, third] = nodes
type Node = (typeof nodes)[number]

// a member of the class that its type does not have
const tableOf = (dht: unknown) => dht as { readonly routingTable: { readonly size: number } }

await second.libp2p.dial(first.libp2p.getMultiaddrs())
await third.libp2p.dial(first.libp2p.getMultiaddrs())
await third.libp2p.dial(second.libp2p.getMultiaddrs())
// identify has to end before a peer is in a routing table
await vi.waitFor(() => {
  for (const { libp2p } of nodes) expect(tableOf(libp2p.services.dht).routingTable.size).toBe(2)
}, 20_000)

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
})

const managerOf = ({ libp2p }: Node): RecordManager => libp2p.services.records.manager
const keyOf = ({ libp2p }: Node): Uint8Array => ipnsRoutingKey(libp2p.peerId.toMultihash().bytes)
const heliaNames = nodes.map((node) => ipns(node, { routers: [ipnsRouter(managerOf(node))] }))
const [firstNames, secondNames] = heliaNames as [ReturnType<typeof ipns>, ReturnType<typeof ipns>]

test('what @helia/ipns publishes on one node is resolved by a manager on another, and is a record of another author', async () => {
  const { name } = await firstNames.publish('mine', path)
  expect(await resolveIpns(managerOf(third), name)).toBe(path)
  const key = ipnsRoutingKey(parseIpnsName(name.slice('/ipns/'.length)))
  let publication: PublicationView | undefined
  for await (const found of managerOf(first).publications()) if (equalBytes(found.key, key)) publication = found
  expect(publication).toMatchObject({ status: 'active', network: true })
  expect(publication?.signer).toBeUndefined()
})

test('a second publication of @helia/ipns replaces the first', async () => {
  await firstNames.publish('changing', path)
  const { name } = await firstNames.publish('changing', other)
  expect(await resolveIpns(managerOf(second), name, { noCache: true })).toBe(other)
})

test('what a manager publishes on one node is resolved by @helia/ipns on another', async () => {
  const manager = managerOf(third)
  const { receipt } = await publishIpns(manager, path)
  expect((await receipt?.complete)?.copies.reached).toBe(2)
  const values: string[] = []
  for await (const { value } of secondNames.resolve(third.libp2p.peerId.toCID())) values.push(value)
  expect(values).toEqual([path])
})

test('a manager publishes and resolves through the routing of a Helia node, without a cast', async () => {
  const manager = new RecordManager({
    engine: new ValidationEngine([ipnsNamespace()]),
    store: new MemoryRecordStore(),
    network: replication(new DhtRecordStore({ routing: libp2pContentRouting(first.routing) }))
  })
  const { name } = await secondNames.publish('through routing', path)
  expect(await resolveIpns(manager, name)).toBe(path)
  const value = (await managerOf(second).getRecord(keyOf(third)))?.value
  const { receipt } = await manager.putSigned(keyOf(third), value!)
  expect(receipt?.peers.map(({ router, status }) => [router, status])).toEqual([
    ['content-routing/libp2p-router', 'stored']
  ])
  await manager.close()
})

test('the validators and selectors of records stay in kad-dht when @helia/ipns assigns its own', async () => {
  const { validators, selectors } = first.libp2p.services.dht
  const key = keyOf(first)
  await expect(validators['ipns']?.(key, Uint8Array.of(1))).rejects.toMatchObject({ name: 'RecordError' })
  const value = (await managerOf(third).getRecord(keyOf(third)))?.value
  expect(selectors['ipns']?.(keyOf(third), [value!])).toBe(0)
})

test('a name without a record is RecordNotFoundError in @helia/ipns', async () => {
  const missing = ipnsRouter(managerOf(first))
  const key = keyOf(second)
  await expect(missing.get(key)).rejects.toMatchObject({ name: 'NotFoundError' })
  await expect(firstNames.resolve(second.libp2p.peerId.toCID()).next()).rejects.toMatchObject({
    name: 'RecordNotFoundError'
  })
})

test('a manager is a router of a Helia node without libp2p', async () => {
  const engine = new ValidationEngine([ipnsNamespace()])
  const manager = new RecordManager({ engine, store: new MemoryRecordStore() })
  const helia = createHeliaLight({ routers: [recordRouter(manager)] })
  const value = (await managerOf(third).getRecord(keyOf(third)))?.value as Uint8Array
  await helia.routing.put(keyOf(third), value)
  expect(await helia.routing.get(keyOf(third))).toEqual(value)
  expect(await manager.get(keyOf(third))).toEqual(new TextEncoder().encode(path))
  await expect(helia.routing.get(keyOf(first))).rejects.toMatchObject({ name: 'GetFailedError' })
  // the manager does not wait for itself
  const network = replication(new DhtRecordStore({ routing: libp2pContentRouting(helia.routing) }))
  const reader = new RecordManager({ engine, store: new MemoryRecordStore(), network })
  helia.addRouter(recordRouter(reader))
  await expect(reader.get(keyOf(second))).rejects.toMatchObject({ code: 'NO_PEERS' })
  await Promise.all([manager.close(), reader.close()])
})

test('a domain is resolved by the DNS resolvers of Helia, and by @helia/dnslink', async () => {
  const name = third.libp2p.peerId.toString()
  const asked: string[] = []
  const resolver = dns({
    resolvers: {
      '.': async (domain) => {
        asked.push(domain)
        const links = domain === '_dnslink.docs.test' ? [`"dnslink=/ipns/${name}/docs"`] : []
        const Answer = links.map((data) => ({ name: domain, type: RecordType.TXT, TTL: 60, data }))
        return {
          Status: Answer.length > 0 ? 0 : 3,
          TC: false,
          RD: true,
          RA: true,
          AD: false,
          CD: false,
          Question: [],
          Answer
        }
      }
    }
  })
  const manager = managerOf(second)
  expect(await resolveIpns(manager, 'docs.test/a', { dns: resolver })).toBe(`${path}/docs/a`)
  expect(await resolveIpns(manager, 'none.test', { dns: resolver })).toBeUndefined()
  const links = dnsLink({ dns: resolver, logger: second.logger })
  expect(await resolveIpns(manager, 'docs.test/a', { dns: links })).toBe(`${path}/docs/a`)
  expect(await resolveIpns(manager, 'none.test', { dns: links })).toBeUndefined()
  expect(asked.slice(0, 3)).toEqual(['_dnslink.docs.test', '_dnslink.none.test', 'none.test'])
})
