import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { RecordEngine, UnverifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine, verified } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

/** An asynchronous engine that never verifies some ranks, like one whose key book waits for a network. */
class StuckEngine extends ToyEngine implements RecordEngine {
  readonly #stuck: readonly number[]
  signal: AbortSignal | undefined
  ended = 0

  constructor(...stuck: readonly number[]) {
    super()
    this.#stuck = stuck
  }

  override verify(record: UnverifiedRecord, options?: { readonly signal?: AbortSignal }) {
    const result = super.verify(record)
    this.signal = options?.signal
    return (this.#stuck.includes(record.value[0] as number) ? silence : this.#later(result)) as never
  }

  async #later(result: unknown): Promise<unknown> {
    await macrotask()
    this.ended++
    return result
  }
}

const answers = [3, 2, 1].map((rank) => ({ from: peer(rank), value: good(rank) }))

function reading(engine: RecordEngine, quorum: number, options: { readonly signal?: AbortSignal } = {}) {
  const timer = new FakeTimers()
  const routing = routingOf({ answers })
  const found = new DhtRecordStore({ routing, engine, quorum, setTimer: timer.setTimer }).get(key, {
    timeout: 1000,
    ...options
  })
  return { found, timer, routing }
}

/** Resolves when everything that is ready to run has run. */
const macrotask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

async function firstVerification(engine: ToyEngine): Promise<void> {
  while (engine.verified === 0) await Promise.resolve()
}

for (const quorum of [3, 9]) {
  test(`a verification that never ends does not delay the other answers, with a quorum of ${quorum}`, async () => {
    const engine = new StuckEngine(3)
    const { found, timer } = reading(engine, quorum)
    await firstVerification(engine)
    await timer.advance((9n * second) / 10n)
    while (engine.ended < 2) await macrotask()
    await timer.advance(second / 10n)
    expect((await found)?.record.value).toEqual(good(2))
    expect((await found)?.complete).toBe(false)
    expect((await found)?.from).toEqual([peer(2)])
    expect(timer.pending).toBe(0)
  })
}

test('a read fails with TIMEOUT when no answer is verified in time', async () => {
  const engine = new StuckEngine(1, 2, 3)
  const { found, timer } = reading(engine, 9)
  await firstVerification(engine)
  await timer.advance(second)
  await expect(found).rejects.toMatchObject({ code: 'TIMEOUT', key })
  expect(engine.signal?.aborted).toBe(true)
})

test('a read that is aborted during a verification rejects immediately with the reason of its signal', async () => {
  const engine = new StuckEngine(3)
  const controller = new AbortController()
  const { found, timer } = reading(engine, 3, { signal: controller.signal })
  await firstVerification(engine)
  const reason = new Error('aborted')
  controller.abort(reason)
  await expect(found).rejects.toBe(reason)
  await macrotask()
  expect(engine.verified).toBe(1)
  expect(timer.pending).toBe(0)
})

test('a verification that fails after the read has ended does not change its result', async () => {
  let late = (): void => undefined
  const engine = new (class extends ToyEngine {
    override verify(record: UnverifiedRecord) {
      const result = super.verify(record)
      if (record.value[0] !== 3) return result
      return new Promise((_resolve, reject) => (late = () => reject(new Error('late')))) as never
    }
  })()
  const { found, timer } = reading(engine, 9)
  await firstVerification(engine)
  await timer.advance((9n * second) / 10n)
  await macrotask()
  await timer.advance(second / 10n)
  const answer = await found
  late()
  await macrotask()
  expect(answer?.record.value).toEqual(good(2))
  expect(answer?.refused).toEqual([])
})

