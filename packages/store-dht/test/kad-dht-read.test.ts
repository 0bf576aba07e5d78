import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import type { RoutingAnswer, RoutingGetOptions } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { KadDht } from '@recordkit/store-dht/libp2p'
import type { PeerId } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

const id = (number: number) => ({ toMultihash: () => ({ bytes: peer(number) }) })
const millisecond = 1_000_000n

interface Reply {
  readonly value?: Uint8Array
  readonly of?: Uint8Array
  readonly names?: readonly number[]
  readonly error?: Error
  /** whether the request throws, as that of a node that stops */
  readonly throws?: Error
}

/** A kad-dht of which each peer has a reply; peers without one do not answer until they are aborted. */
function networkOf(replies: Readonly<Record<number, Reply>>, table: readonly number[]) {
  const timers = new FakeTimers()
  const asked: number[] = []
  const aborted: number[] = []
  const gets: (AbortSignal | undefined)[] = []
  const numbers = new Map(Array.from({ length: 200 }, (_, number) => [String(peer(number)), number]))
  const dht = {
    async *get(_key: Uint8Array, options: { signal?: AbortSignal } = {}) {
      gets.push(options.signal)
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from: id(99), path: { index: 0 } }
    },
    put: () => [],
    routingTable: {
      size: table.length,
      closestPeers: (digest: Uint8Array, { count }: { count: number }) => {
        expect([digest.length, count]).toEqual([32, 20])
        return table.map(id)
      }
    },
    network: {
      async *sendRequest(to: ReturnType<typeof id>, message: unknown, { signal }: { signal: AbortSignal }) {
        const number = numbers.get(String(to.toMultihash().bytes)) as number
        expect(message).toEqual({ type: 'GET_VALUE', key })
        asked.push(number)
        yield { name: 'DIAL_PEER', peer: to }
        const reply = replies[number]
        if (reply?.throws !== undefined) throw reply.throws
        if (reply === undefined) {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          aborted.push(number)
          yield { name: 'QUERY_ERROR', from: to, error: signal.reason as Error }
          return
        }
        const { value, of = key, names = [], error } = reply
        if (error === undefined) {
          const record = value === undefined ? undefined : { key: of, value }
          yield { name: 'PEER_RESPONSE', from: to, record, closer: names.map((name) => ({ id: id(name) })) }
        } else yield { name: 'QUERY_ERROR', from: to, error }
      }
    }
  }
  const { clock, setTimer } = timers
  const routing = kadDhtRouting(dht as unknown as KadDht, { clock, setTimer, random: () => 0 })
  const read = async (options?: RoutingGetOptions): Promise<RoutingAnswer[]> => {
    const answers: RoutingAnswer[] = []
    for await (const answer of routing.get(key, options)) answers.push(answer)
    return answers
  }
  return { asked, aborted, gets, timers, routing, read, dht }
}

test('a read asks the peers of the routing table and those that they name, each once, and ends', async () => {
  const names = Array.from({ length: 20 }, (_, index) => index)
  const replies = Object.fromEntries(names.map((number) => [number, { value: good(number), names }]))
  const { asked, read, gets } = networkOf(replies, [1, 2])
  const answers = await read()
  expect(new Set(asked).size).toBe(asked.length)
  expect(asked).toEqual(expect.arrayContaining([1, 2]))
  // the read may end before the last peer has answered
  expect(answers.length).toBeGreaterThanOrEqual(10)
  for (const answer of answers)
    expect(names.map((number) => ({ from: peer(number), value: good(number) }))).toContainEqual(answer)
  expect(gets).toEqual([])
})

test('a peer without a record, or with that of another key, answers without a value', async () => {
  const { read } = networkOf({ 1: {}, 2: { value: good(1), of: Uint8Array.of(1) } }, [1, 2])
  expect(await read()).toEqual(expect.arrayContaining([{ from: peer(1) }, { from: peer(2) }]))
})

test('a peer that fails is an error answer, also when its request throws', async () => {
  const [reset, stopped] = [new Error('reset'), new Error('stopped')]
  const { read } = networkOf({ 1: { error: reset }, 2: { throws: stopped } }, [1, 2])
  const answers = await read()
  expect(answers).toHaveLength(2)
  expect(answers).toEqual(
    expect.arrayContaining([
      { from: peer(1), error: reset },
      { from: peer(2), error: stopped }
    ])
  )
})

