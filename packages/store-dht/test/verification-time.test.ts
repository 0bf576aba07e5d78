import { FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import type { UnverifiedRecord, RecordEngine } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

/** An engine that takes its time, and whose proof of some ranks never comes: a key book, say, that waits for a network. */
class StuckEngine extends ToyEngine implements RecordEngine {
  readonly #stuck: readonly number[]
  signal: AbortSignal | undefined
  proven = 0

  constructor(...stuck: readonly number[]) {
    super()
    this.#stuck = stuck
  }

  override verify(opened: UnverifiedRecord, options?: { readonly signal?: AbortSignal }) {
    const verdict = super.verify(opened)
    this.signal = options?.signal
    return (this.#stuck.includes(opened.value[0] as number) ? silence : this.#later(verdict)) as never
  }

  async #later(verdict: unknown): Promise<unknown> {
    await turn()
    this.proven++
    return verdict
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

/** Everything that is ready to run has run. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

async function begun(engine: ToyEngine): Promise<void> {
  while (engine.verified === 0) await Promise.resolve()
}

for (const quorum of [3, 9]) {
  test(`a proof that never comes holds up no answer behind it, with a quorum of ${quorum}`, async () => {
    const engine = new StuckEngine(3)
    const { found, timer } = reading(engine, quorum)
    await begun(engine)
    await timer.advance((9n * second) / 10n)
    while (engine.proven < 2) await turn()
    await timer.advance(second / 10n)
    expect((await found)?.record.value).toEqual(good(2))
    expect((await found)?.quorum).toBe(false)
    expect((await found)?.from).toEqual([peer(2)])
    expect(timer.pending).toBe(0)
  })
}

test('nothing proven by the deadline is DEADLINE, and not a miss', async () => {
  const engine = new StuckEngine(1, 2, 3)
  const { found, timer } = reading(engine, 9)
  await begun(engine)
  await timer.advance(second)
  await expect(found).rejects.toMatchObject({ code: 'TIMEOUT', key })
  expect(engine.signal?.aborted).toBe(true)
})

test("an abort while a proof is under way throws the signal's own reason at once", async () => {
  const engine = new StuckEngine(3)
  const controller = new AbortController()
  const { found, timer } = reading(engine, 3, { signal: controller.signal })
  await begun(engine)
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(found).rejects.toBe(reason)
  await turn()
  expect(engine.verified).toBe(1)
  expect(timer.pending).toBe(0)
})

test('a proof that comes after the read ended changes nothing of its answer', async () => {
  let late = (): void => undefined
  const engine = new (class extends ToyEngine {
    override verify(opened: UnverifiedRecord) {
      const verdict = super.verify(opened)
      if (opened.value[0] !== 3) return verdict
      return new Promise((_resolve, reject) => (late = () => reject(new Error('late')))) as never
    }
  })()
  const { found, timer } = reading(engine, 9)
  await begun(engine)
  await timer.advance((9n * second) / 10n)
  await turn()
  await timer.advance(second / 10n)
  const answer = await found
  late()
  await turn()
  expect(answer?.record.value).toEqual(good(2))
  expect(answer?.refused).toEqual([])
})

test('a put whose value cannot be proven in time says so, and asks nobody', async () => {
  const engine = new StuckEngine(3)
  const timer = new FakeTimers()
  let asked = 0
  const routing = {
    ...routingOf({}),
    put() {
      asked++
      return routingOf({ acks: [{ from: peer(1), status: 'stored' }] }).put(key, good(3))
    }
  }
  const store = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer })
  const putting = store.put(key, good(3))
  await timer.advance(30n * second)
  await expect(putting).rejects.toMatchObject({ code: 'TIMEOUT', key })
  expect(engine.signal?.aborted).toBe(true)

  const reason = new Error('enough')
  const controller = new AbortController()
  const aborted = store.put(key, good(3), controller)
  controller.abort(reason)
  await expect(aborted).rejects.toBe(reason)
  expect(asked).toBe(0)
})

test('an engine that breaks off its proof when it is told to stop spoils nothing', async () => {
  const engine = new (class extends ToyEngine {
    override verify(opened: UnverifiedRecord, { signal }: { readonly signal?: AbortSignal } = {}) {
      const verdict = super.verify(opened)
      if (opened.value[0] !== 3) return verdict
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('told to stop')))
      }) as never
    }
  })()
  const { found, timer, routing } = reading(engine, 3)
  const putting = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer, timeout: 1000 }).put(key, good(3))
  const failing = expect(putting).rejects.toMatchObject({ code: 'TIMEOUT' })
  await begun(engine)
  await timer.advance(second)
  expect((await found)?.record.value).toEqual(good(2))
  await failing

  const reason = new Error('enough')
  const controller = new AbortController()
  const aborted = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer }).put(key, good(3), controller)
  controller.abort(reason)
  await expect(aborted).rejects.toBe(reason)
})

test('a caller that loses interest while an answer is read hears its own reason, and the proof is nobody’s concern', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const engine = new (class extends ToyEngine {
    override parse(name: Uint8Array, value: Uint8Array) {
      controller.abort(reason)
      return super.parse(name, value)
    }
    override verify(): never {
      throw new Error('told to stop')
    }
  })()
  const { found } = reading(engine, 1, { signal: controller.signal })
  await expect(found).rejects.toBe(reason)
  await turn()
})

test('the local copy stands in for a proof that never comes, and is not proven again', async () => {
  const engine = new StuckEngine(3)
  const timer = new FakeTimers()
  const local = engine.parse(key, good(2)) as UnverifiedRecord
  const routing = routingOf({
    answers: [
      { from: peer(3), value: good(3) },
      { from: peer(1), value: good(1) }
    ]
  })
  const found = new DhtRecordStore({ routing, engine, setTimer: timer.setTimer, quorum: 9 }).get(key, { local })
  await begun(engine)
  await timer.advance(30n * second)
  expect(await found).toMatchObject({ opened: { value: good(2) }, from: [], quorum: false })
  expect(engine.verified).toBe(2)
})

test('nothing listens to the signal of a call that has ended', async () => {
  let listening = 0
  const watched = (signal: AbortSignal | undefined): void => {
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
    override verify(opened: UnverifiedRecord, options: { readonly signal?: AbortSignal } = {}) {
      watched(options.signal)
      return super.verify(opened)
    }
  })()
  const plain = routingOf({ answers, acks: [{ from: peer(1), status: 'stored' }] })
  const routing = {
    ...plain,
    get(name: Uint8Array, options: { readonly signal?: AbortSignal } = {}) {
      watched(options.signal)
      return plain.get(name, options)
    }
  }
  const store = new DhtRecordStore({ routing, engine })
  await store.get(key)
  await store.put(key, good(3))
  expect(listening).toBe(0)
})
