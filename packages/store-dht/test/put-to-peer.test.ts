import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import type { RoutingAck } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

const id = { toMultihash: () => ({ bytes: peer(1) }) }

/** A stream whose other end answers with `chunks`, then does as told. */
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

/** What a peer that answered a get before says to a put to itself. */
async function putTo(stream: ByteStream, signal?: AbortSignal): Promise<RoutingAck | undefined> {
  const dht = {
    async *get() {
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id, record: { value: good(1) } }
    }
  } as unknown as KadDht
  const dialer = { dialProtocol: async () => stream } as unknown as KadDhtRoutingOptions['dialer']
  const routing = kadDhtRouting(dht, { protocol: '/toy/kad', ...(dialer === undefined ? {} : { dialer }) })
  for await (const answer of routing.get(key)) expect(answer.from).toEqual(peer(1))
  return routing.putToPeer?.(peer(1), key, good(2), signal === undefined ? {} : { signal })
}

function message(named: Uint8Array, value: Uint8Array): Uint8Array {
  const record = encodeRecord({ key: named, value })
  const body = writeFields([8, 0, 18, named, 26, record])
  return Uint8Array.of(...encodeUvarint(BigInt(body.length)), ...body)
}

test('a repair sends PUT_VALUE and is stored when the peer echoes it', async () => {
  const { stream, sent } = streamOf([message(key, good(2))])
  expect(await putTo(stream)).toEqual({ from: peer(1), status: 'stored' })
  const record = encodeRecord({ key, value: good(2) })
  const body = [0x12, key.length, ...key, 0x1a, record.length, ...record]
  expect(sent).toEqual([Uint8Array.of(body.length, ...body)])
})

test('corrections of Kademlia are not waited for where we repair ourselves', async () => {
  const dht = {
    async *get() {
      yield { name: 'DIAL_PEER', peer: id, path: { index: 0 } }
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id, record: { value: good(1) } }
      yield { name: 'DIAL_PEER', peer: id, path: { index: -1 } }
      throw new Error('waited')
    }
  } as unknown as KadDht
  const dialer = {} as NonNullable<KadDhtRoutingOptions['dialer']>
  const answers = []
  for await (const answer of kadDhtRouting(dht, { dialer }).get(key)) answers.push(answer)
  expect(answers).toEqual([{ from: peer(1), value: good(1) }])
})

test('an answer may come byte by byte', async () => {
  const { stream } = streamOf(Array.from(message(key, good(2)), (byte) => Uint8Array.of(byte)))
  expect((await putTo(stream))?.status).toBe('stored')
})

test('an echo of another value, of another key and of nothing is a mismatch', async () => {
  expect((await putTo(streamOf([message(key, good(1))]).stream))?.status).toBe('mismatch')
  expect((await putTo(streamOf([message(good(1), good(2))]).stream))?.status).toBe('mismatch')
  expect((await putTo(streamOf([Uint8Array.of(0), Uint8Array.of(1)]).stream))?.status).toBe('mismatch')
})

test('a reset, an early end and a refused dial are refusals', async () => {
  expect((await putTo(streamOf([], 'reset').stream))?.status).toBe('refused')
  expect((await putTo(streamOf([message(key, good(2)).subarray(0, 5)]).stream))?.status).toBe('refused')
})

test('an answer that says it is too large is not read', async () => {
  const { stream } = streamOf([encodeUvarint(1n << 30n)], 'stall')
  expect(await putTo(stream)).toMatchObject({ status: 'refused', error: { code: 'TOO_LARGE' } })
})

test('a peer that says nothing is a timeout once the signal aborts', async () => {
  const { stream } = streamOf([], 'stall')
  const controller = new AbortController()
  const answer = putTo(stream, controller.signal)
  await Promise.resolve()
  controller.abort(new Error('enough'))
  expect((await answer)?.status).toBe('timeout')
})

test('whatever a peer answers, a repair ends and never throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), async (chunks) => {
      expect((await putTo(streamOf(chunks).stream))?.status).toMatch(/^(mismatch|refused)$/)
    })
  )
})

test('a peer that never answered cannot be addressed', async () => {
  const dialer = { dialProtocol: async () => streamOf([]).stream } as unknown as KadDhtRoutingOptions['dialer']
  const routing = kadDhtRouting({} as KadDht, dialer === undefined ? {} : { dialer })
  expect(await routing.putToPeer?.(peer(9), key, good(1))).toMatchObject({
    status: 'refused',
    error: { code: 'NO_PEERS' }
  })
})