test('a peer that does not answer in time is aborted, and the read ends without it', async () => {
  const { read, timers, aborted } = networkOf({ 1: { value: good(1) } }, [1, 2])
  const reading = read()
  // until peer 1 has answered
  while (timers.pending === 0) await flushMicrotasks()
  await timers.advance(999n * millisecond)
  expect(aborted).toEqual([])
  await timers.advance(millisecond)
  expect(aborted).toEqual([2])
  expect(await reading).toContainEqual({ from: peer(1), value: good(1) })
  expect(timers.pending).toBe(0)
})

test('a read in which no peer answers continues until it is aborted, and rejects with the reason', async () => {
  const { read, timers, aborted } = networkOf({}, [1, 2])
  const controller = new AbortController()
  const reading = read({ signal: controller.signal })
  const outcome = reading.catch((error: unknown) => error)
  await timers.advance(60_000n * millisecond)
  expect(aborted).toEqual([])
  const reason = new Error('aborted')
  controller.abort(reason)
  expect(await outcome).toBe(reason)
  await flushMicrotasks()
  expect(aborted.toSorted((a, b) => a - b)).toEqual([1, 2])
})

test('a read with an aborted signal asks no peer', async () => {
  const { read, asked } = networkOf({ 1: {} }, [1])
  await expect(read({ signal: AbortSignal.abort(new RecordError('TIMEOUT', 'late')) })).rejects.toThrow('late')
  expect(asked).toEqual([])
})

test('a reader that stops aborts the requests that are running', async () => {
  const { routing, aborted, timers } = networkOf({ 1: { value: good(1) } }, [1, 2])
  for await (const answer of routing.get(key)) {
    expect(answer).toEqual({ from: peer(1), value: good(1) })
    break
  }
  await flushMicrotasks()
  expect(aborted).toEqual([2])
  expect(timers.pending).toBe(0)
})

test.each([
  ['a complete read', { complete: true }, [1], true],
  ['a read with an empty routing table', {}, [], true],
  ['a read of a kad-dht that cannot ask single peers', {}, [1], false]
] as const)('%s is the get of kad-dht', async (_, options, table, canAsk) => {
  const { dht, gets, asked } = networkOf({ 1: {} }, table)
  const { network, ...others } = dht
  const routing = kadDhtRouting((canAsk ? dht : others) as unknown as KadDht, {
    firstPeerTimeout: Number.POSITIVE_INFINITY
  })
  const answers: RoutingAnswer[] = []
  for await (const answer of routing.get(key, options)) answers.push(answer)
  expect(answers).toEqual([{ from: peer(99) }])
  expect([gets.length, asked.length, typeof network]).toEqual([1, 0, 'object'])
})

test('what is kept of an answer has bytes of its own', async () => {
  const [naming, named] = [peer(1), peer(2)].map((bytes) => viewed(bytes))
  const idOf = (bytes: Uint8Array) => ({ type: 'Ed25519', toMultihash: () => ({ bytes }) })
  const dialled: PeerId[] = []
  const dht = {
    get: () => [],
    put: () => [],
    routingTable: { size: 1, closestPeers: () => [idOf(naming as Uint8Array)] },
    network: {
      async *sendRequest(to: PeerId) {
        yield { name: 'PEER_RESPONSE', from: to, closer: [{ id: idOf(named as Uint8Array) }] }
      }
    }
  }
  const dialer = {
    async dialProtocol(id: PeerId): Promise<never> {
      dialled.push(id)
      throw new Error('unreachable')
    }
  }
  const routing = kadDhtRouting(dht as unknown as KadDht, { dialer })
  const answers: RoutingAnswer[] = []
  for await (const answer of routing.get(key)) answers.push(answer)
  for (const { from } of answers) {
    // small copies share a buffer
    expect(from?.buffer.byteLength).toBeLessThan(65_536)
    await routing.getFromPeer?.(from as Uint8Array, key)
  }
  expect(dialled.map((id) => id.toMultihash().bytes)).toEqual(answers.map(({ from }) => from))
  for (const id of dialled) expect(id.toMultihash().bytes.buffer.byteLength).toBe(3)
  expect(dialled).toHaveLength(2)
})

/** Bytes in a message of 4 MiB. */
function viewed(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(4_194_304)
  message.set(bytes, 100)
  return message.subarray(100, 100 + bytes.length)
}
