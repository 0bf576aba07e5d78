import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
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
/** what a peer that has stored our value says */
const echo = withLength(Uint8Array.of(...field(2, key), ...field(3, record)))

interface Ends {
  readonly chunks?: readonly (Uint8Array | { subarray(): Uint8Array })[]
  /** never answers more than its chunks */
  readonly stalls?: boolean
  readonly dial?: () => Promise<void>
  readonly close?: (options: AbortOptions | undefined) => Promise<void>
  readonly protocol?: string
  /** what is handed over, where it is not `value` */
  readonly given?: Uint8Array
}

/** A repair of the one peer, over a stream that does as told; and what became of the stream. */
async function repairing(ends: Ends, signal?: AbortSignal) {
  const seen = {
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
    send: (bytes) => seen.sent.push(bytes) > 0,
    async close(options) {
      seen.closed.push(options)
      await ends.close?.(options)
    },
    abort(error) {
      seen.aborted.push(error)
      stop(error)
    },
    async *[Symbol.asyncIterator]() {
      for (const chunk of ends.chunks ?? []) {
        seen.read++
        yield chunk
      }
      if (ends.stalls === true) await stopped
    }
  }
  const dialer = {
    async dialProtocol(...args: unknown[]) {
      seen.dialled.push(args)
      await ends.dial?.()
      return stream
    }
  } as unknown as NonNullable<KadDhtRoutingOptions['dialer']>
  const dht = {
    async *get() {
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id }
    }
  } as unknown as KadDht
  const routing = kadDhtRouting(dht, { dialer, ...(ends.protocol === undefined ? {} : { protocol: ends.protocol }) })
  for await (const answer of routing.get(key)) expect(answer.from).toEqual(peer(1))
  const ack = routing.putToPeer?.(
    peer(1),
    key,
    ends.given ?? value,
    signal === undefined ? {} : { signal }
  ) as Promise<RoutingAck>
  return { ack, seen }
}

const outcomeOf = async (...chunks: readonly Uint8Array[]): Promise<RoutingAck> => (await repairing({ chunks })).ack

test('the peer that answered is dialled, for Kademlia’s protocol unless another is said', async () => {
  const plain = await repairing({ chunks: [echo] })
  await plain.ack
  expect(plain.seen.dialled).toEqual([[id, '/ipfs/kad/1.0.0', {}]])
  const { signal } = new AbortController()
  const other = await repairing({ chunks: [echo], protocol: '/toy/kad' }, signal)
  await other.ack
  expect(other.seen.dialled).toEqual([[id, '/toy/kad', { signal }]])
})

test('a stream that answered is closed, and not aborted', async () => {
  const { signal } = new AbortController()
  const { ack, seen } = await repairing({ chunks: [echo] }, signal)
  expect(await ack).toEqual({ from: peer(1), status: 'stored' })
  await flushMicrotasks()
  expect(seen.closed).toEqual([{ signal }])
  expect(seen.aborted).toEqual([])
})

test('a stream that does not close is aborted, and the answer stands', async () => {
  const { ack, seen } = await repairing({ chunks: [echo], close: async () => Promise.reject(new Error('no')) })
  expect((await ack).status).toBe('stored')
  await flushMicrotasks()
  expect(seen.aborted).toMatchObject([{ message: 'the stream did not close' }])
})

test('the answer is not held up by the close', async () => {
  const { ack } = await repairing({ chunks: [echo], close: async () => new Promise(() => undefined) })
  expect((await ack).status).toBe('stored')
})

test('a stream that is ended instead of an answer is aborted', async () => {
  const { ack, seen } = await repairing({ chunks: [echo.subarray(0, -1)] })
  const { status, error } = await ack
  expect([status, error]).toMatchObject(['refused', { code: 'ROUTING_FAILED' }])
  expect(seen.aborted).toEqual([error])
  expect(seen.closed).toEqual([])
})

test('a repair that is aborted before it begins dials nobody', async () => {
  const reason = new Error('enough')
  const { ack, seen } = await repairing({ chunks: [echo] }, AbortSignal.abort(reason))
  expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
  expect(seen.dialled).toEqual([])
})

test('one that is aborted while it dials asks nothing of the stream it gets', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const dial = async (): Promise<void> => controller.abort(reason)
  const { ack, seen } = await repairing({ stalls: true, dial }, controller.signal)
  expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
  expect(seen.aborted).toEqual([reason])
  expect(seen.sent).toEqual([])
})

