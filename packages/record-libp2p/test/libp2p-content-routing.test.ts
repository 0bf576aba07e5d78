import type { ContentRouting } from '@libp2p/interface'
import { libp2pContentRouting } from '@recordkit/record-libp2p'
import { compareBytes } from '@recordkit/record-types'
import type { RecordEngine } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'

const key = new TextEncoder().encode('/toy/x')
const value = Uint8Array.of(1, 2)
const from = new TextEncoder().encode('content-routing')
const multihash = Uint8Array.of(0, 1, 7)

function named(name: string): Error {
  return Object.assign(new Error(name), { name })
}

/** A content routing like the one of js-libp2p. Each router fails with one of `errors`, or succeeds for `undefined`. */
function routers(
  ...errors: readonly (Error | undefined)[]
): ContentRouting & { readonly puts: Uint8Array[]; readonly canceled: Uint8Array[] } {
  const puts: Uint8Array[] = []
  const canceled: Uint8Array[] = []
  const assertHasRouters = (): void => {
    if (errors.length === 0) throw named('NoContentRoutersError')
  }
  const askAll = async (): Promise<void> => {
    for (const error of errors) if (error !== undefined) throw error
  }
  return {
    puts,
    canceled,
    async get() {
      return Promise.any(
        errors.map(async (error) => {
          if (error !== undefined) throw error
          return value
        })
      )
    },
    async put(_key, bytes) {
      await askAll()
      puts.push(bytes)
    },
    async provide() {
      assertHasRouters()
      await askAll()
    },
    async cancelReprovide({ multihash: { bytes } }) {
      assertHasRouters()
      // the routing asks with an identity multihash whether there are routers
      if (bytes[0] === 0 && bytes.length === 2) return
      canceled.push(bytes)
      await askAll()
    },
    async *findProviders() {
      assertHasRouters()
      await askAll()
      yield {
        id: { toMultihash: () => ({ bytes: Uint8Array.of(9) }) },
        multiaddrs: [{ bytes: Uint8Array.of(4) }],
        routing: 'toy'
      } as never
    }
  }
}

test('all content routers together are one peer with one answer and one copy', async () => {
  const routing = libp2pContentRouting(routers(undefined))
  expect(await all(routing.get(key))).toEqual([{ from, value }])
  expect(await all(routing.put(key, value))).toEqual([{ from, status: 'stored' }])
  expect(await all(routing.provide?.(multihash))).toEqual([{ from, status: 'stored' }])
  expect(await all(routing.findProviders?.(multihash))).toEqual([
    { id: Uint8Array.of(9), addresses: [Uint8Array.of(4)] }
  ])
})

