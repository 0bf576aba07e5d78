import { encodeProviderAddresses, parsePeerId } from '@recordkit/record-codec'
import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, RoutingAck } from '@recordkit/record-types'
import { DhtProviderStore } from '@recordkit/store-dht'
import type { AnnouncementStorage, DhtProviderStoreOptions } from '@recordkit/store-dht'
import { second } from '@recordkit/testing'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import { peer } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const hour = 3600n * second
const self = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const content = (number: number): Uint8Array => Uint8Array.of(0x12, 1, number)
const stored: RoutingAck = { from: peer(1), status: 'stored' }

/** A storage in memory, which outlives the provider stores that use it. */
class MemoryStorage implements AnnouncementStorage {
  readonly kept = new Map<string, { multihash: Uint8Array; announced: bigint | undefined }>()
  failure: unknown

  async *entries() {
    if (this.failure !== undefined) throw this.failure
    for (const entry of this.kept.values()) yield { ...entry }
  }

  async put(multihash: Uint8Array, announced: bigint | undefined) {
    if (this.failure !== undefined) throw this.failure
    this.kept.set(mapKey(multihash), { multihash: multihash.slice(), announced })
  }

  async delete(multihash: Uint8Array) {
    if (this.failure !== undefined) throw this.failure
    this.kept.delete(mapKey(multihash))
  }
}

/** A provider store, and what it calls. */
function setUp(
  options: Partial<DhtProviderStoreOptions> = {},
  answer: () => AsyncIterable<RoutingAck> = () => routingOf({ acks: [stored] }).put(content(0), content(0)),
  time = new FakeTimers(0n)
) {
  const calls: string[] = []
  const state = { signedFails: undefined as unknown, cancelFails: undefined as unknown }
  const routing: RecordRouting = {
    ...routingOf({}),
    provide(multihash) {
      calls.push(`provide ${multihash[2]}`)
      return answer()
    },
    async cancelProvide(multihash) {
      calls.push(`cancel ${multihash[2]}`)
      if (state.cancelFails !== undefined) throw state.cancelFails
    },
    async *findProviders() {
      calls.push('find')
      yield* []
    }
  }
  const signed: DhtProviderStoreOptions['signed'] = {
    self,
    addresses: () => [],
    async put(_key: Uint8Array, _content: Uint8Array, { signal }: AbortOptions = {}) {
      calls.push('sign')
      signal?.throwIfAborted()
      if (state.signedFails !== undefined) throw state.signedFails
    },
    get: async () => undefined,
    async delete() {
      calls.push('unsign')
    }
  }
  const store = new DhtProviderStore({ routing, signed, clock: time.clock, setTimer: time.setTimer, ...options })
  return { store, calls, state, time }
}

describe('removeProvider', () => {
  test('ends what the routing announces again, the signed record, and what is stored', async () => {
    const storage = new MemoryStorage()
    const { store, calls } = setUp({ storage })
    await store.addProvider(content(1))
    await store.addProvider(content(2))
    calls.length = 0
    expect(await store.removeProvider(content(1))).toBe(true)
    expect(calls.toSorted()).toEqual(['cancel 1', 'unsign'])
    expect([...storage.kept.values()].map(({ multihash }) => multihash)).toEqual([content(2)])
    expect(store.provided.map(({ multihash }) => multihash)).toEqual([content(2)])
  })

  test('ends an announcement that is running, which is not repeated', async () => {
    const { store, time, calls } = setUp({}, async function* () {
      yield await silence
    })
    void store.start()
    const adding = expect(store.addProvider(content(1))).rejects.toMatchObject({
      code: 'ROUTING_FAILED',
      message: 'the announcement was ended by removeProvider'
    })
    await flushMicrotasks()
    expect(await store.removeProvider(content(1))).toBe(true)
    await adding
    calls.length = 0
    await time.advance(100n * hour)
    expect(calls).toEqual([])
    expect(store.provided).toEqual([])
  })

  test('tries everything although a part fails, reports the failure, and can be called again', async () => {
    const storage = new MemoryStorage()
    const { store, calls, state } = setUp({ storage })
    await store.addProvider(content(1))
    calls.length = 0
    storage.failure = new Error('disk')
    await expect(store.removeProvider(content(1))).rejects.toMatchObject({ code: 'STORE_IO', cause: storage.failure })
    expect(calls.toSorted()).toEqual(['cancel 1', 'unsign'])
    expect(store.provided).toEqual([])
    storage.failure = undefined
    state.cancelFails = new Error('datastore')
    await expect(store.removeProvider(content(1))).rejects.toBe(state.cancelFails)
    expect(storage.kept.size).toBe(0)
  })

  test('followed by addProvider of the same multihash leaves it announced and stored', async () => {
    const storage = new MemoryStorage()
    const { store } = setUp({ storage })
    await store.addProvider(content(1))
    const removing = store.removeProvider(content(1))
    await store.addProvider(content(1))
    await removing
    expect(store.provided).toHaveLength(1)
    expect(storage.kept.size).toBe(1)
  })
})

