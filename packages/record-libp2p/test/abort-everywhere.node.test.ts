import { libp2pContentRouting } from '@recordkit/record-libp2p'
import type { Libp2pContentRouting } from '@recordkit/record-libp2p'
import { RecordError } from '@recordkit/record-types'
import type { RecordRouting } from '@recordkit/record-types'
import { abortEverywhere, failAt, failureTimes } from '@recordkit/testing'
import type { FailureTime } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { DeferredRouting } from '../src/deferred-routing.ts'

const failure = new RecordError('ROUTING_FAILED', 'the network is unreachable')
const key = new TextEncoder().encode('/ipns/x')
const multihash = Uint8Array.of(0x12, 2, 1, 2)

/** The content routers of a node, which fail at a time. */
function failingRouters(time: FailureTime): Libp2pContentRouting {
  return {
    get: async (_key, { signal } = {}) => failAt(time, failure, signal),
    put: async (_key, _value, { signal } = {}) => failAt(time, failure, signal),
    provide: async (_cid, { signal } = {}) => failAt(time, failure, signal),
    cancelReprovide: async () => undefined,
    async *findProviders(_cid, { signal } = {}) {
      yield* []
      await failAt(time, failure, signal)
    }
  }
}

/** The same routers behind the routing of a node that is created later. */
function deferred(time: FailureTime): RecordRouting {
  const routing = new DeferredRouting()
  routing.bind(() => libp2pContentRouting(failingRouters(time)))
  return routing
}

async function drain(items: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _ of items ?? []);
}

const streams: Record<string, (routing: RecordRouting, signal: AbortSignal) => Promise<unknown>> = {
  get: async (routing, signal) => drain(routing.get(key, { signal })),
  put: async (routing, signal) => drain(routing.put(key, key, { signal })),
  putToPeer: async (routing, signal) => routing.putToPeer?.(key, key, key, { signal }),
  provide: async (routing, signal) => drain(routing.provide?.(multihash, { signal })),
  findProviders: async (routing, signal) => drain(routing.findProviders?.(multihash, { signal }))
}

test.each(Object.keys(streams))(
  '%s over the content routers of a node leaves no unhandled rejection, whenever they fail and it is aborted',
  async (name) => {
    for (const time of failureTimes.filter((at) => at !== 'never')) {
      for (const make of [deferred, (at: FailureTime) => libp2pContentRouting(failingRouters(at))]) {
        const runs = await abortEverywhere(() => {
          const routing = make(time)
          return async (signal) => streams[name]?.(routing, signal)
        }, 40)
        expect(runs.length).toBeGreaterThan(0)
      }
    }
  }
)
