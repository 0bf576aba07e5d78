import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import type { RoutingAck } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

const id = { toMultihash: () => ({ bytes: peer(1) }) }

/** A stream on which the peer answers with `chunks`, and then closes it, resets it or sends nothing more. */
function streamOf(chunks: readonly Uint8Array[], end: 'close' | 'reset' | 'stall' = 'close') {
  const sent: Uint8Array[] = []
  let aborted: (error: Error) => void = () => undefined
  const abortion = new Promise<never>((_resolve, reject) => {
    aborted = reject
  })
  abortion.catch(() => undefined)
  const stream: ByteStream = {
    send: (bytes) => sent.push(bytes) > 0,
    close: async () => undefined,
    abort: (error) => aborted(error),
    async *[Symbol.asyncIterator]() {
      yield* chunks
      if (end === 'reset') throw new Error('reset')
      if (end === 'stall') await abortion
    }
  }
  return { stream, sent }
}

/** The acknowledgement of a put to a peer that answered a get before. */
async function putToPeer(stream: ByteStream, signal?: AbortSignal): Promise<RoutingAck | undefined> {
  const dht = {
    async *get() {
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id, record: { value: good(1) } }
    }
  } as unknown as KadDht
  const dialer = { dialProtocol: async () => stream } as unknown as KadDhtRoutingOptions['dialer']
  const routing = kadDhtRouting(dht, { protocol: '/toy/kad', dialer })
  for await (const answer of routing.get(key)) expect(answer.from).toEqual(peer(1))
  return routing.putToPeer?.(peer(1), key, good(2), { signal })
}

function message(messageKey: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key: messageKey, value })
  const body = writeFields([8, 0, 18, messageKey, 26, record])
  return Uint8Array.of(...encodeUvarint(BigInt(body.length)), ...body)
}

test('a repair sends PUT_VALUE, and is stored when the peer echoes the record', async () => {
  const { stream, sent } = streamOf([message(key, good(2))])
  expect(await putToPeer(stream)).toEqual({ from: peer(1), status: 'stored' })
  const record = encodeRecord({ key, value: good(2) })
  const body = [0x12, key.length, ...key, 0x1a, record.length, ...record]
  expect(sent).toEqual([Uint8Array.of(body.length, ...body)])
})

test('a get with a dialer ends before kad-dht corrects stale peers', async () => {
  const dht = {
    async *get() {
      yield { name: 'DIAL_PEER', peer: id, path: { index: 0 } }
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id, record: { value: good(1) } }
      yield { name: 'DIAL_PEER', peer: id, path: { index: -1 } }
      throw new Error('the corrections were waited for')
    }
  } as unknown as KadDht
  const dialer = {} as NonNullable<KadDhtRoutingOptions['dialer']>
  const answers = []
  for await (const answer of kadDhtRouting(dht, { dialer }).get(key)) answers.push(answer)
  expect(answers).toEqual([{ from: peer(1), value: good(1) }])
})

test('a response that arrives byte by byte is read', async () => {
  const { stream } = streamOf(Array.from(message(key, good(2)), (byte) => Uint8Array.of(byte)))
  expect((await putToPeer(stream))?.status).toBe('stored')
})

test('a repair is a mismatch when the peer echoes another value, another key or nothing', async () => {
  expect((await putToPeer(streamOf([message(key, good(1))]).stream))?.status).toBe('mismatch')
  expect((await putToPeer(streamOf([message(good(1), good(2))]).stream))?.status).toBe('mismatch')
  expect((await putToPeer(streamOf([Uint8Array.of(0), Uint8Array.of(1)]).stream))?.status).toBe('mismatch')
})

test('a repair is refused when the stream is reset or ends early', async () => {
  expect((await putToPeer(streamOf([], 'reset').stream))?.status).toBe('refused')
  expect((await putToPeer(streamOf([message(key, good(2)).subarray(0, 5)]).stream))?.status).toBe('refused')
})

test('a response that announces too large a size is not read, and the repair is refused', async () => {
  const { stream } = streamOf([encodeUvarint(1n << 30n)], 'stall')
  expect(await putToPeer(stream)).toMatchObject({ status: 'refused', error: { code: 'TOO_LARGE' } })
})

test('a repair is a timeout when its signal aborts before the peer answers', async () => {
  const { stream } = streamOf([], 'stall')
  const controller = new AbortController()
  const answer = putToPeer(stream, controller.signal)
  await Promise.resolve()
  controller.abort(new Error('aborted'))
  expect((await answer)?.status).toBe('timeout')
})

test('a repair ends without throwing for every response', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), async (chunks) => {
      expect((await putToPeer(streamOf(chunks).stream))?.status).toMatch(/^(mismatch|refused)$/)
    })
  )
})

test('a repair of a peer that never answered is refused with NO_PEERS', async () => {
  const dialer = { dialProtocol: async () => streamOf([]).stream } as unknown as KadDhtRoutingOptions['dialer']
  const routing = kadDhtRouting({} as KadDht, { dialer })
  expect(await routing.putToPeer?.(peer(9), key, good(1))).toMatchObject({
    status: 'refused',
    error: { code: 'NO_PEERS' }
  })
})

/** The answer of a peer that answered a get before, and the messages that were sent to it. */
async function getFromPeer(chunks: readonly Uint8Array[]) {
  const { stream, sent } = streamOf(chunks)
  const dht = {
    async *get() {
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id, record: { value: good(1) } }
    }
  } as unknown as KadDht
  const dialer = { dialProtocol: async () => stream } as unknown as KadDhtRoutingOptions['dialer']
  const routing = kadDhtRouting(dht, { protocol: '/toy/kad', dialer })
  expect(await routing.getFromPeer?.(peer(1), key)).toMatchObject({ from: peer(1), error: { code: 'NO_PEERS' } })
  for await (const answer of routing.get(key)) expect(answer.from).toEqual(peer(1))
  return { answer: await routing.getFromPeer?.(peer(1), key), sent }
}

test('a single peer is asked with GET_VALUE, and answers with its value, without one or with an error', async () => {
  const { answer, sent } = await getFromPeer([message(key, good(9))])
  expect(answer).toEqual({ from: peer(1), value: good(9) })
  expect(sent).toEqual([Uint8Array.of(key.length + 4, 8, 1, 0x12, key.length, ...key)])
  expect((await getFromPeer([message(new TextEncoder().encode('/toy/other'), good(9))])).answer).toEqual({
    from: peer(1)
  })
  expect((await getFromPeer([Uint8Array.of(2, 8, 1)])).answer).toEqual({ from: peer(1) })
  expect((await getFromPeer([])).answer).toMatchObject({ from: peer(1), error: { code: 'ROUTING_FAILED' } })
  const largest = new Uint8Array(65_536).fill(1)
  expect((await getFromPeer([message(key, largest)])).answer).toEqual({ from: peer(1), value: largest })
})