describe('announced content', () => {
  test('is announced by the next run, when its interval is over, and not before', async () => {
    const storage = new MemoryStorage()
    const first = setUp({ storage })
    await first.store.addProvider(content(1))
    await first.store.stop()
    const second = setUp({ storage }, undefined, first.time)
    await second.store.start()
    expect(second.store.provided).toEqual([{ multihash: content(1), next: 22n * hour, failures: 0 }])
    await second.time.advance(22n * hour - 1n)
    expect(second.calls).toEqual([])
    await second.time.advance(1n)
    expect(second.calls.toSorted()).toEqual(['provide 1', 'sign'])
    expect([...storage.kept.values()]).toEqual([{ multihash: content(1), announced: 22n * hour }])
  })

  test('whose announcement never succeeded, or is overdue, is announced immediately by the next run', async () => {
    const storage = new MemoryStorage()
    const first = setUp({ storage }, () => routingOf({ acks: [{ ...stored, status: 'refused' }] }).put(self, self))
    await expect(first.store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
    await storage.put(content(2), -100n * hour)
    const second = setUp({ storage }, undefined, first.time)
    await second.store.start()
    await second.time.advance(0n)
    expect(second.calls.filter((call) => call !== 'sign').toSorted()).toEqual(['provide 1', 'provide 2'])
  })

  test('whose last announcement is in the future, by a clock that was wrong, is announced immediately by the next run', async () => {
    const storage = new MemoryStorage()
    await storage.put(content(1), 87_600n * hour)
    const { store, calls } = setUp({ storage })
    await store.start()
    await flushMicrotasks()
    expect(calls).toContain('provide 1')
    expect([...storage.kept.values()]).toEqual([{ multihash: content(1), announced: 0n }])
    await store.stop()
  })

  test('that was removed is not announced by the next run', async () => {
    const storage = new MemoryStorage()
    const first = setUp({ storage })
    await first.store.addProvider(content(1))
    await first.store.removeProvider(content(1))
    const second = setUp({ storage })
    await second.store.start()
    expect(second.store.provided).toEqual([])
  })

  test('that is removed while the storage is read stays removed', async () => {
    const storage = new MemoryStorage()
    await storage.put(content(1), 0n)
    await storage.put(content(2), 0n)
    const { store } = setUp({ storage })
    const starting = store.start()
    await store.removeProvider(content(2))
    await starting
    expect(store.provided.map(({ multihash }) => multihash)).toEqual([content(1)])
  })

  test('is not announced when it cannot be stored: addProvider fails with STORE_IO', async () => {
    const storage = new MemoryStorage()
    const { store, calls } = setUp({ storage })
    storage.failure = new Error('disk full')
    await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'STORE_IO', cause: storage.failure })
    expect(calls).toEqual([])
    expect(store.provided).toEqual([])
  })

  test('is not announced by a run that is stopped while the storage is read', async () => {
    const storage = new MemoryStorage()
    await storage.put(content(1), 0n)
    const { store, calls, time } = setUp({ storage })
    const starting = store.start()
    await store.stop()
    await starting
    await time.advance(100n * hour)
    expect(calls).toEqual([])
  })

  test('of a storage that cannot be read fails the start with STORE_IO, and what is added is announced', async () => {
    const storage = new MemoryStorage()
    storage.failure = new Error('disk')
    const { store, calls, time } = setUp({ storage })
    await expect(store.start()).rejects.toMatchObject({ code: 'STORE_IO' })
    storage.failure = undefined
    await store.addProvider(content(1))
    await time.advance(22n * hour)
    expect(calls.filter((call) => call === 'provide 1')).toHaveLength(2)
  })

  test('that is damaged in the storage is passed over', async () => {
    const storage = new MemoryStorage()
    await storage.put(Uint8Array.of(0x12, 7, 7), 0n)
    await storage.put(content(1), 0n)
    const { store } = setUp({ storage })
    await store.start()
    expect(store.provided.map(({ multihash }) => multihash)).toEqual([content(1)])
  })
})