test('a put whose value is not verified in time fails with TIMEOUT, and asks no peer', async () => {
  const engine = new StuckEngine(3)
  const timer = new FakeTimers()
  let puts = 0
  const routing = {
    ...routingOf({}),
    put() {
      puts++
      return routingOf({ acks: [{ from: peer(1), status: 'stored' }] }).put(key, good(3))
    }
  }
  const store = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer })
  const putting = store.put(key, good(3))
  await timer.advance(30n * second)
  await expect(putting).rejects.toMatchObject({ code: 'TIMEOUT', key })
  expect(engine.signal?.aborted).toBe(true)

  const reason = new Error('aborted')
  const controller = new AbortController()
  const aborted = store.put(key, good(3), controller)
  controller.abort(reason)
  await expect(aborted).rejects.toBe(reason)
  expect(puts).toBe(0)
})

test('an engine that throws because its signal aborts does not fail the read', async () => {
  const engine = new (class extends ToyEngine {
    override verify(record: UnverifiedRecord, { signal }: { readonly signal?: AbortSignal } = {}) {
      const result = super.verify(record)
      if (record.value[0] !== 3) return result
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')))
      }) as never
    }
  })()
  const { found, timer, routing } = reading(engine, 3)
  const putting = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer, timeout: 1000 }).put(key, good(3))
  const failing = expect(putting).rejects.toMatchObject({ code: 'TIMEOUT' })
  await firstVerification(engine)
  await timer.advance(second)
  expect((await found)?.record.value).toEqual(good(2))
  await failing

  const reason = new Error('aborted')
  const controller = new AbortController()
  const aborted = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer }).put(key, good(3), controller)
  controller.abort(reason)
  await expect(aborted).rejects.toBe(reason)
})

test('a read that is aborted while an answer is decoded rejects with the reason of its signal, and ignores the verification', async () => {
  const controller = new AbortController()
  const reason = new Error('aborted')
  const engine = new (class extends ToyEngine {
    override parse(name: Uint8Array, value: Uint8Array) {
      controller.abort(reason)
      return super.parse(name, value)
    }
    override verify(): never {
      throw new Error('stopped')
    }
  })()
  const { found } = reading(engine, 1, { signal: controller.signal })
  await expect(found).rejects.toBe(reason)
  await macrotask()
})

test('a read returns the local copy without verifying it again when a better answer is never verified', async () => {
  const engine = new StuckEngine(3)
  const timer = new FakeTimers()
  const local = verified(good(2))
  const routing = routingOf({
    answers: [
      { from: peer(3), value: good(3) },
      { from: peer(1), value: good(1) }
    ]
  })
  const found = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer, quorum: 9 }).get(key, { local })
  await firstVerification(engine)
  await timer.advance(30n * second)
  expect(await found).toMatchObject({ record: { value: good(2) }, from: [], complete: false })
  expect(engine.verified).toBe(2)
})

test('a call that has ended leaves no listener on its signals', async () => {
  let listening = 0
  const watchListeners = (signal: AbortSignal | undefined): void => {
    const { addEventListener, removeEventListener } = AbortSignal.prototype
    Object.assign(signal ?? {}, {
      addEventListener(...args: Parameters<typeof addEventListener>) {
        listening++
        addEventListener.apply(signal, args)
      },
      removeEventListener(...args: Parameters<typeof removeEventListener>) {
        if (args[0] === 'abort') listening--
        removeEventListener.apply(signal, args)
      }
    })
  }
  const engine = new (class extends ToyEngine {
    override verify(record: UnverifiedRecord, options: { readonly signal?: AbortSignal } = {}) {
      watchListeners(options.signal)
      return super.verify(record)
    }
  })()
  const plain = routingOf({ answers, acks: [{ from: peer(1), status: 'stored' }] })
  const routing = {
    ...plain,
    get(name: Uint8Array, options: { readonly signal?: AbortSignal } = {}) {
      watchListeners(options.signal)
      return plain.get(name, options)
    }
  }
  const store = new DhtRecordStore({ routing, engine })
  await store.get(key)
  await store.put(key, good(3))
  expect(listening).toBe(0)
})