test('an announcement is ended at all routers; without routers there is none to end', async () => {
  const contentRouting = routers(undefined)
  await libp2pContentRouting(contentRouting).cancelProvide?.(multihash)
  expect(contentRouting.canceled).toEqual([multihash])
  await libp2pContentRouting(routers()).cancelProvide?.(multihash)
  const failing = libp2pContentRouting(routers(new Error('datastore')))
  await expect(failing.cancelProvide?.(multihash)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  const signal = AbortSignal.abort(new Error('aborted'))
  await expect(failing.cancelProvide?.(multihash, { signal })).rejects.toBe(signal.reason)
})

test('a get returns the value of one router when another fails', async () => {
  const routing = libp2pContentRouting(routers(new Error('reset'), undefined))
  expect(await all(routing.get(key))).toEqual([{ from, value }])
})

test('a get is a miss when one router finds nothing and the others fail, and an error when all fail', async () => {
  const miss = libp2pContentRouting(routers(new Error('reset'), named('NotFoundError')))
  expect(await all(miss.get(key))).toEqual([{ from }])
  const failing = libp2pContentRouting(routers(new Error('reset')))
  expect(await all(failing.get(key))).toMatchObject([{ from, error: { errors: [{ message: 'reset' }] } }])
})

test('every call fails with NO_PEERS without content routers, and a put stores nothing', async () => {
  const alone = routers()
  const routing = libp2pContentRouting(alone)
  for (const call of [
    routing.get(key),
    routing.put(key, value),
    routing.provide?.(multihash),
    routing.findProviders?.(multihash)
  ]) {
    await expect(all<unknown>(call)).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
  expect(alone.puts).toEqual([])
})

test('a put is refused when one router fails, and a failed search for providers is an error', async () => {
  const routing = libp2pContentRouting(routers(undefined, new Error('refused')))
  const acks = await all(routing.put(key, value))
  expect(acks.map(({ status }) => status)).toEqual(['refused'])
  await expect(all(routing.findProviders?.(multihash))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
})

test('a call whose signal is aborted rejects with its reason, and puts nothing', async () => {
  const content = routers(undefined)
  const signal = AbortSignal.abort(new Error('aborted'))
  const routing = libp2pContentRouting(content)
  await expect(all(routing.get(key, { signal }))).rejects.toThrow('aborted')
  await expect(all(routing.put(key, value, { signal }))).rejects.toThrow('aborted')
  expect(content.puts).toEqual([])
})

/** A node whose routers can be seen, as those of js-libp2p and Helia. */
function nodeWith(...list: readonly object[]): ContentRouting {
  return Object.assign(routers(undefined), { routers: list })
}

const bytesOf = (name: string): Uint8Array => new TextEncoder().encode(name)

test('each router that can be seen is a peer of its own, with its name or its place', async () => {
  const puts: string[] = []
  const routing = libp2pContentRouting(
    nodeWith(
      { get: async () => Uint8Array.of(1), put: async () => void puts.push('first') },
      { name: 'http', get: async () => Uint8Array.of(2), put: () => Promise.reject(new Error('refused')) },
      { name: 'http', get: () => Promise.reject(named('NotFoundError')) },
      { provide: async () => undefined },
      { name: 'recordkit', get: async () => Uint8Array.of(3), put: async () => void puts.push('itself') }
    )
  )
  expect(await all(routing.get(key))).toEqual([
    { from: bytesOf('content-routing/0'), value: Uint8Array.of(1), router: 'content-routing/0' },
    { from: bytesOf('content-routing/http'), value: Uint8Array.of(2), router: 'content-routing/http' },
    { from: bytesOf('content-routing/http/2'), router: 'content-routing/http/2' }
  ])
  expect(await all(routing.put(key, value))).toMatchObject([
    { from: bytesOf('content-routing/0'), status: 'stored' },
    { from: bytesOf('content-routing/http'), status: 'refused', error: { message: 'refused' } }
  ])
  expect(puts).toEqual(['first'])
  expect(await all(routing.provide?.(multihash))).toMatchObject([
    { from: bytesOf('content-routing/3'), status: 'stored' }
  ])
})

test('the newest record of all routers wins, whichever answers first, and the forged one is blamed on its router', async () => {
  const verifying: RecordEngine = {
    parse: (recordKey, bytes) => ({ key: recordKey, value: bytes, order: bytes.subarray(0, 1), fields: undefined }),
    rank: ({ value: bytes }) => bytes,
    compare: (a, b) => compareBytes(a.value, b.value),
    verify: (record) =>
      record.value[0] === 9
        ? { status: 'reject', code: 'SIGNATURE_INVALID', message: 'forged' }
        : { ...record, status: 'accept' }
  }
  const node = nodeWith(
    { name: 'old', get: async () => Uint8Array.of(1) },
    { name: 'malicious', get: async () => Uint8Array.of(9) },
    { name: 'late', get: () => Promise.resolve().then(() => Uint8Array.of(2)) },
    {
      name: 'synchronous',
      get() {
        throw new Error('synchronous')
      }
    }
  )
  const store = new DhtRecordStore({ routing: libp2pContentRouting(node), engine: verifying, quorum: 9 })
  const found = await store.get(key)
  expect(found?.record.value).toEqual(Uint8Array.of(2))
  expect(found?.from).toEqual([bytesOf('content-routing/late')])
  expect(found?.refused).toMatchObject([{ from: bytesOf('content-routing/malicious') }])
})

test('a miss of one router is an error when another, which can be seen, could not be asked', async () => {
  const missing = { get: () => Promise.reject(named('NotFoundError')) }
  const nested = { get: () => Promise.reject(new AggregateError([named('NotFoundError')])) }
  const failing = { get: () => Promise.reject(new Error('reset')) }
  expect(await all(libp2pContentRouting(nodeWith(missing, nested)).get(key))).toHaveLength(2)
  await expect(all(libp2pContentRouting(nodeWith(missing, failing)).get(key))).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'reset' }
  })
})

test('a node whose routers can be seen, and that has none, fails with NO_PEERS', async () => {
  for (const node of [nodeWith(), nodeWith({ name: 'recordkit', get: async () => value })]) {
    const routing = libp2pContentRouting(node)
    await expect(all(routing.get(key))).rejects.toMatchObject({ code: 'NO_PEERS' })
    await expect(all(routing.put(key, value))).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
})

async function all<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items ?? []) collected.push(item)
  return collected
}
