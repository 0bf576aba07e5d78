import { createServer, request as sendRequest } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { delegatedRoutingV1HttpApiClient } from '@helia/delegated-routing-v1-http-api-client'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createRecordHandler } from '@recordkit/record-http'
import type { RecordHandler, RecordHandlerOptions } from '@recordkit/record-http'
import { libp2pPeers } from '@recordkit/record-http/libp2p'
import { nodeListener } from '@recordkit/record-http/node'
import type { RecordsService } from '@recordkit/record-libp2p'
import { withRecords } from '@recordkit/record-libp2p'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { createTestNetwork } from '@recordkit/record-test-network'
import { timeFromDate } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { DhtProviderStore, DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { Hono } from 'hono'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { afterEach, expect, test } from 'vitest'

const recordType = 'application/vnd.ipfs.ipns-record'
const cid = CID.parse('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
const open: Server[] = []

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** Serves a handler on loopback. @returns its URL */
async function serve(handler: RecordHandler): Promise<string> {
  const server = createServer(nodeListener(handler))
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startServer(options: Partial<RecordHandlerOptions> = {}): Promise<string> {
  return serve(createRecordHandler({ manager: await createRecordManager(), ...options }))
}

const helia = (url: string) => delegatedRoutingV1HttpApiClient({ url })({ logger: defaultLogger() })
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
const ipnsContent = (sequence: bigint) => ({
  value: '/ipfs/bafkqaaa',
  sequence,
  validity: timeFromDate(new Date(Date.now() + 86_400_000)),
  ttl: 60_000_000_000n
})

test('the HTTP client of store-dht puts records, finds them, and finds providers', async () => {
  const signer = await generateKeyPair()
  const provider = { id: signer.peerId, addresses: [multiaddr('/ip4/192.0.2.1/tcp/4001').bytes] }
  const url = await startServer({ providers: () => [provider] })
  const routing = delegatedRouting([url], { parseAddress: (text) => multiaddr(text).bytes })
  const network = new DhtRecordStore({ routing, engine: new ValidationEngine([ipns()]) })
  const key = ipnsRoutingKey(signer.peerId)
  expect(await network.get(key)).toBeUndefined()
  const value = await createIpnsRecord(ipnsContent(2n), { signer })
  expect((await network.put(key, value)).copies.reached).toBe(1)
  expect((await network.get(key))?.record.value).toEqual(value)
  // an older record is refused, and the receipt says so
  const older = await createIpnsRecord(ipnsContent(1n), { signer })
  await expect(network.put(key, older)).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  const found = await new DhtProviderStore({ routing }).getProviders(cid.multihash.bytes)
  expect(found).toMatchObject([provider])
})

test('the HTTP client of Helia puts records, finds them, and finds providers and peers', async () => {
  const signer = await generateKeyPair()
  const info = { id: signer.peerId, addresses: [multiaddr('/ip4/192.0.2.1/tcp/4001').bytes] }
  const url = await startServer({ providers: () => [info], peers: () => [info], closestPeers: () => [info] })
  const client = helia(url)
  const peerId = peerIdFromMultihash(decodeMultihash(signer.peerId))
  const name = peerId.toCID()
  await expect(client.getIPNS(name)).rejects.toMatchObject({ name: 'NotFoundError' })
  const value = await createIpnsRecord(ipnsContent(1n), { signer })
  await client.putIPNS(name, value)
  expect(await client.getIPNS(name)).toEqual(value)
  await expect(client.putIPNS(name, value.slice(1))).rejects.toThrow()
  for (const found of [client.getProviders(cid), client.getPeers(name), client.getClosestPeers(name)]) {
    const peers = await all(found)
    expect(peers.map(({ ID, Addrs }) => [ID.toString(), Addrs.map(String)])).toEqual([
      [name.toString(), ['/ip4/192.0.2.1/tcp/4001']]
    ])
  }
  expect(await all(client.getProviders(cid, { filterAddrs: ['webtransport'] }))).toEqual([])
})

test('a handler is mounted in Hono', async () => {
  const handler = createRecordHandler({ manager: await createRecordManager() })
  const app = new Hono().all('/routing/v1/*', ({ req }) => handler(req.raw))
  const response = await app.request('/routing/v1/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
  expect([response.status, await response.text()]).toEqual([200, 'no record was found for this IPNS name\n'])
})

test('the routes for peers ask a js-libp2p node, and a record that is put over HTTP reaches its DHT', async () => {
  type Services = { readonly records: RecordsService }
  await using nodes = await createTestNetwork<Services>({
    transport: 'memory',
    nodes: 3,
    node: () => ({
      kadDhtInit: { initialQuerySelfInterval: 10 },
      configure: ({ services = {}, ...options }) =>
        withRecords({ ...options, services }, { engine: new ValidationEngine([ipns()]) })
    })
  })
  const [first, second, third] = nodes.honest
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three nodes')
  const { manager, network } = first.services.records
  const client = helia(await serve(createRecordHandler({ manager, network, ...libp2pPeers(first) })))
  const signer = await generateKeyPair()
  const name = peerIdFromMultihash(decodeMultihash(signer.peerId)).toCID()
  await client.putIPNS(name, await createIpnsRecord(ipnsContent(1n), { signer }))
  const read = await third.services.records.manager.get(ipnsRoutingKey(signer.peerId))
  expect(new TextDecoder().decode(read)).toBe('/ipfs/bafkqaaa')

  await second.services.records.providers.addProvider(cid.multihash.bytes)
  const idsOf = async (peers: AsyncIterable<{ readonly ID: CID }>): Promise<string[]> =>
    (await all(peers)).map(({ ID }) => ID.toString())
  const textOf = ({ peerId }: typeof first): string => peerId.toCID().toString()
  expect(await idsOf(client.getProviders(cid))).toEqual([textOf(second)])
  expect(await idsOf(client.getPeers(third.peerId.toCID()))).toEqual([textOf(third)])
  expect(await idsOf(client.getPeers(first.peerId.toCID()))).toEqual([textOf(first)])
  const closest = await idsOf(client.getClosestPeers(second.peerId.toCID()))
  expect(closest[0]).toBe(textOf(second))
})

test('a body that is too large gets an answer, and the connection is closed', async () => {
  const url = await startServer()
  const { status, connection } = await new Promise<{ status?: number; connection?: string }>((resolve, reject) => {
    const sent = sendRequest(
      `${url}/routing/v1/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8`,
      { method: 'PUT', headers: { 'content-type': recordType, 'transfer-encoding': 'chunked' } },
      ({ statusCode, headers }) => resolve({ status: statusCode, connection: headers.connection } as never)
    )
    sent.on('error', reject)
    sent.write(new Uint8Array(20_000))
  })
  expect([status, connection]).toEqual([400, 'close'])
})

test('a client that leaves ends the search', async () => {
  let started = (): void => {}
  const searching = new Promise<void>((resolve) => (started = resolve))
  let ended = (): void => {}
  const aborted = new Promise<void>((resolve) => (ended = resolve))
  const url = await startServer({
    providers: (_id, { signal }) => {
      signal?.addEventListener('abort', ended)
      started()
      return new Promise(() => {})
    }
  })
  const leave = new AbortController()
  const answer = fetch(`${url}/routing/v1/providers/${cid}`, { signal: leave.signal })
  await searching
  leave.abort()
  await expect(answer).rejects.toThrow()
  await aborted
})

test('requests that no URL or header can represent are 400', async () => {
  const url = new URL(await startServer())
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(url.port), url.hostname)
    let received = ''
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('close', () => resolve(received))
    socket.write('TRACE //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
})
