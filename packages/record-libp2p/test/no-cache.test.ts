import { libp2pContentRouting } from '@recordkit/record-libp2p'
import { expect, test } from 'vitest'
import { DeferredRouting } from '../src/deferred-routing.ts'

test('noCache of a get is passed through the routing of a node to its content routers, which then use no cache', async () => {
  const options: object[] = []
  const routers = {
    get: async (_key: Uint8Array, { signal: _, ...rest }: { signal?: AbortSignal } = {}) => {
      options.push(rest)
      return Uint8Array.of(1)
    },
    put: async () => undefined,
    provide: async () => undefined,
    cancelReprovide: async () => undefined,
    async *findProviders() {
      yield* []
    }
  }
  const routing = new DeferredRouting()
  routing.bind(() => libp2pContentRouting(routers))
  for (const noCache of [true, false, undefined])
    for await (const answer of routing.get(Uint8Array.of(1), { noCache }))
      expect(answer).toMatchObject({ value: Uint8Array.of(1) })
  expect(options).toEqual([{ useCache: false }, {}, {}])
})
