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

/** What came of a promise so far. */
function watch<T>(promise: Promise<T>): { readonly ended: boolean; value?: T; error?: unknown } {
  const state: { ended: boolean; value?: T; error?: unknown } = { ended: false }
  promise.then(
    (value) => Object.assign(state, { ended: true, value }),
    (error: unknown) => Object.assign(state, { ended: true, error })
  )
  return state
}

function toy(answers: readonly (RoutingAnswer | Promise<never>)[], options: Partial<DhtRecordStoreOptions> = {}) {
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
  'with %s ms in general and %s for the call, a read listens for %i ms: a tenth is for proving, a second at most',
  async ([general, timeout, listens]) => {
    const { time, routing, store } = toy([answer, silence], general === undefined ? {} : { timeout: general })
    const reading = watch(store.get(key, timeout === undefined ? {} : { timeout }))
    await time.advance(listens * ms - 1n)
    expect(reading.ended).toBe(false)
    expect(routing.signal?.aborted).toBe(false)
    await time.advance(1n)
    expect(reading).toMatchObject({ ended: true, value: { valid: 1, quorum: false } })
    expect(routing.signal?.aborted).toBe(true)
    expect(time.pending).toBe(0)
  }
)

test('a read that ends of itself lets go of its timers', async () => {
  const { time, store } = toy([answer])
  await store.get(key)
  expect(time.pending).toBe(0)
})

test('a read that fails lets go of its timers', async () => {
  const { time, store } = toy([])
  await expect(store.get(key)).rejects.toMatchObject({ code: 'NO_PEERS', key })
  expect(time.pending).toBe(0)
})

test('nobody but peers that failed before the deadline is DEADLINE, with the last failure as its cause', async () => {
  const { time, store } = toy([{ from: peer(1), error: new Error('reset') }, silence])
  const reading = watch(store.get(key))
  await time.advance(30n * second)
  expect(reading.error).toMatchObject({ code: 'TIMEOUT', key, cause: { message: 'reset' } })
})

test('peers that have nothing make a miss, at the deadline as well', async () => {
  const { time, store } = toy([{ from: peer(1) }, silence])
  const reading = watch(store.get(key))
  await time.advance(30n * second)
  expect(reading).toEqual({ ended: true, value: undefined })
})

test('a miss needs one peer that answered: the failures of the others do not matter', async () => {
  const { store } = toy([{ from: peer(1), error: new Error('reset') }, { from: peer(2) }])
  expect(await store.get(key)).toBeUndefined()
})

test('only failures are ROUTING_FAILED, with the last one as its cause', async () => {
  const { store } = toy([{ error: new Error('first') }, { from: peer(1), error: new Error('last') }])
  await expect(store.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED', key, cause: { message: 'last' } })
})

test('an answer that comes after the deadline is not taken', async () => {
  const time = new FakeTimers()
  let say = (_answer: RoutingAnswer): void => undefined
  const later = new Promise<RoutingAnswer>((resolve) => (say = resolve))
  const routing = routingOf({ answers: [answer, later as Promise<never>] })
  const engine = new ToyEngine()
  const reading = watch(new DhtRecordStore({ routing, engine, setTimer: time.setTimer }).get(key))
  await time.advance(30n * second)
  say({ from: peer(2), value: good(2) })
  await flushMicrotasks()
  expect(reading.value?.record.value).toEqual(good(1))
  expect(engine.verified).toBe(1)
  expect(routing.returned).toBe(true)
})

test('a stream that fails because it was told to stop spoils no answer', async () => {
  const time = new FakeTimers()
  const routing = {
    ...routingOf({}),
    async *get(_key: Uint8Array, { signal }: { readonly signal?: AbortSignal } = {}) {
      yield answer
      await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('told to stop')))
      })
    }
  }
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
  const reading = watch(store.get(key))
  const putting = watch(store.put(key, good(1)))
  await time.advance(30n * second)
  expect(reading.value?.record.value).toEqual(good(1))
  expect(putting.error).toMatchObject({ code: 'TOO_FEW_COPIES' })
})

test('a stream that is not wanted any more is told so, and what it says to that is nobody’s concern', async () => {
  let told = 0
  const stream = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: answer }),
      return: async () => {
        told++
        throw new Error('no')
      }
    })
  }
  const bare = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: answer }) }) }
  for (const answers of [stream, bare]) {
    const routing = { ...routingOf({}), get: () => answers as AsyncIterable<RoutingAnswer> }
    const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 1 }).get(key)
    expect(found?.quorum).toBe(true)
  }
  await flushMicrotasks()
  expect(told).toBe(1)
})

test('a stream that ended is not told to stop', async () => {
  for (const fails of [false, true]) {
    let told = 0
    const stream = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (fails) throw new Error('away')
          return { done: true, value: undefined }
        },
        return: async () => ({ done: true, value: void told++ })
      })
    }
    const routing = { ...routingOf({}), get: () => stream as AsyncIterable<RoutingAnswer> }
    await expect(new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)).rejects.toMatchObject({
      code: fails ? 'ROUTING_FAILED' : 'NO_PEERS'
    })
    expect(told).toBe(0)
  }
})

test('a call that is aborted before it begins asks nobody', async () => {
  const { routing, store, time } = toy([answer])
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await expect(store.get(key, { signal })).rejects.toBe(reason)
  await expect(store.put(key, good(1), { signal })).rejects.toBe(reason)
  expect(routing.pulled).toBe(0)
  expect(routing.puts).toBe(0)
  expect(time.pending).toBe(0)
})

test('a read that is aborted while a peer is silent throws at once, and its stream is told', async () => {
  const { routing, store, time } = toy([silence])
  const controller = new AbortController()
  const reading = watch(store.get(key, { signal: controller.signal }))
  await flushMicrotasks()
  const reason = new Error('enough')
  controller.abort(reason)
  await flushMicrotasks()
  expect(reading.error).toBe(reason)
  expect(routing.signal?.reason).toBe(reason)
  expect(time.pending).toBe(0)
})

test('an engine that breaks is an error of its own, and no miss', async () => {
  const broken = new Error('broken')
  const engine = new (class extends ToyEngine {
    override verify(): never {
      throw broken
    }
  })()
  const { store, time } = toy([answer], { engine })
  await expect(store.get(key)).rejects.toBe(broken)
  await expect(store.put(key, good(1))).rejects.toBe(broken)
  expect(time.pending).toBe(0)
})
