import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { PutOptions } from '@recordkit/record-manager'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { NetworkNode, TestNetwork } from '@recordkit/record-test-network'
import type { PutReceipt } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { text } from './record-network.ts'

const protocol = '/recordkit/test/kad/1.0.0'
type Node = NetworkNode<Record<string, unknown>>

let network: TestNetwork<Record<string, unknown>>
/** the peers of the writer that respond; they keep what they receive last, as peers of other implementations do */
let peers: Node[]
/** what each node received, by the index of the node */
const received = new Map<number, Uint8Array[]>()
let manager: RecordManager
let keyOf: (name: string) => Uint8Array

beforeAll(async () => {
  network = await createTestNetwork({
    transport: 'memory',
    nodes: 20,
    node: (index) => ({
      kadDhtInit: {
        validators: {
          config: async (_key, value) => void received.set(index, [...(received.get(index) ?? []), value])
        },
        selectors: { config: () => 0 }
      }
    })
  })
  const [writer, ...others] = network.honest
  if (writer === undefined) throw new Error('the network has no nodes')
  peers = others
  const signer = await generateKeyPair()
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
  const routing = kadDhtRouting(writer.services.dht, { dialer: writer, protocol, firstPeerTimeout: 0 })
  const dht = new DhtRecordStore({ routing, engine })
  manager = new RecordManager({ engine, store: new MemoryRecordStore(), signer, network: replication(dht) })
  keyOf = (name) => joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/${name}`)
}, 120_000)

afterAll(async () => network?.[Symbol.asyncDispose]())

/** Makes the last peers accept streams and respond to nothing. Returns what kills them. */
async function silence(count: number): Promise<() => Promise<unknown>> {
  const silent = peers.splice(peers.length - count)
  for (const peer of silent) {
    await peer.unhandle(protocol)
    await peer.handle(protocol, () => undefined)
  }
  return () => Promise.all(silent.map(async (peer) => peer.stop()))
}

async function put(name: string, content: string, options: PutOptions = {}): Promise<PutReceipt> {
  const { receipt } = await manager.put(keyOf(name), text(content), { checkNetwork: false, ...options })
  if (receipt === undefined) throw new Error('the put has no receipt')
  return receipt
}

/** Numbers of copies: on a busy machine a peer can answer too late for a walk, which then ends without it. */
const mostOf = (count: number): readonly number[] => [count - 2, count - 1, count]

// the tests share a network, of which each kills some peers

test('a put to 19 peers of which two do not respond returns with half of the copies, and completes without those two', async () => {
  const kill = await silence(2)
  const { copies, complete } = await put('unresponsive', 'content')
  // half of 19, or of 17 when the two have failed already
  expect(copies.requested).toBe(1)
  expect([7, 8, 9, 10]).toContain(copies.reached)
  await kill()
  const final = await complete
  expect(mostOf(17)).toContain(final.copies.reached)
  // a peer of the routing table that the walk did not ask is sent the record too
  const others = final.peers.filter(({ status }) => status !== 'stored')
  expect(final.peers.length - others.length).toBe(final.copies.reached)
  expect(others.length).toBeLessThanOrEqual(4)
})

test('a put for more copies than there are peers fails at the end, with the receipt of those that stored it', async () => {
  await expect(put('too-many', 'content', { copies: 18 })).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { requested: 18, reached: expect.toSatisfy((count) => mostOf(17).includes(count as number)) } }
  })
})

test('a later put ends the background of the earlier one, whose record no peer receives afterwards', async () => {
  const kill = await silence(1)
  received.clear()
  const first = await put('later', 'first')
  const second = await put('later', 'second')
  const ended = await first.complete
  await kill()
  expect(mostOf(16)).toContain((await second.complete).copies.reached)
  const record = await manager.getRecord(keyOf('later'), { offline: true })
  let earlier = 0
  for (const values of received.values()) {
    expect(values.at(-1)).toEqual(record?.value)
    expect(values.length).toBeLessThanOrEqual(2)
    earlier += values.length - 1
  }
  expect(mostOf(16)).toContain(received.size)
  // those that acknowledged the first record, and at most those to which it was on its way
  expect(earlier).toBeGreaterThanOrEqual(ended.copies.reached)
})

test('a walk to 16 peers of which one does not respond stalls, and the put returns; an abort ends its background', async () => {
  const kill = await silence(1)
  const controller = new AbortController()
  const { copies, complete } = await put('aborted', 'content', { signal: controller.signal })
  expect(copies.reached).toBeGreaterThanOrEqual(8)
  controller.abort()
  expect((await complete).copies.reached).toBeLessThanOrEqual(15)
  await kill()
})

test('a manager that stops waits for the background of a put', async () => {
  const kill = await silence(1)
  const { complete } = await put('stopped', 'content')
  const stopping = manager.stop()
  await kill()
  await stopping
  // all that responded, not only half of them
  expect(mostOf(14)).toContain((await complete).copies.reached)
})

test('a put whose peers all die while it runs fails with what they acknowledged', async () => {
  const putting = put('dying', 'content', { copies: 14 })
  putting.catch(() => undefined)
  await Promise.all(peers.map(async (peer) => peer.stop()))
  const result = await putting.catch((error: unknown) => error)
  if (result instanceof Error)
    expect(result).toMatchObject({ code: 'TOO_FEW_COPIES', details: { copies: { requested: 14 } } })
  await expect(put('dead', 'content')).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { copies: { requested: 1, reached: 0 } }
  })
  await manager.close()
})
