import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting } from '@recordkit/record-types'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

const multihash = Uint8Array.of(0x12, 2, 1, 2)
const id = (number: number) => ({ toMultihash: () => ({ bytes: peer(number) }) })
const named = (name: string): Error => Object.assign(new Error(name), { name })

type Event = Readonly<Record<string, unknown>>

const dial = (number: number, index = 0): Event => ({ name: 'DIAL_PEER', peer: id(number), path: { index } })
const answer = (number: number, messageName: string, value?: Uint8Array): Event => ({
  name: 'PEER_RESPONSE',
  messageName,
  from: id(number),
  path: { index: 0 },
  ...(value === undefined ? {} : { record: { key, value } })
})
const failure = (number: number, error: Error): Event => ({ name: 'QUERY_ERROR', from: id(number), error })
const send = (number: number, messageName: string): Event => ({ name: 'SEND_QUERY', to: id(number), messageName })

/** A kad-dht with scripted events, which throws the errors among them, and the calls that it received. */
function scripted(events: readonly (Event | Error)[], options: KadDhtRoutingOptions = {}) {
  const calls: { readonly method: string; readonly argument: unknown; readonly signal: AbortSignal | undefined }[] = []
  async function* call(method: string, argument: unknown, { signal }: AbortOptions = {}) {
    calls.push({ method, argument, signal })
    for (const event of events) {
      if (event instanceof Error) throw event
      yield event
    }
  }
  const dht = {
    get: (name: unknown, options?: AbortOptions) => call('get', name, options),
    put: (name: unknown, value: unknown, options?: AbortOptions) => call('put', [name, value], options),
    provide(cid: unknown, options?: AbortOptions) {
      expect(this).toBe(dht)
      return call('provide', cid, options)
    },
    async cancelReprovide(cid: unknown, options?: AbortOptions) {
      expect(this).toBe(dht)
      await call('cancelReprovide', cid, options).next()
    },
    findProviders(cid: unknown, options?: AbortOptions) {
      expect(this).toBe(dht)
      return call('findProviders', cid, options)
    }
  }
  return { routing: kadDhtRouting(dht as unknown as KadDht, options), calls }
}

async function collect<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const item of items ?? []) all.push(item)
  return all
}

const getting = async (...events: readonly (Event | Error)[]) => collect(scripted(events).routing.get(key))
const putting = async (...events: readonly Event[]) => collect(scripted(events).routing.put(key, good(1)))
const providing = async (...events: readonly Event[]) => collect(scripted(events).routing.provide?.(multihash))

test('the answers to a get are the responses to GET_VALUE, and no other events', async () => {
  expect(
    await getting(
      dial(1),
      send(1, 'GET_VALUE'),
      answer(1, 'GET_VALUE', good(1)),
      answer(2, 'FIND_NODE', good(2)),
      { name: 'VALUE', from: id(1), value: good(1) },
      answer(3, 'GET_VALUE'),
      { name: 'PATH_ENDED', path: { index: 0 } }
    )
  ).toEqual([{ from: peer(1), value: good(1) }, { from: peer(3) }])
})

test('a peer that fails is an error answer; a peer whose value is refused by kad-dht is an answer without value', async () => {
  const reset = named('StreamResetError')
  expect(await getting(failure(1, reset), failure(2, named('QueryError')))).toEqual([
    { from: peer(1), error: reset },
    { from: peer(2) }
  ])
})

test('a get that throws fails with ROUTING_FAILED, unless a peer has answered', async () => {
  const broken = new Error('broken')
  expect(await getting(answer(1, 'GET_VALUE'), broken)).toEqual([{ from: peer(1) }])
  for (const before of [[], [failure(1, named('StreamResetError'))], [answer(1, 'FIND_NODE')]]) {
    await expect(getting(...before, broken)).rejects.toMatchObject({ code: 'ROUTING_FAILED', key, cause: broken })
  }
  await expect(collect(scripted([broken]).routing.get(key, {}))).rejects.toMatchObject({ cause: broken })
  const noPeers = new RecordError('NO_PEERS', 'no peers')
  await expect(getting(noPeers)).rejects.toBe(noPeers)
})

test('a get that is aborted rejects with the reason of its signal, even after a peer has answered', async () => {
  const controller = new AbortController()
  const reason = new Error('aborted')
  const { routing } = scripted([answer(1, 'GET_VALUE'), new Error('broken')])
  const answers = routing.get(key, { signal: controller.signal })[Symbol.asyncIterator]()
  await answers.next()
  controller.abort(reason)
  await expect(answers.next()).rejects.toBe(reason)
})

