import { createTestNetwork } from '@recordkit/record-test-network'
import type { NetworkNode } from '@recordkit/record-test-network'
import type { PeerId, Stream } from '@libp2p/interface'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { OpenStreams } from '../src/open-streams.ts'
import type { ByteStream } from '../src/rpc.ts'
import { good, key, ToyEngine } from './toy-engine.ts'

const protocol = '/toy/kad/1.0.0'

async function openNetwork(nodes: number) {
  const toy = async (): Promise<void> => undefined
  return createTestNetwork({
    transport: 'memory',
    nodes,
    protocol,
    node: () => ({ kadDhtInit: { validators: { toy }, selectors: { toy: () => 0 } } })
  })
}

/** A store that counts the streams which its puts open. */
function storeOf(node: NetworkNode<Record<string, unknown>>, open = (stream: Stream): Stream => stream) {
  const opened: Stream[] = []
  const dialer = {
    async dialProtocol(peer: PeerId, name: string, options?: { readonly signal?: AbortSignal | undefined }) {
      const stream = await node.dialProtocol(peer, name, options as object)
      opened.push(stream)
      return open(stream)
    }
  }
  const routing = kadDhtRouting(node.services.dht, { dialer, protocol })
  return { opened, store: new DhtRecordStore({ routing, engine: new ToyEngine() }) }
}

test('a put opens one stream to each peer, sends the record over it, and closes it', async () => {
  await using network = await openNetwork(6)
  const { store, opened } = storeOf(network.honest[0] as NetworkNode<Record<string, unknown>>)
  const receipt = await (await store.put(key, good(1))).complete
  expect(receipt.copies.reached).toBe(5)
  expect(new Set(opened).size).toBe(5)
  expect(opened.every(({ writeStatus }) => writeStatus !== 'writable')).toBe(true)
}, 60_000)

test('a put opens another stream to a peer that has closed the first one', async () => {
  await using network = await openNetwork(4)
  let answered = 0
  // as seen by the writer, each peer closes its stream after one answer
  const closing = (stream: Stream): Stream => {
    stream.addEventListener('message', () => {
      if (answered++ < 3) Object.defineProperty(stream, 'remoteWriteStatus', { value: 'closed' })
    })
    return stream
  }
  const { store, opened } = storeOf(network.honest[0] as NetworkNode<Record<string, unknown>>, closing)
  const receipt = await (await store.put(key, good(1))).complete
  expect(receipt.copies.reached).toBe(3)
  expect(opened.length).toBeGreaterThan(3)
}, 60_000)

test('of many concurrent puts each reaches its peers, although only few of them keep their streams open', async () => {
  await using network = await openNetwork(4)
  const { store } = storeOf(network.honest[0] as NetworkNode<Record<string, unknown>>)
  const puts = Array.from({ length: 12 }, async (_, number) => {
    const { complete } = await store.put(new TextEncoder().encode(`/toy/${number}`), good(1))
    return (await complete).copies.reached
  })
  expect(await Promise.all(puts)).toEqual(Array.from({ length: 12 }, () => 3))
}, 60_000)

test('streams to peers that are not among the closest any more are closed', async () => {
  const closed: string[] = []
  const streamOf = (name: string): ByteStream => ({
    send: () => true,
    close: async () => void closed.push(name),
    abort: () => undefined,
    async *[Symbol.asyncIterator]() {}
  })
  const streams = new OpenStreams()
  for (const name of ['near', 'far']) streams.add(name, streamOf(name))
  streams.keepOnly([{ name: 'near' }])
  expect(closed).toEqual(['far'])
  expect(streams.take('far')).toBeUndefined()
  expect(streams.take('near')).toBeDefined()
  // a stream is used once
  expect(streams.take('near')).toBeUndefined()
})