test.for([[new Error('enough')], ['enough']])(
  'one that is aborted for %s aborts its stream with an error',
  async ([reason]) => {
    const controller = new AbortController()
    const { ack, seen } = await repairing({ stalls: true }, controller.signal)
    await flushMicrotasks()
    controller.abort(reason)
    expect(await ack).toEqual({ from: peer(1), status: 'timeout', error: reason })
    const [error] = seen.aborted
    expect(error).toBeInstanceOf(Error)
    expect(error === reason || error?.cause === reason).toBe(true)
  }
)

test('an abort after the answer does not touch the stream', async () => {
  const controller = new AbortController()
  const { ack, seen } = await repairing({ chunks: [echo] }, controller.signal)
  await ack
  controller.abort(new Error('enough'))
  await flushMicrotasks()
  expect(seen.aborted).toEqual([])
})

test('what follows an answer is not read, and pieces of any kind make one', async () => {
  const list = { subarray: () => echo.subarray(0, 7) }
  const chunks = [
    new Uint8Array(),
    list,
    new Uint8Array(),
    Uint8Array.of(...echo.subarray(7), 1, 2, 3),
    Uint8Array.of(4)
  ]
  const { ack, seen } = await repairing({ chunks })
  expect((await ack).status).toBe('stored')
  expect(seen.read).toBe(4)
})

test('an answer may be larger than the question by 64 KiB, and not by more', async () => {
  const question = echo.length - 1
  const padded = (size: number): Uint8Array => {
    const base = Uint8Array.of(...field(2, key), ...field(3, record))
    const padding = size - base.length - 4
    return Uint8Array.of(...base, ...field(8, new Uint8Array(padding)))
  }
  expect(padded(question + 65_536)).toHaveLength(question + 65_536)
  expect(await outcomeOf(withLength(padded(question + 65_536)))).toMatchObject({ status: 'stored' })
  const tooLarge = await repairing({ chunks: [encodeUvarint(BigInt(question + 65_537))], stalls: true })
  expect(await tooLarge.ack).toMatchObject({
    status: 'refused',
    error: { code: 'TOO_LARGE', size: question + 65_537, limit: question + 65_536 }
  })
  expect(tooLarge.seen.aborted).toHaveLength(1)
})

test('the echo of a value is as large as it is', async () => {
  const given = new Uint8Array(100_000).fill(7)
  const chunks = [withLength(Uint8Array.of(...field(2, key), ...field(3, encodeRecord({ key, value: given }))))]
  expect((await (await repairing({ chunks, given })).ack).status).toBe('stored')
})

test('a length is at most five bytes, whatever its value', async () => {
  const zero = (bytes: number): Uint8Array => Uint8Array.of(...new Uint8Array(bytes - 1).fill(128), 0)
  expect(await outcomeOf(zero(5))).toMatchObject({ status: 'mismatch' })
  for (const bytes of [6, 7, 200]) {
    expect(await outcomeOf(zero(bytes))).toMatchObject({ status: 'refused', error: { code: 'TOO_LARGE' } })
  }
})

test('a length of several bytes is read from its least byte up', async () => {
  const body = Uint8Array.of(...field(2, key), ...field(3, record), ...field(8, new Uint8Array(300)))
  expect(await outcomeOf(withLength(body))).toMatchObject({ status: 'stored' })
  expect(await outcomeOf(withLength(body).subarray(0, -1))).toMatchObject({ status: 'refused' })
  const [least, ...rest] = withLength(body)
  expect(await outcomeOf(Uint8Array.of(least as number), new Uint8Array(), Uint8Array.from(rest))).toMatchObject({
    status: 'stored'
  })
  const longest = Uint8Array.of(
    ...field(2, key),
    ...field(3, record),
    ...field(8, new Uint8Array(127 - echo.length - 1))
  )
  expect(longest).toHaveLength(127)
  expect(await outcomeOf(withLength(longest))).toMatchObject({ status: 'stored' })
})

test('stored is our key with a record of our value, and nothing less', async () => {
  for (const [body, outcome] of [
    [[], 'mismatch'],
    [[field(2, key)], 'mismatch'],
    [[field(3, record)], 'mismatch'],
    [[field(2, key), field(3, encodeRecord({ key, value: good(1) }))], 'mismatch'],
    [[field(2, key), field(3, new Uint8Array())], 'mismatch'],
    [[field(2, good(1)), field(3, record)], 'mismatch'],
    [[Uint8Array.of(8, 4), field(2, key), field(3, record), Uint8Array.of(80, 0)], 'stored'],
    [[field(2, key), field(3, Uint8Array.of(7))], 'refused']
  ] as const) {
    expect(await outcomeOf(withLength(Uint8Array.of(...body.flatMap((part) => [...part]))))).toMatchObject({ status })
  }
})
