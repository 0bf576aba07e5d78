import type { RecordRouting } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import type { RoutingFactory } from '../src/index.ts'
import { routingCases, runRouting, testRouting } from '../src/index.ts'

/** A routing with every function. */
type CompleteRouting = Required<Omit<RecordRouting, 'readOnly'>>

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A routing among three peers in memory. */
function network(peers: readonly Uint8Array[] = [text('peer 1'), text('peer 2'), text('peer 3')]): CompleteRouting {
  const values = new Map<string, Uint8Array>()
  const providers = new Map<string, Uint8Array[]>()
  const idOf = (peer: Uint8Array, key: Uint8Array): string => `${mapKey(peer)} ${mapKey(key)}`
  const checkPeers = (signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted()
    if (peers.length === 0) throw new RecordError('NO_PEERS', 'the routing has no peers')
  }
  return {
    async *get(key, options) {
      checkPeers(options?.signal)
      for (const from of peers) {
        const value = values.get(idOf(from, key))
        yield value === undefined ? { from } : { from, value: value.slice() }
      }
    },
    async *put(key, value, options) {
      checkPeers(options?.signal)
      for (const from of peers) {
        values.set(idOf(from, key), value.slice())
        yield { from, status: 'stored' }
      }
    },
    async putToPeer(from, key, value) {
      values.set(idOf(from, key), value.slice())
      return { from, status: 'stored' }
    },
    async getFromPeer(from, key) {
      const value = values.get(idOf(from, key))
      return value === undefined ? { from } : { from, value: value.slice() }
    },
    async *provide(multihash) {
      providers.set(mapKey(multihash), [text('me')])
      for (const from of peers) yield { from, status: 'stored' }
    },
    async cancelProvide() {},
    async *findProviders(multihash) {
      for (const id of providers.get(mapKey(multihash)) ?? []) yield { id, addresses: [] }
    }
  }
}

const factory: RoutingFactory = {
  name: 'three peers in memory',
  putToPeer: true,
  getFromPeer: true,
  providers: true,
  open: () => network(),
  openAlone: () => network([]),
  record: (number) => ({ key: text(`/toy/${number}`), value: text(`value ${number}`) })
}

testRouting({ test, describe }, factory)

const broken: readonly [string, (correct: CompleteRouting) => Partial<RecordRouting>, readonly string[]][] = [
  ['stores nothing', () => ({ async *put() {} }), ['abort/before', 'get/early', 'get/from', 'put/get', 'put/to']],
  [
    'names no peers',
    (correct) => ({
      async *put(key, value, options) {
        for await (const ack of correct.put(key, value, options))
          yield { ...ack, from: 'peer' as unknown as Uint8Array }
      }
    }),
    ['get/from', 'put/get', 'put/to']
  ],
  [
    'throws when no peer has the record',
    (correct) => ({
      async *get(key, options) {
        let found = false
        for await (const answer of correct.get(key, options)) {
          found ||= 'value' in answer
          yield answer
        }
        if (!found) throw new RecordError('ROUTING_FAILED', 'not found')
      }
    }),
    ['abort/before', 'get/miss', 'keys/apart']
  ],
  [
    'ignores keys',
    (correct) => ({
      get: (_key, options) => correct.get(text('one'), options),
      put: (_key, value, options) => correct.put(text('one'), value, options)
    }),
    ['get/from', 'keys/apart']
  ],
  [
    'answers only once for each key',
    (correct) => {
      const answered = new Set<string>()
      return {
        async *get(key, options) {
          if (answered.has(mapKey(key))) return
          answered.add(mapKey(key))
          yield* correct.get(key, options)
        }
      }
    },
    ['get/early']
  ],
  [
    'ignores signals',
    (correct) => ({ get: (key) => correct.get(key), put: (key, value) => correct.put(key, value) }),
    ['abort/before']
  ],
  [
    'does not copy the bytes of its caller',
    (correct) => {
      const kept = new Map<string, Uint8Array>()
      return {
        put: (key, value, options) => {
          kept.set(mapKey(key), value)
          return correct.put(key, value, options)
        },
        async *get(key, options) {
          for await (const answer of correct.get(key, options)) {
            const value = kept.get(mapKey(key))
            yield value === undefined || !('value' in answer) ? answer : { ...answer, value }
          }
        }
      }
    },
    ['bytes/copies']
  ],
  ['does not put to a single peer', () => ({ putToPeer: async (from) => ({ from, status: 'refused' }) }), ['put/to']],
  ['gets nothing from a single peer', () => ({ getFromPeer: async (from) => ({ from }) }), ['get/from']],
  ['provides nothing', () => ({ async *provide() {} }), ['providers/found']]
]

for (const [title, flaw, fails] of broken) {
  test(`the conformance kit fails exactly the expected cases for a routing that ${title}`, async () => {
    const open = (): RecordRouting => {
      const correct = network()
      return { ...correct, ...flaw(correct) }
    }
    const report = await runRouting({ ...factory, open, timeout: 2_000 })
    const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
    expect(failed.sort()).toEqual(fails)
  })
}

test('the conformance kit fails a routing that ends without an error when it has no peers', async () => {
  const { get, put } = network()
  const report = await runRouting({ ...factory, openAlone: () => ({ get, put }) })
  expect(report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual(['alone/no-peers'])
})

test('the conformance kit contains no routing case that every broken routing passes', () => {
  const failing = new Set([...broken.flatMap(([, , fails]) => fails), 'alone/no-peers'])
  expect(routingCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
})
