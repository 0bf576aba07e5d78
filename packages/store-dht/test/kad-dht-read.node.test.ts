import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { encodeDhtMessage, answeredRecord, createTestNetwork, messageTypes } from '@recordkit/record-test-network'
import type { MaliciousBehaviour, MaliciousPeer, NetworkNode, TestNetwork } from '@recordkit/record-test-network'
import { systemClock } from '@recordkit/record-types'
import type { RoutingAnswer } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { good, ToyEngine } from './toy-engine.ts'

type Node = NetworkNode<Record<string, unknown>>

const protocol = '/toy/kad/1.0.0'
const honest = 28
const [unresponsive, stale] = [4, 8]
const malicious = [
  ...Array.from({ length: unresponsive }, (): MaliciousBehaviour => 'silent'),
  ...Array.from({ length: stale }, (): MaliciousBehaviour => 'stale')
]

let network: TestNetwork<Record<string, unknown>>
/** accepts connections and responds to nothing */
let silent: Server

beforeAll(async () => {
  silent = createServer()
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve)
  })
  const newest = (_key: Uint8Array, values: Uint8Array[]): number =>
    values.findIndex(([order]) => order === Math.max(...values.map(([other = 0]) => other)))
  network = await createTestNetwork({
    nodes: honest,
    malicious,
    protocol,
    timeout: 150_000,
    node: () => ({ kadDhtInit: { validators: { toy: async () => undefined }, selectors: { toy: newest } } })
  })
}, 180_000)

afterAll(async () => {
  await network[Symbol.asyncDispose]()
  silent.close()
})

beforeEach(() => {
  for (const peer of network.malicious) {
    peer.respondWith = () => good(1)
    peer.namePeers = () => []
  }
})

/** Puts the newest record to the honest nodes that are nearest to the key among the 20 nearest nodes. */
async function publish(key: Uint8Array): Promise<void> {
  const isHonest = new Set(network.honest.map(({ peerId }) => peerId.toString()))
  const ids = [...network.honest.slice(1), ...network.malicious.map(({ libp2p }) => libp2p)].map(({ peerId }) => peerId)
  const nearest = byDistance(key, ids).slice(0, 20)
  const record = answeredRecord(key, good(2), systemClock())
  for (const id of nearest.filter((other) => isHonest.has(other.toString()))) {
    const writer = network.honest[1]?.peerId.equals(id) === true ? network.honest[2] : network.honest[1]
    const stream = await (writer as Node).dialProtocol(id, protocol)
    stream.send(encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key, record }))
    for await (const _echo of stream) break
    await stream.close()
  }
}

/** The peers, the nearest to a key first. */
function byDistance<Id extends { toMultihash(): { readonly bytes: Uint8Array } }>(
  key: Uint8Array,
  ids: readonly Id[]
): readonly Id[] {
  const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const target = digest(key)
  const distances = ids.map((id) => {
    const own = digest(id.toMultihash().bytes)
    return { id, distance: Buffer.from(own.map((byte, index) => byte ^ (target[index] as number))) }
  })
  return distances.toSorted((a, b) => a.distance.compare(b.distance)).map(({ id }) => id)
}

/** Of many keys, the one of which most of these peers are among the ten nearest of all. */
function keyNearTo(ids: readonly Node['peerId'][]): Uint8Array {
  const all = [...network.honest, ...network.malicious.map(({ libp2p }) => libp2p)].map(({ peerId }) => peerId)
  const names = new Set(ids.map(String))
  const keys = Array.from({ length: 500 }, (_, number) => new TextEncoder().encode(`/toy/region-${number}`))
  const near = (key: Uint8Array): number =>
    byDistance(key, all)
      .slice(0, 10)
      .filter((id) => names.has(String(id))).length
  const counts = keys.map((key) => ({ key, count: near(key) }))
  const [best] = counts.toSorted((a, b) => b.count - a.count)
  expect(best?.count).toBeGreaterThanOrEqual(2)
  return best?.key as Uint8Array
}

/** The SHA-256 of a public key that does not exist. */
function inventedId(): Uint8Array {
  return Uint8Array.of(0x12, 32, ...crypto.getRandomValues(new Uint8Array(32)))
}

function reader(): { readonly routing: ReturnType<typeof kadDhtRouting>; readonly network: DhtRecordStore } {
  const [node] = network.honest as readonly [Node]
  const routing = kadDhtRouting(node.services.dht, { dialer: node, protocol })
  return { routing, network: new DhtRecordStore({ routing, engine: new ToyEngine() }) }
}

