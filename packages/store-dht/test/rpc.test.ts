import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { equalBytes } from '@recordkit/record-types'
import type { AbortOptions, RoutingAck } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

const id = { toMultihash: () => ({ bytes: peer(1) }) }
const value = good(2)

const field = (number: number, content: Uint8Array): Uint8Array =>
  Uint8Array.of((number << 3) | 2, ...encodeUvarint(BigInt(content.length)), ...content)
const withLength = (body: Uint8Array): Uint8Array => Uint8Array.of(...encodeUvarint(BigInt(body.length)), ...body)
const record = encodeRecord({ key, value })
/** the response of a peer that has stored the value */
const echo = withLength(Uint8Array.of(...field(2, key), ...field(3, record)))

interface RemotePeer {
  readonly chunks?: readonly (Uint8Array | { subarray(): Uint8Array })[]
  /** sends nothing after its chunks, and does not end the stream */
  readonly stalls?: boolean
  readonly dial?: () => Promise<void>
  readonly close?: (options: AbortOptions | undefined) => Promise<void>
  readonly protocol?: string
  /** the value of the repair, when it is not `value` */
  readonly repairValue?: Uint8Array
}

/** A repair of the scripted peer, and the calls that its dialer and stream received. */
async function repairing(remote: RemotePeer, signal?: AbortSignal) {
  const calls = {
    dialled: [] as unknown[][],
    sent: [] as Uint8Array[],
    closed: [] as (AbortOptions | undefined)[],
    aborted: [] as Error[],
    read: 0
  }
  let stop = (_error: Error): void => undefined
  const stopped = new Promise<never>((_resolve, reject) => (stop = reject))
  stopped.catch(() => undefined)
  const stream: ByteStream = {
    send: (bytes) => calls.sent.push(bytes) > 0,
    async close(options) {
      calls.closed.push(options)
      await remote.close?.(options)
    },
    abort(error) {
      calls.aborted.push(error)
      stop(error)
    },
    async *[Symbol.asyncIterator]() {
      for (const chunk of remote.chunks ?? []) {
        calls.read++
        yield chunk
      }
      if (remote.stalls === true) await stopped
    }
  }
  const dialer = {
    async dialProtocol(...args: unknown[]) {
      calls.dialled.push(args)
      await remote.dial?.()
      return stream
    }
  } as unknown as NonNullable<KadDhtRoutingOptions['dialer']>
  const dht = {
    async *get() {
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id }
    }
  } as unknown as KadDht
  const routing = kadDhtRouting(dht, { dialer, protocol: remote.protocol })
  for await (const answer of routing.get(key)) expect(answer.from).toEqual(peer(1))
  const ack = routing.putToPeer?.(
    peer(1),
    key,
    remote.repairValue ?? value,
    signal === undefined ? {} : { signal }
  ) as Promise<RoutingAck>
  return { ack, calls }
}

const ackOf = async (...chunks: readonly Uint8Array[]): Promise<RoutingAck> => (await repairing({ chunks })).ack

test('the peer that answered is dialled with the protocol of the options, by default /ipfs/kad/1.0.0', async () => {
  const sameId = expect.toSatisfy((other: typeof id) => equalBytes(other.toMultihash().bytes, peer(1))) as object
  const plain = await repairing({ chunks: [echo] })
  await plain.ack
  expect(plain.calls.dialled).toEqual([[sameId, '/ipfs/kad/1.0.0', {}]])
  const { signal } = new AbortController()
  const other = await repairing({ chunks: [echo], protocol: '/toy/kad' }, signal)
  await other.ack
  expect(other.calls.dialled).toEqual([[sameId, '/toy/kad', { signal }]])
})

test('a stream is closed after the response, and not aborted', async () => {
  const { signal } = new AbortController()
  const { ack, calls } = await repairing({ chunks: [echo] }, signal)
  expect(await ack).toEqual({ from: peer(1), status: 'stored' })
  await flushMicrotasks()
  expect(calls.closed).toEqual([{ signal }])
  expect(calls.aborted).toEqual([])
})

test('a stream that does not close is aborted, and the repair stays stored', async () => {
  const { ack, calls } = await repairing({ chunks: [echo], close: async () => Promise.reject(new Error('refused')) })
  expect((await ack).status).toBe('stored')
  await flushMicrotasks()
  expect(calls.aborted).toMatchObject([{ message: 'the stream did not close' }])
})

test('the result of a repair does not wait for the stream to close', async () => {
  const { ack } = await repairing({ chunks: [echo], close: async () => new Promise(() => undefined) })
  expect((await ack).status).toBe('stored')
})

test('a stream that ends within the response is aborted, and the repair is refused', async () => {
  const { ack, calls } = await repairing({ chunks: [echo.subarray(0, -1)] })
  const { status, error } = await ack
  expect([status, error]).toMatchObject(['refused', { code: 'ROUTING_FAILED' }])
  expect(calls.aborted).toEqual([error])
  expect(calls.closed).toEqual([])
})

test('a repair whose signal is already aborted dials no peer', async () => {
  const reason = new Error('aborted')
  const { ack, calls } = await repairing({ chunks: [echo] }, AbortSignal.abort(reason))
  expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
  expect(calls.dialled).toEqual([])
})

