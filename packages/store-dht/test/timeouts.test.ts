import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { RoutingAnswer } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import type { DhtRecordStoreOptions } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const answer = { from: peer(1), value: good(1) }
const ms = second / 1000n

/** The state of a promise, updated when it settles. */
function stateOf<T>(promise: Promise<T>): { readonly ended: boolean; value?: T; error?: unknown } {
  const state: { ended: boolean; value?: T; error?: unknown } = { ended: false }
  promise.then(
    (value) => Object.assign(state, { ended: true, value }),
    (error: unknown) => Object.assign(state, { ended: true, error })
  )
  return state
}

function scripted(answers: readonly (RoutingAnswer | Promise<never>)[], options: Partial<DhtRecordStoreOptions> = {}) {
  const time = new FakeTimers()
  const routing = routingOf({ answers })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer, ...options })
  return { time, routing, store }
}

test.for([
  [undefined, undefined, 29_000n],
  [20_000, undefined, 19_000n],
  [20_000, 5000, 4500n],
  [undefined, 10_000, 9000n],
  [undefined, 1000, 900n]
] as const)(
  'with a timeout of %s ms for the store and of %s ms for the call, a read waits %i ms for answers: a tenth, at most a second, is reserved for verification',
  async ([storeTimeout, timeout, waits]) => {
    const { time, routing, store } = scripted([answer, silence], { timeout: storeTimeout })
    const reading = stateOf(store.get(key, { timeout }))
    await time.advance(waits * ms - 1n)
    expect(reading.ended).toBe(false)
    expect(routing.signal?.aborted).toBe(false)
    await time.advance(1n)
    expect(reading).toMatchObject({ ended: true, value: { valid: 1, complete: false } })
    expect(routing.signal?.aborted).toBe(true)
    expect(time.pending).toBe(0)
  }
)

test('a read that ends before its timeout cancels its timers', async () => {
  const { time, store } = scripted([answer])
  await store.get(key)
  expect(time.pending).toBe(0)
})

test('a read that fails cancels its timers', async () => {
  const { time, store } = scripted([])
  await expect(store.get(key)).rejects.toMatchObject({ code: 'NO_PEERS', key })
  expect(time.pending).toBe(0)
})

test('a read fails with TIMEOUT and the last error as cause when all peers that responded in time failed', async () => {
  const { time, store } = scripted([{ from: peer(1), error: new Error('reset') }, silence])
  const reading = stateOf(store.get(key))
  await time.advance(30n * second)
  expect(reading.error).toMatchObject({ code: 'TIMEOUT', key, cause: { message: 'reset' } })
})

test('a read whose timeout expires is a miss when a peer answered without a value', async () => {
  const { time, store } = scripted([{ from: peer(1) }, silence])
  const reading = stateOf(store.get(key))
  await time.advance(30n * second)
  expect(reading).toEqual({ ended: true, value: undefined })
})

test('a read is a miss when one peer answers without a value, even if others fail', async () => {
  const { store } = scripted([{ from: peer(1), error: new Error('reset') }, { from: peer(2) }])
  expect(await store.get(key)).toBeUndefined()
})

test('a read fails with ROUTING_FAILED and the last error as cause when all peers fail', async () => {
  const { store } = scripted([{ error: new Error('first') }, { from: peer(1), error: new Error('last') }])
  await expect(store.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED', key, cause: { message: 'last' } })
})

test('an answer that arrives after the timeout is ignored', async () => {
  const time = new FakeTimers()
  let respond = (_answer: RoutingAnswer): void => undefined
  const later = new Promise<RoutingAnswer>((resolve) => (respond = resolve))
  const routing = routingOf({ answers: [answer, later as Promise<never>] })
  const engine = new ToyEngine()
  const reading = stateOf(new DhtRecordStore({ routing, engine, setTimer: time.setTimer }).get(key))
  await time.advance(30n * second)
  respond({ from: peer(2), value: good(2) })
  await flushMicrotasks()
  expect(reading.value?.record.value).toEqual(good(1))
  expect(engine.verified).toBe(1)
  expect(routing.returned).toBe(true)
})

test('a stream that throws because its signal aborts does not fail the read', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    async *get(_key: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}) {
      yield answer
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')))
      })
    }
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
  const reading = stateOf(store.get(key))
  const putting = stateOf(store.put(key, good(1)))
  await time.advance(30n * second)
  expect(reading.value?.record.value).toEqual(good(1))
  expect(putting.error).toMatchObject({ code: 'TOO_FEW_COPIES' })
})

test('a stream that is not needed any more is asked to return, and its error is ignored', async () => {
  let returns = 0
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: answer }),
      return: async () => {
        returns++
        throw new Error('refused')
      }
    })
  }
  const bare = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: answer }) }) }
  for (const answers of [stream, bare]) {
    const routing = { ...routingOf({}), get: () => answers as AsyncIterable<RoutingAnswer> }
    const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 1 }).get(key)
    expect(found?.complete).toBe(true)
  }
  await flushMicrotasks()
  expect(returns).toBe(1)
})

test('a stream that has ended or failed is not asked to return', async () => {
  for (const fails of [false, true]) {
    let returns = 0
    const stream = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (fails) throw new Error('offline')
          return { done: true, value: undefined }
        },
        return: async () => ({ done: true, value: void returns++ })
      })
    }
    const routing = { ...routingOf({}), get: () => stream as AsyncIterable<RoutingAnswer> }
    await expect(new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)).rejects.toMatchObject({
      code: fails ? 'ROUTING_FAILED' : 'NO_PEERS'
    })
    expect(returns).toBe(0)
  }
})

test('a call whose signal is already aborted asks no peer', async () => {
  const { routing, store, time } = scripted([answer])
  const reason = new Error('aborted')
  const signal = AbortSignal.abort(reason)
  await expect(store.get(key, { signal })).rejects.toBe(reason)
  await expect(store.put(key, good(1), { signal })).rejects.toBe(reason)
  expect(routing.pulled).toBe(0)
  expect(routing.puts).toBe(0)
  expect(time.pending).toBe(0)
})

test('a read that is aborted while a peer does not answer rejects immediately, and aborts its stream', async () => {
  const { routing, store, time } = scripted([silence])
  const controller = new AbortController()
  const reading = stateOf(store.get(key, { signal: controller.signal }))
  await flushMicrotasks()
  const reason = new Error('aborted')
  controller.abort(reason)
  await flushMicrotasks()
  expect(reading.error).toBe(reason)
  expect(routing.signal?.reason).toBe(reason)
  expect(time.pending).toBe(0)
})

test('a call rejects with the error of an engine that throws', async () => {
  const broken = new Error('broken')
  const engine = new (class extends ToyEngine {
    override verify(): never {
      throw broken
    }
  })()
  const { store, time } = scripted([answer], { engine })
  await expect(store.get(key)).rejects.toBe(broken)
  await expect(store.put(key, good(1))).rejects.toBe(broken)
  expect(time.pending).toBe(0)
})