test('without a dialer, the answers to a get continue after the corrections of kad-dht; with one they end', async () => {
  const events = [
    answer(1, 'GET_VALUE', good(1)),
    { ...answer(2, 'GET_VALUE', good(2)), path: { index: -1 } },
    dial(1, -1),
    answer(3, 'GET_VALUE', good(3))
  ]
  expect(await getting(...events)).toHaveLength(3)
  const dialer = {} as NonNullable<KadDhtRoutingOptions['dialer']>
  expect(await collect(scripted(events, { dialer }).routing.get(key))).toHaveLength(2)
  expect(await collect(scripted([dial(1, 1), ...events], { dialer }).routing.get(key))).toHaveLength(2)
})

test('the acknowledgements of a put are the responses of the peers to which PUT_VALUE was sent', async () => {
  expect(
    await putting(
      answer(1, 'FIND_NODE'),
      answer(9, 'PUT_VALUE', good(1)),
      send(1, 'PUT_VALUE'),
      send(2, 'PUT_VALUE'),
      send(3, 'PUT_VALUE'),
      answer(1, 'PUT_VALUE', good(1)),
      answer(2, 'PUT_VALUE', good(2)),
      answer(3, 'PUT_VALUE'),
      answer(1, 'PUT_VALUE', good(1))
    )
  ).toEqual([
    { from: peer(1), status: 'stored' },
    { from: peer(2), status: 'mismatch' },
    { from: peer(3), status: 'mismatch' }
  ])
})

test('a peer that answers the look-up and then fails is refused, or a timeout', async () => {
  const [reset, timeout, abort] = ['StreamResetError', 'TimeoutError', 'AbortError'].map(named) as [Error, Error, Error]
  expect(
    await putting(
      ...[1, 2, 3].flatMap((number) => [dial(number), send(number, 'FIND_NODE'), answer(number, 'FIND_NODE')]),
      dial(1),
      dial(2),
      dial(3),
      failure(1, reset),
      failure(2, timeout),
      failure(3, abort)
    )
  ).toEqual([
    { from: peer(1), status: 'refused', error: reset },
    { from: peer(2), status: 'timeout', error: timeout },
    { from: peer(3), status: 'timeout', error: abort }
  ])
})

test('errors of the look-up are not acknowledgements of a put', async () => {
  const reset = named('StreamResetError')
  expect(
    await putting(
      dial(1),
      failure(1, reset),
      send(2, 'FIND_NODE'),
      failure(2, reset),
      answer(3, 'FIND_NODE'),
      failure(3, reset),
      { name: 'FINAL_PEER', from: id(4) }
    )
  ).toEqual([])
})

test('the acknowledgements of an announcement are the peers to which ADD_PROVIDER was sent', async () => {
  expect(
    await providing(
      answer(1, 'FIND_NODE'),
      send(1, 'ADD_PROVIDER'),
      answer(1, 'ADD_PROVIDER'),
      send(2, 'PUT_VALUE'),
      answer(2, 'ADD_PROVIDER')
    )
  ).toEqual([{ from: peer(1), status: 'stored' }])
})

test('the providers of a multihash are those that kad-dht finds, with their addresses', async () => {
  const { routing } = scripted([
    answer(1, 'GET_PROVIDERS'),
    {
      name: 'PROVIDER',
      path: { index: 0 },
      providers: [
        { id: id(2), multiaddrs: [{ bytes: Uint8Array.of(4) }, { bytes: Uint8Array.of(6) }] },
        { id: id(3), multiaddrs: [] }
      ]
    }
  ])
  expect(await collect(routing.findProviders?.(multihash))).toEqual([
    { id: peer(2), addresses: [Uint8Array.of(4), Uint8Array.of(6)] },
    { id: peer(3), addresses: [] }
  ])
})

test('a search for providers reports the peers that answered, and fails with ROUTING_FAILED when none did', async () => {
  const answered: Uint8Array[] = []
  const options = { onAnswer: (from: Uint8Array) => answered.push(from) }
  const local = { ...answer(9, 'GET_PROVIDERS'), path: { index: -1 } }
  const empty = scripted([local, failure(1, named('TimeoutError')), answer(2, 'GET_PROVIDERS')])
  expect(await collect(empty.routing.findProviders?.(multihash, options))).toEqual([])
  expect(answered).toEqual([peer(2)])
  for (const events of [[], [local], [failure(1, named('TimeoutError'))], [answer(1, 'FIND_NODE')]])
    await expect(collect(scripted(events).routing.findProviders?.(multihash))).rejects.toMatchObject({
      code: 'ROUTING_FAILED'
    })
})

