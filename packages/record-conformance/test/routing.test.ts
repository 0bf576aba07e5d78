import type { RecordRouting } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import type { RoutingFactory } from '../src/index.ts'
import { routingCases, runRouting, testRouting } from '../src/index.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** Three peers in memory. */
function network(
  peers: readonly Uint8Array[] = [text('peer 1'), text('peer 2'), text('peer 3')]
): Required<RecordRouting> {
  const values = new Map<string, Uint8Array>()
  const providers = new Map<string, Uint8Array[]>()
  const idOf = (peer: Uint8Array, key: Uint8Array): string => `${mapKey(peer)} ${mapKey(key)}`
  const begin = (signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted()
    if (peers.length === 0) throw new RecordError('NO_PEERS', 'there is nobody to ask')
  }
  return {
    async *get(key, options) {
      begin(options?.signal)
      for (const from of peers) {
        const value = values.get(idOf(from, key))
        yield value === undefined ? { from } : { from, value: value.slice() }
      }
    },
    async *put(key, value, options) {
      begin(options?.signal)
      for (const from of peers) {
        values.set(idOf(from, key), value.slice())
        yield { from, status: 'stored' }
      }
    },
    async putToPeer(from, key, value) {
      values.set(idOf(from, key), value.slice())
      return { from, status: 'stored' }
    },
    async *provide(multihash) {
      providers.set(mapKey(multihash), [text('me')])
      for (const from of peers) yield { from, status: 'stored' }
    },
    async *findProviders(multihash) {
      for (const id of providers.get(mapKey(multihash)) ?? []) yield { id, addresses: [] }
    }
  }
}

const factory: RoutingFactory = {
  name: 'three peers in memory',
  putTo: true,
  providers: true,
  open: () => network(),
  openAlone: () => network([]),
  record: (number) => ({ key: text(`/toy/${number}`), value: text(`value ${number}`) })
}

testRouting({ test, describe }, factory)

const broken: readonly [string, (sound: Required<RecordRouting>) => Partial<RecordRouting>, readonly string[]][] = [
  ['stores nothing', () => ({ async *put() {} }), ['abort/before', 'get/early', 'put/get', 'put/to']],
  [
    'names no peers',
    (sound) => ({
      async *put(key, value, options) {
        for await (const ack of sound.put(key, value, options)) yield { ...ack, from: 'peer' as unknown as Uint8Array }
      }
    }),
    ['put/get']
  ],
  [
    'throws for a miss',
    (sound) => ({
      async *get(key, options) {
        let found = false
        for await (const answer of sound.get(key, options)) {
          found ||= 'value' in answer
          yield answer
        }
        if (!found) throw new RecordError('ROUTING_FAILED', 'not found')
      }
    }),
    ['abort/before', 'get/miss', 'keys/apart']
  ],
  [
    'takes all keys for one',
    (sound) => ({
      get: (_key, options) => sound.get(text('one'), options),
      put: (_key, value, options) => sound.put(text('one'), value, options)
    }),
    ['keys/apart']
  ],
  [
    'answers once for each key',
    (sound) => {
      const asked = new Set<string>()
      return {
        async *get(key, options) {
          if (asked.has(mapKey(key))) return
          asked.add(mapKey(key))
          yield* sound.get(key, options)
        }
      }
    },
    ['get/early']
  ],
  [
    'ignores signals',
    (sound) => ({ get: (key) => sound.get(key), put: (key, value) => sound.put(key, value) }),
    ['abort/before']
  ],
  [
    'keeps the bytes of its caller',
    (sound) => {
      const kept = new Map<string, Uint8Array>()
      return {
        put: (key, value, options) => {
          kept.set(mapKey(key), value)
          return sound.put(key, value, options)
        },
        async *get(key, options) {
          for await (const answer of sound.get(key, options)) {
            const value = kept.get(mapKey(key))
            yield value === undefined || !('value' in answer) ? answer : { ...answer, value }
          }
        }
      }
    },
    ['bytes/copies']
  ],
  ['hands a value to nobody', () => ({ putToPeer: async (from) => ({ from, status: 'refused' }) }), ['put/to']],
  ['provides nothing', () => ({ async *provide() {} }), ['providers/found']]
]

for (const [title, flaw, fails] of broken) {
  test(`the kit finds a routing that ${title}`, async () => {
    const open = (): RecordRouting => {
      const sound = network()
      return { ...sound, ...flaw(sound) }
    }
    const report = await runRouting({ ...factory, open, timeout: 2_000 })
    const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
    expect(failed.sort()).toEqual(fails)
  })
}

test('the kit finds a routing that takes nobody to ask for a miss', async () => {
  const { get, put } = network()
  const report = await runRouting({ ...factory, openAlone: () => ({ get, put }) })
  expect(report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual(['alone/no-peers'])
})

test('every case fails for one of them', () => {
  const proven = new Set([...broken.flatMap(([, , fails]) => fails), 'alone/no-peers'])
  expect(routingCases.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([])
})
