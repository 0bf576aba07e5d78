import { multiaddr } from '@multiformats/multiaddr'
import { ipnsNameToString, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import type { PeerInfo } from '@recordkit/record-http'
import { RecordError } from '@recordkit/record-types'
import { portableSigner, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { createTestHandler } from './test-handler.ts'

const cid = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const ids = [1, 2, 3].map((seed) => peerIdFromPublicKey(portableSigner(new Uint8Array(32).fill(seed)).publicKey))
const peer = (index: number, addresses: readonly string[], protocols?: readonly string[]): PeerInfo => ({
  id: ids[index] as Uint8Array,
  addresses: addresses.map((text) => multiaddr(text).bytes),
  protocols
})
const tcp = '/ip4/192.0.2.1/tcp/4001'
const quic = '/ip4/192.0.2.1/udp/4001/quic-v1'
const quic6 = '/ip6/2001:db8::1/udp/4001/quic-v1'
/** a host whose name is that of a protocol */
const named = '/dns4/tcp/udp/4001/quic-v1'
const lines = async (response: Response): Promise<unknown[]> =>
  (await response.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)

test('providers are returned as JSON, each once, in the schema of the specification', async () => {
  const { get } = createTestHandler({
    providers: () => [peer(0, [tcp], ['transport-bitswap']), peer(1, []), peer(0, [quic])]
  })
  const response = await get(`providers/${cid}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(response.headers.get('cache-control')).toMatch(/^public, max-age=300,/)
  expect(response.headers.get('vary')).toBe('Accept')
  expect(await response.json()).toEqual({
    Providers: [
      { Schema: 'peer', ID: peerIdToString(ids[0] as Uint8Array), Addrs: [tcp], Protocols: ['transport-bitswap'] },
      { Schema: 'peer', ID: peerIdToString(ids[1] as Uint8Array), Addrs: [], Protocols: [] }
    ]
  })
})

test('an empty list is 200, cached for a shorter time, and 404 for closest peers', async () => {
  const none = (): PeerInfo[] => []
  const { get, name } = createTestHandler({ providers: none, peers: none, closestPeers: none })
  for (const [path, status, list] of [
    [`providers/${cid}`, 200, 'Providers'],
    [`peers/${name}`, 200, 'Peers'],
    [`dht/closest/peers/${name}`, 404, 'Peers']
  ] as const) {
    const response = await get(path)
    expect([response.status, await response.json()], path).toEqual([status, { [list]: [] }])
    expect(response.headers.get('cache-control')).toMatch(/^public, max-age=15,/)
    const stream = await get(path, { accept: 'application/x-ndjson' })
    expect([stream.status, await stream.text()]).toEqual([status, ''])
  }
})

test('at most 100 peers are in a list, and 1000 in a stream, and the source is asked to return', async () => {
  let returned = 0
  async function* endless(): AsyncGenerator<PeerInfo> {
    try {
      for (let seed = 0; ; seed++) {
        const id = new Uint8Array(ids[0] as Uint8Array)
        new DataView(id.buffer).setUint32(id.length - 4, seed)
        yield { id, addresses: [] }
      }
    } finally {
      returned++
    }
  }
  const { get } = createTestHandler({ providers: endless })
  const list = (await (await get(`providers/${cid}`)).json()) as { Providers: unknown[] }
  expect(list.Providers).toHaveLength(100)
  expect(await lines(await get(`providers/${cid}`, { accept: 'application/x-ndjson' }))).toHaveLength(1000)
  await flushMicrotasks()
  expect(returned).toBe(2)
})

test('a stream is sent while the source still searches, and ends it when the client leaves', async () => {
  let signal: AbortSignal | undefined
  let returned = false
  const { get } = createTestHandler({
    providers: async function* (_id, options): AsyncGenerator<PeerInfo> {
      signal = options.signal
      try {
        yield peer(0, [tcp])
        yield peer(1, [tcp])
        await new Promise(() => {})
      } finally {
        returned = true
      }
    }
  })
  const response = await get(`providers/${cid}`, { accept: 'application/json;q=0.5, application/x-ndjson' })
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const reader = response.body?.getReader()
  const first = JSON.parse(new TextDecoder().decode((await reader?.read())?.value)) as { ID: string }
  expect(first.ID).toBe(peerIdToString(ids[0] as Uint8Array))
  expect(signal?.aborted).toBe(false)
  await reader?.cancel()
  expect(returned).toBe(true)
})

test('what was found before the timeout is returned', async () => {
  const { get, time } = createTestHandler({
    timeout: 1000,
    providers: async function* (): AsyncGenerator<PeerInfo> {
      yield peer(0, [tcp])
      await new Promise(() => {})
    }
  })
  const answer = get(`providers/${cid}`)
  await time.advance(2n * second)
  expect(((await (await answer).json()) as { Providers: unknown[] }).Providers).toHaveLength(1)
})

test('a source that fails or hangs is 500 with its code', async () => {
  const { get, name, time } = createTestHandler({
    timeout: 1000,
    providers: () => {
      throw new RecordError('NO_PEERS', 'there are no peers')
    },
    peers: () => new Promise(() => {})
  })
  expect(await (await get(`providers/${cid}`)).text()).toBe('the request failed: NO_PEERS\n')
  const hanging = get(`peers/${name}`)
  await time.advance(2n * second)
  expect(await (await hanging).text()).toBe('the request failed: TIMEOUT\n')
})

test('a source that fails after its first peer ends the stream with an error', async () => {
  const { get } = createTestHandler({
    providers: async function* (): AsyncGenerator<PeerInfo> {
      yield peer(0, [tcp])
      throw new Error('the source failed')
    }
  })
  const response = await get(`providers/${cid}`, { accept: 'application/x-ndjson' })
  await expect(response.text()).rejects.toThrow()
})

test('IDs that are not valid are 422, and unknown media types 406', async () => {
  const { get, name } = createTestHandler({ providers: () => [], peers: () => [], closestPeers: () => [] })
  for (const path of ['providers/x', `providers/${'a'.repeat(300)}`, 'peers/x', `peers/${cid}`, 'dht/closest/peers/x'])
    expect((await get(path)).status, path).toBe(422)
  expect((await get(`peers/${name}`, { accept: 'text/html' })).status).toBe(406)
})

test('closest peers are asked by CID and by peer ID', async () => {
  const asked: Uint8Array[] = []
  const { get } = createTestHandler({
    closestPeers: (id) => {
      asked.push(id)
      return [peer(0, [tcp])]
    }
  })
  const id = ids[2] as Uint8Array
  for (const text of [peerIdToString(id), ipnsNameToString(id), cid])
    expect((await get(`dht/closest/peers/${text}`)).status).toBe(200)
  expect(asked.slice(0, 2)).toEqual([id, id])
  expect(asked[2]?.slice(0, 2)).toEqual(Uint8Array.of(0x12, 0x20))
})

const all = [peer(0, [tcp, quic, quic6], ['transport-bitswap', 'Transport-X']), peer(1, []), peer(2, [named])]
/** query, and the addresses of each peer that remains */
const filters: [string, (readonly string[] | undefined)[]][] = [
  ['', [[tcp, quic, quic6], [], [named]]],
  ['filter-addrs=tcp', [[tcp], undefined, undefined]],
  ['filter-addrs=TCP', [[tcp], undefined, undefined]],
  ['filter-addrs=tcp,unknown', [[tcp], [], undefined]],
  ['filter-addrs=quic-v1', [[quic, quic6], undefined, [named]]],
  ['filter-addrs=!ip6', [[tcp, quic], undefined, [named]]],
  ['filter-addrs=!ip6,!tcp', [[quic], undefined, [named]]],
  ['filter-addrs=quic-v1,!ip6', [[quic], undefined, [named]]],
  ['filter-addrs=quic-v1%2C!ip6', [[quic], undefined, [named]]],
  ['filter-addrs=webtransport', [undefined, undefined, undefined]],
  ['filter-protocols=transport-bitswap', [[tcp, quic, quic6], undefined, undefined]],
  ['filter-protocols=TRANSPORT-x', [[tcp, quic, quic6], undefined, undefined]],
  ['filter-protocols=unknown', [undefined, [], [named]]],
  ['filter-protocols=unknown,transport-bitswap', [[tcp, quic, quic6], [], [named]]],
  ['filter-protocols=unknown&filter-addrs=unknown', [undefined, [], undefined]]
]

test.each(filters)('the filters of the query "%s" keep the peers and addresses that pass', async (query, expected) => {
  const { get } = createTestHandler({ providers: () => all })
  const response = await get(`providers/${cid}?${query}`)
  const { Providers } = (await response.json()) as { Providers: { ID: string; Addrs: string[]; Protocols: string[] }[] }
  const found = all.map(({ id }) => Providers.find(({ ID }) => ID === peerIdToString(id))?.Addrs)
  expect(found).toEqual(expected)
  const bitswap = Providers.find(({ Protocols }) => Protocols.length > 0)
  if (bitswap !== undefined) expect(bitswap.Protocols).toEqual(['transport-bitswap', 'Transport-X'])
})

test('bytes that are not an address are left out', async () => {
  const { get, name } = createTestHandler({
    peers: (id) => [{ id: parsePeerId(peerIdToString(id)), addresses: [Uint8Array.of(255, 1), multiaddr(tcp).bytes] }]
  })
  expect(await (await get(`peers/${name}`)).json()).toMatchObject({ Peers: [{ Addrs: [tcp] }] })
})