test('a read among 40 nodes finds the newest record, although 8 answer with an older one and 4 respond to nothing', async () => {
  const key = new TextEncoder().encode('/toy/newest')
  await publish(key)
  const found = await reader().network.get(key)
  expect(found).toMatchObject({ record: { value: good(2) }, complete: true })
  expect(found?.valid).toBeGreaterThan(1)
}, 60_000)

test('a read asks each peer at most once, and gets no answer from those that respond to nothing', async () => {
  const key = new TextEncoder().encode('/toy/once')
  await publish(key)
  const answers: RoutingAnswer[] = []
  for await (const answer of reader().routing.get(key)) answers.push(answer)
  const from = answers.map((answer) => Buffer.from(answer.from ?? []).toString('hex'))
  expect(new Set(from).size).toBe(from.length)
  const answered = answers.flatMap((answer) => ('error' in answer ? [] : [Buffer.from(answer.from).toString('hex')]))
  const silentPeers = new Set(
    network.malicious
      .filter(({ behaviour }) => behaviour === 'silent')
      .map(({ libp2p }) => Buffer.from(libp2p.peerId.toMultihash().bytes).toString('hex'))
  )
  expect(answered.filter((name) => silentPeers.has(name))).toEqual([])
  expect(answered.length).toBeGreaterThanOrEqual(10)
}, 60_000)

test('a read ends and finds the newest record although malicious peers name invented peers that never respond', async () => {
  const key = new TextEncoder().encode('/toy/invented')
  await publish(key)
  const { port } = silent.address() as AddressInfo
  const address = Uint8Array.of(4, 127, 0, 0, 1, 6, port >> 8, port & 255)
  const invent = () => ({
    id: inventedId(),
    addresses: [address]
  })
  for (const peer of network.malicious) peer.namePeers = () => Array.from({ length: 20 }, invent)
  const found = await reader().network.get(key)
  expect(found).toMatchObject({ record: { value: good(2) }, complete: true })
}, 60_000)

test('a read finds the newest record although several of the peers nearest to the key respond to nothing', async () => {
  const silentIds = network.malicious.filter(({ behaviour }) => behaviour === 'silent').map(({ libp2p }) => libp2p)
  const key = keyNearTo(silentIds.map(({ peerId }) => peerId))
  await publish(key)
  const found = await reader().network.get(key)
  expect(found).toMatchObject({ record: { value: good(2) }, complete: true })
}, 60_000)

test.each<[string, Partial<Pick<MaliciousPeer, 'respondWith' | 'namePeers'>>]>([
  ['10 MB', { respondWith: () => new Uint8Array(10_000_000) }],
  [
    'the names of 10,000 peers',
    { namePeers: () => Array.from({ length: 10_000 }, () => ({ id: inventedId(), addresses: [] })) }
  ],
  [
    'the reader, itself and one peer many times',
    {
      namePeers: () => {
        const ids = [network.honest[0]?.peerId, network.malicious[4]?.libp2p.peerId]
        return Array.from({ length: 20 }, (_, index) => ({
          id: ids[index % 2]?.toMultihash().bytes as Uint8Array,
          addresses: []
        }))
      }
    }
  ]
])(
  'a read ends and finds the newest record although malicious peers answer with %s',
  async (name, behaviour) => {
    const key = new TextEncoder().encode(`/toy/${name}`)
    await publish(key)
    for (const peer of network.malicious) Object.assign(peer, behaviour)
    const started = performance.now()
    const answers: RoutingAnswer[] = []
    const { routing } = reader()
    for await (const answer of routing.get(key)) answers.push(answer)
    expect(answers.some((answer) => 'value' in answer && answer.value?.[0] === 2)).toBe(true)
    // each malicious peer has at most 20 of its names asked
    expect(answers.length).toBeLessThan(40 + 12 * 20)
    expect(performance.now() - started).toBeLessThan(27_000)
  },
  60_000
)

test('a read finds the newest record although peers leave while it runs', async () => {
  const key = new TextEncoder().encode('/toy/leaving')
  await publish(key)
  const { routing, network: store } = reader()
  const leaving = network.honest.slice(20, 25)
  let isFirst = true
  const leave = async function* (...parameters: Parameters<typeof routing.get>): AsyncGenerator<RoutingAnswer> {
    for await (const answer of routing.get(...parameters)) {
      if (isFirst) for (const node of leaving) void node.stop()
      isFirst = false
      yield answer
    }
  }
  const among = new DhtRecordStore({ routing: { ...routing, get: leave }, engine: new ToyEngine() })
  expect(await among.get(key)).toMatchObject({ record: { value: good(2) }, complete: true })
  expect(isFirst).toBe(false)
  for (const node of leaving) await node.stop()
  // and without them
  expect(await store.get(key)).toMatchObject({ record: { value: good(2) }, complete: true })
}, 60_000)