test('a repair that is aborted while it dials sends nothing on its stream', async () => {
  const controller = new AbortController()
  const reason = new Error('aborted')
  const dial = async (): Promise<void> => controller.abort(reason)
  const { ack, calls } = await repairing({ stalls: true, dial }, controller.signal)
  expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
  expect(calls.aborted).toEqual([reason])
  expect(calls.sent).toEqual([])
})

test.for([[new Error('aborted')], ['aborted']])(
  'a repair that is aborted with the reason %s aborts its stream with an error',
  async ([reason]) => {
    const controller = new AbortController()
    const { ack, calls } = await repairing({ stalls: true }, controller.signal)
    await flushMicrotasks()
    controller.abort(reason)
    expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
    const [error] = calls.aborted
    expect(error).toBeInstanceOf(Error)
    expect(error === reason || error?.cause === reason).toBe(true)
  }
)

test('an abort after the response does not abort the stream', async () => {
  const controller = new AbortController()
  const { ack, calls } = await repairing({ chunks: [echo] }, controller.signal)
  await ack
  controller.abort(new Error('aborted'))
  await flushMicrotasks()
  expect(calls.aborted).toEqual([])
})

test('a response in chunks of any kind is read, and what follows it is not', async () => {
  const chunkList = { subarray: () => echo.subarray(0, 7) }
  const chunks = [
    new Uint8Array(),
    chunkList,
    new Uint8Array(),
    Uint8Array.of(...echo.subarray(7), 1, 2, 3),
    Uint8Array.of(4)
  ]
  const { ack, calls } = await repairing({ chunks })
  expect((await ack).status).toBe('stored')
  expect(calls.read).toBe(4)
})

test('a response can be larger than its request by 64 KiB, and not by more', async () => {
  const requestSize = echo.length - 1
  const padded = (size: number): Uint8Array => {
    const base = Uint8Array.of(...field(2, key), ...field(3, record))
    const padding = size - base.length - 4
    return Uint8Array.of(...base, ...field(8, new Uint8Array(padding)))
  }
  expect(padded(requestSize + 65_536)).toHaveLength(requestSize + 65_536)
  expect(await ackOf(withLength(padded(requestSize + 65_536)))).toMatchObject({ status: 'stored' })
  const tooLarge = await repairing({ chunks: [encodeUvarint(BigInt(requestSize + 65_537))], stalls: true })
  expect(await tooLarge.ack).toMatchObject({
    status: 'refused',
    error: { code: 'TOO_LARGE', size: requestSize + 65_537, limit: requestSize + 65_536 }
  })
  expect(tooLarge.calls.aborted).toHaveLength(1)
})

test('a large value can be echoed', async () => {
  const repairValue = new Uint8Array(100_000).fill(7)
  const chunks = [withLength(Uint8Array.of(...field(2, key), ...field(3, encodeRecord({ key, value: repairValue }))))]
  expect((await (await repairing({ chunks, repairValue })).ack).status).toBe('stored')
})

test('a length prefix has at most five bytes', async () => {
  const zero = (bytes: number): Uint8Array => Uint8Array.of(...new Uint8Array(bytes - 1).fill(128), 0)
  expect(await ackOf(zero(5))).toMatchObject({ status: 'mismatch' })
  for (const bytes of [6, 7, 200]) {
    expect(await ackOf(zero(bytes))).toMatchObject({ status: 'refused', error: { code: 'TOO_LARGE' } })
  }
})

test('a length prefix of several bytes is read as a varint, also across chunks', async () => {
  const body = Uint8Array.of(...field(2, key), ...field(3, record), ...field(8, new Uint8Array(300)))
  expect(await ackOf(withLength(body))).toMatchObject({ status: 'stored' })
  expect(await ackOf(withLength(body).subarray(0, -1))).toMatchObject({ status: 'refused' })
  const [least, ...rest] = withLength(body)
  expect(await ackOf(Uint8Array.of(least as number), new Uint8Array(), Uint8Array.from(rest))).toMatchObject({
    status: 'stored'
  })
  const longest = Uint8Array.of(
    ...field(2, key),
    ...field(3, record),
    ...field(8, new Uint8Array(127 - echo.length - 1))
  )
  expect(longest).toHaveLength(127)
  expect(await ackOf(withLength(longest))).toMatchObject({ status: 'stored' })
})

test('a repair is stored only when the peer echoes both its key and a record with its value', async () => {
  for (const [body, status] of [
    [[], 'mismatch'],
    [[field(2, key)], 'mismatch'],
    [[field(3, record)], 'mismatch'],
    [[field(2, key), field(3, encodeRecord({ key, value: good(1) }))], 'mismatch'],
    [[field(2, key), field(3, new Uint8Array())], 'mismatch'],
    [[field(2, good(1)), field(3, record)], 'mismatch'],
    [[Uint8Array.of(8, 4), field(2, key), field(3, record), Uint8Array.of(80, 0)], 'stored'],
    [[field(2, key), field(3, Uint8Array.of(7))], 'refused']
  ] as const) {
    expect(await ackOf(withLength(Uint8Array.of(...body.flatMap((part) => [...part]))))).toMatchObject({ status })
  }
})