test('a provider that a peer names cannot be addressed, so that its message does not stay in memory', async () => {
  const dialed: unknown[] = []
  const dialer = {
    dialProtocol: async (to: unknown): Promise<never> => {
      dialed.push(to)
      throw new Error('not reached')
    }
  }
  const provider = { name: 'PROVIDER', path: { index: 0 }, providers: [{ id: id(2), multiaddrs: [] }] }
  const { routing } = scripted([answer(1, 'GET_PROVIDERS'), provider] as Parameters<typeof scripted>[0], { dialer })
  expect(await collect(routing.findProviders?.(multihash))).toHaveLength(1)
  expect(await routing.putToPeer?.(peer(2), key, good(1))).toMatchObject({
    status: 'refused',
    error: { code: 'NO_PEERS' }
  })
  expect(dialed).toEqual([])
})

test('of the answer of one peer, 20 providers are read', async () => {
  const named = (first: number): object => ({
    name: 'PROVIDER',
    path: { index: 0 },
    providers: Array.from({ length: 30 }, (_, index) => ({ id: id(first + index), multiaddrs: [] }))
  })
  const { routing } = scripted([named(1), named(101)] as Parameters<typeof scripted>[0])
  const found = await collect(routing.findProviders?.(multihash))
  expect(found.map((provider) => provider.id)).toEqual(
    [1, 101].flatMap((first) => Array.from({ length: 20 }, (_, index) => peer(first + index)))
  )
})

test('kad-dht receives the arguments and the signal of each call', async () => {
  const { routing, calls } = scripted([answer(1, 'GET_PROVIDERS')])
  const options = new AbortController()
  await collect(routing.get(key, options))
  await collect(routing.put(key, good(1), options))
  await collect(routing.provide?.(multihash, options))
  await collect(routing.findProviders?.(multihash, options))
  await routing.cancelProvide?.(multihash, options)
  const cid = { version: 1, code: 0x55, multihash: { bytes: multihash } }
  const { signal } = options
  expect(calls).toMatchObject([
    { method: 'get', argument: key },
    { method: 'put', argument: [key, good(1)] },
    { method: 'provide', argument: cid },
    { method: 'findProviders', argument: cid },
    { method: 'cancelReprovide', argument: cid }
  ])
  expect(calls.map((call) => call.signal === signal)).toEqual([true, true, true, true, true])
})

test('a routing has no method that its kad-dht lacks', () => {
  const bare = kadDhtRouting({} as KadDht)
  expect(['putToPeer', 'provide', 'cancelProvide', 'findProviders'].filter((method) => method in bare)).toEqual([])
})

test.for([-1, Number.NaN])('a firstPeerTimeout of %s is an invalid argument', (firstPeerTimeout) => {
  expect(() => kadDhtRouting({} as KadDht, { firstPeerTimeout })).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('firstPeerTimeout') as string
    })
  )
})

test('1024 peers can be addressed by putToPeer; the one that answered longest ago is removed first', async () => {
  const peerOf = (number: number): Uint8Array => Uint8Array.of(0, 2, number >> 8, number & 255)
  let answering: readonly number[] = Array.from({ length: 1024 }, (_, number) => number)
  const dht = {
    async *get() {
      for (const number of answering)
        yield { ...answer(0, 'GET_VALUE'), from: { toMultihash: () => ({ bytes: peerOf(number) }) } }
    }
  } as unknown as KadDht
  const dialer = { dialProtocol: async () => Promise.reject(new Error('dialled')) } as unknown as NonNullable<
    KadDhtRoutingOptions['dialer']
  >
  const routing: RecordRouting = kadDhtRouting(dht, { dialer })
  const dialled = async (number: number): Promise<boolean> => {
    const ack = await routing.putToPeer?.(peerOf(number), key, good(1))
    return (ack?.error as Error | undefined)?.message === 'dialled'
  }
  await collect(routing.get(key))
  expect([await dialled(0), await dialled(1023)]).toEqual([true, true])
  answering = [0, 1024]
  await collect(routing.get(key))
  expect([await dialled(0), await dialled(1), await dialled(2), await dialled(1024)]).toEqual([true, false, true, true])
  expect(await routing.putToPeer?.(peerOf(1), key, good(1))).toMatchObject({ error: { code: 'NO_PEERS', key } })
})