describe('signed and unsigned announcements', () => {
  test('a network of peers that store no signed records still gets the unsigned announcement', async () => {
    const { store, calls, state } = setUp()
    state.signedFails = new RecordError('TOO_FEW_COPIES', 'no peer stored the record')
    const receipt = await store.addProvider(content(1))
    expect(receipt).toMatchObject({ copies: { reached: 1 }, signedError: state.signedFails })
    expect(calls.toSorted()).toEqual(['provide 1', 'sign'])
    // the manager publishes the signed record again
    expect(store.provided).toEqual([{ multihash: content(1), next: 22n * hour, failures: 0 }])
  })

  test('a signed record that does not end does not delay the unsigned announcement, and ends with the timeout', async () => {
    const { calls, time } = setUp()
    const { store } = setUp(
      {
        signed: {
          self,
          addresses: () => [],
          put: async () => silence,
          get: async () => undefined,
          delete: async () => 0
        }
      },
      async function* () {
        calls.push('provide')
        yield stored
      },
      time
    )
    const adding = store.addProvider(content(1))
    await flushMicrotasks()
    expect(calls).toEqual(['provide'])
    await time.advance(30n * second)
    expect(await adding).toMatchObject({ copies: { reached: 1 }, signedError: { message: 'timeout of 30 s' } })
  })

  test('the signed record is published although no unsigned announcement could be sent, or the routing has none', async () => {
    const { store, calls } = setUp({}, () => routingOf({ fails: new Error('offline') }).put(self, self))
    await expect(store.addProvider(content(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
    expect(calls).toContain('sign')
    const without = setUp({ routing: routingOf({}) })
    await expect(without.store.addProvider(content(1))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    expect(without.calls).toEqual(['sign'])
  })
})

test('of the addresses in a signed record, 32 of at most 512 bytes are returned', async () => {
  const addresses = [new Uint8Array(600), ...Array.from({ length: 60 }, () => Uint8Array.of(7))]
  const routing: RecordRouting = {
    ...routingOf({}),
    async *findProviders() {
      yield { id: self, addresses: [] }
    }
  }
  const signed = {
    self,
    addresses: () => [],
    put: async () => undefined,
    get: async () => encodeProviderAddresses(addresses),
    delete: async () => undefined
  }
  const time = new FakeTimers(0n)
  const store = new DhtProviderStore({ routing, signed, clock: time.clock, setTimer: time.setTimer })
  const [found] = await store.getProviders(content(1))
  expect(found).toMatchObject({ signed: true, addresses: Array.from({ length: 31 }, () => Uint8Array.of(7)) })
})

describe('a search for providers', () => {
  const searching = (findProviders: RecordRouting['findProviders']) => {
    const time = new FakeTimers(0n)
    const routing = { ...routingOf({}), findProviders } as RecordRouting
    return { store: new DhtProviderStore({ routing, clock: time.clock, setTimer: time.setTimer }), time }
  }

  test('is empty after the timeout when a peer answered without providers', async () => {
    const { store, time } = searching(async function* (_multihash, { onAnswer } = {}) {
      onAnswer?.(peer(1))
      yield await silence
    })
    const finding = store.getProviders(content(1))
    await time.advance(30n * second)
    expect(await finding).toEqual([])
  })

  test('fails with ROUTING_FAILED when the stream fails before a peer answered, and is empty when one did', async () => {
    for (const answers of [0, 1]) {
      const { store } = searching(async function* (_multihash, { onAnswer } = {}) {
        if (answers > 0) onAnswer?.(peer(1))
        yield* []
        throw new Error('reset')
      })
      if (answers > 0) expect(await store.getProviders(content(1))).toEqual([])
      else await expect(store.getProviders(content(1))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    }
  })
})

const sha256 = create(0x12, new Uint8Array(32).fill(5))
const cid = CID.createV1(0x55, sha256)
test.for<[string, unknown]>([
  ['no bytes', new Uint8Array(0)],
  ['81 bytes', Uint8Array.of(0x12, 79, ...new Uint8Array(79))],
  ['a text', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG'],
  ['nothing', undefined],
  ['an array of numbers', [0x12, 1, 7]],
  ['a CID object', cid],
  ['a digest object', sha256],
  ['the bytes of a CID', cid.bytes],
  ['the bytes of a CID whose size seems right', Uint8Array.of(1, 2, 3, 4)],
  ['a code alone', Uint8Array.of(0x12)],
  ['a truncated digest', sha256.bytes.subarray(0, 33)],
  ['a byte after the digest', Uint8Array.of(...sha256.bytes, 0)],
  ['an empty digest', Uint8Array.of(0x12, 0)],
  ['a code that does not end', Uint8Array.of(0x80, 0x80)],
  ['a code of more than nine bytes', Uint8Array.of(...new Uint8Array(9).fill(0x80), 1, 1, 7)],
  ['a code that is not minimal', Uint8Array.of(0x92, 0, 1, 7)],
  ['a size that is not minimal', Uint8Array.of(0x12, 0x81, 0, 7)]
])('%s instead of a multihash is INVALID_ARGUMENT in every call, and changes nothing', async ([, bytes]) => {
  const storage = new MemoryStorage()
  const { store, calls } = setUp({ storage })
  const bad = bytes as Uint8Array
  for (const call of [store.addProvider(bad), store.removeProvider(bad), store.getProviders(bad)])
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^multihash /)
    })
  expect(calls).toEqual([])
  expect(store.provided).toEqual([])
  expect(storage.kept.size).toBe(0)
})

test('a multihash of an unknown hash function, an identity multihash and one of 80 bytes are accepted', async () => {
  const { store } = setUp()
  const all = [
    Uint8Array.of(0x99, 0x99, 1, 2, 7, 7),
    Uint8Array.of(0, 0),
    Uint8Array.of(0x12, 78, ...new Uint8Array(78))
  ]
  for (const multihash of all) expect((await store.addProvider(multihash)).copies.reached).toBe(1)
})
