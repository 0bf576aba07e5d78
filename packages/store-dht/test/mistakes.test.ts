import type { RecordEngine } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'

const engine = { parse: () => {}, verify: () => {} } as unknown as RecordEngine
const routing = delegatedRouting(['https://router.example'])

test.each<[string, () => unknown, RegExp]>([
  [
    'a DHT without options',
    () => new DhtRecordStore(undefined as never),
    /^options is undefined; an object is expected$/
  ],
  [
    'a DHT without a routing',
    () => new DhtRecordStore({ engine } as never),
    /^routing is undefined; a RecordRouting, such as .* is expected$/
  ],
  [
    'a DHT with namespaces instead of an engine',
    () => new DhtRecordStore({ routing, engine: [{}] as never }),
    /^engine is an array; a ValidationEngine/
  ],
  [
    'a routing without URLs',
    () => delegatedRouting(undefined as never),
    /^endpoints is undefined; an array of URLs such as .* is expected$/
  ],
  [
    'a routing with options instead of URLs',
    () => delegatedRouting({ endpoints: ['https://router.example'] } as never),
    /^endpoints is an object; an array of URLs such as .* is expected$/
  ],
  [
    'a routing with one URL',
    () => delegatedRouting('https://router.example' as never),
    /^endpoints is a string; an array of URLs such as .* is expected$/
  ],
  [
    'a routing with a host',
    () => delegatedRouting(['router.example']),
    /^endpoints\[0\] is "router.example"; an http or https URL is expected$/
  ],
  [
    'a routing without a kad-dht service',
    () => kadDhtRouting(undefined as never),
    /^dht is undefined; the kad-dht service of a node, such as .* is expected$/
  ],
  [
    'a routing with a node instead of its service',
    () => kadDhtRouting({ services: {} } as never),
    /^dht is an object; the kad-dht service of a node/
  ]
])('the message for %s says what is expected', (_, make, message) => {
  expect(make).toThrow(
    expect.objectContaining({
      name: 'RecordError',
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message) as unknown
    })
  )
})

test('a DHT that knows no peer names the option that drops private addresses', async () => {
  const dht = {
    routingTable: { size: 0 },
    async *get(_key: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<never> {
      await new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve())
      })
      yield* []
    }
  }
  const setTimer = (run: () => void): (() => void) => {
    queueMicrotask(run)
    return () => {}
  }
  const kad = kadDhtRouting({ ...dht, put: dht.get } as never, { setTimer })
  await expect(kad.get(new TextEncoder().encode('/ipns/x'))[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'NO_PEERS',
    message: expect.stringMatching(
      /^the routing table of the DHT was empty for 5 s: connect to a peer .*peerInfoMapper: passthroughMapper/
    ) as unknown
  })
})
