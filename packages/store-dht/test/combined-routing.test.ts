import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import { RecordError } from '@recordkit/record-types'
import type { RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { DhtRecordStore, fallbackRouting, parallelRouting } from '@recordkit/store-dht'
import { second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const offline = new Error('offline')
const combinations = { parallelRouting, fallbackRouting }
const multihash = Uint8Array.of(0, 1, 7)
const named = (name: string): Uint8Array => new TextEncoder().encode(name)

async function collect<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const item of items ?? []) all.push(item)
  return all
}

/** A routing of one peer with a value. */
const having = (number: number, value: Uint8Array) => routingOf({ answers: [{ from: peer(number), value }] })

/** The routings that break the contract of a routing. */
const broken: Record<string, () => RecordRouting> = {
  'throws synchronously': () => ({
    get() {
      throw offline
    },
    put() {
      throw offline
    }
  }),
  'returns nothing': () => ({ get: () => undefined, put: () => undefined }) as unknown as RecordRouting,
  'rejects late': () => {
    // oxlint-disable-next-line require-yield -- it fails
    const stream = async function* (): AsyncGenerator<never> {
      await flushMicrotasks()
      throw offline
    }
    return { get: stream, put: stream }
  },
  'rejects when it is stopped': () => {
    const stream = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => silence, return: () => Promise.reject(offline) })
    })
    return { get: stream, put: stream }
  },
  'never answers': () => routingOf({ answers: [silence], acks: [silence] }),
  'never answers and cannot be stopped': () => {
    const stream = () => ({ [Symbol.asyncIterator]: () => ({ next: () => silence, return: () => silence }) })
    return { get: stream, put: stream }
  }
}

for (const [name, combine] of Object.entries(combinations)) {
  describe(name, () => {
    test('each answer and acknowledgement contains the name of its routing', async () => {
      const first = routingOf({ answers: [{ from: peer(1) }], acks: [{ from: peer(1), status: 'stored' }] })
      const other = routingOf({
        answers: [{ from: peer(2), value: good(1) }],
        acks: [{ from: peer(2), status: 'refused' }]
      })
      const routing = combine([first, { routing: other, name: 'gateway' }])
      expect(await collect(routing.get(key))).toEqual([
        { from: peer(1), router: 'routings[0]' },
        { from: peer(2), value: good(1), router: 'gateway' }
      ])
      expect(await collect(routing.put(key, good(1)))).toEqual([
        { from: peer(1), status: 'stored', router: 'routings[0]' },
        { from: peer(2), status: 'refused', router: 'gateway' }
      ])
    })

    for (const [fault, make] of Object.entries(broken)) {
      for (const place of [0, 1]) {
        test(`a routing that ${fault}, at place ${place}, does not hide the record of another`, async () => {
          const time = new FakeTimers()
          const routings = [having(1, good(3)), having(2, good(3))] as RecordRouting[]
          routings[place] = make()
          const routing = combine(routings, { setTimer: time.setTimer })
          const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
          const reading = store.get(key)
          await flushMicrotasks()
          await time.advance(30n * second)
          expect((await reading)?.record.value).toEqual(good(3))
          expect(time.pending).toBe(0)
        })

        test(`a put with a routing that ${fault}, at place ${place}, reports the copy of the other and the failure`, async () => {
          const time = new FakeTimers()
          const stores: RoutingAck = { from: peer(1), status: 'stored' }
          const routings: RecordRouting[] = [routingOf({ acks: [stores] }), routingOf({ acks: [stores] })]
          routings[place] = make()
          const entries = routings.map((entry) => ({ routing: entry, timeout: 1000 }))
          const routing = combine(entries, { setTimer: time.setTimer })
          const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
          const putting = store.put(key, good(1))
          await flushMicrotasks()
          await time.advance(2n * second)
          const { copies, peers } = await putting
          expect(copies.reached).toBe(1)
          const failed = peers.filter(({ status }) => status !== 'stored')
          expect(failed.map(({ from, router }) => [from, router])).toEqual(
            fault === 'returns nothing' ? [] : [[named(`routings[${place}]`), `routings[${place}]`]]
          )
          expect(time.pending).toBe(0)
        })
      }
    }

    test('a miss of one routing is an error when the other could not be asked, unless its errors are ignored', async () => {
      const miss = routingOf({ answers: [{ from: peer(1) }] })
      const failing = routingOf({ fails: offline })
      const engine = new ToyEngine()
      const strict = new DhtRecordStore({ routing: combine([failing, miss]), engine })
      await expect(strict.get(key)).rejects.toMatchObject({
        code: 'ROUTING_FAILED',
        message: expect.stringContaining('routings[0] could not be asked') as string,
        cause: { cause: offline }
      })
      const tolerant = new DhtRecordStore({
        routing: combine([{ routing: failing, ignoreErrors: true }, miss]),
        engine
      })
      expect(await tolerant.get(key)).toBeUndefined()
    })

    test('routings of which none can be asked are an error, also when their errors are ignored', async () => {
      const noPeers = routingOf({ fails: new RecordError('NO_PEERS', 'the table is empty') })
      const engine = new ToyEngine()
      const alone = new DhtRecordStore({ routing: combine([{ routing: noPeers, ignoreErrors: true }]), engine })
      await expect(alone.get(key)).rejects.toMatchObject({ code: 'NO_PEERS' })
      const failing = routingOf({ answers: [{ from: peer(1), error: offline }] })
      const both = new DhtRecordStore({ routing: combine([noPeers, failing]), engine })
      await expect(both.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
      const none = new DhtRecordStore({ routing: combine([]), engine })
      await expect(none.get(key)).rejects.toMatchObject({ code: 'NO_PEERS' })
      await expect(none.put(key, good(1))).rejects.toMatchObject({
        code: 'TOO_FEW_COPIES',
        cause: { code: 'NO_PEERS' }
      })
    })

    test('a put goes to every routing that can put', async () => {
      const [first, last] = [1, 2].map((number) => routingOf({ acks: [{ from: peer(number), status: 'stored' }] }))
      const gateway: RecordRouting = { ...having(3, good(1)), readOnly: true }
      const { copies } = await new DhtRecordStore({
        routing: combine([first!, gateway, last!]),
        engine: new ToyEngine()
      }).put(key, good(1))
      expect(copies.reached).toBe(2)
      expect(combine([gateway]).readOnly).toBe(true)
      await expect(collect(combine([gateway]).put(key, good(1)))).rejects.toMatchObject({ code: 'NO_PEERS' })
    })

    test('a repair and a question go to the routing that the peer answered', async () => {
      const asked: string[] = []
      const routingWith = (number: number): RecordRouting =>
        routingOf({
          answers: [{ from: peer(number) }],
          putToPeer: async (to) => {
            asked.push(`put ${number}`)
            return { from: to, status: 'stored' }
          },
          getFromPeer: async (to) => {
            asked.push(`get ${number}`)
            return { from: to }
          }
        })
      const routing = combine([routingWith(1), routingWith(2), routingOf({ answers: [{ from: peer(3) }] })])
      await collect(routing.get(key))
      expect(await routing.putToPeer?.(peer(2), key, good(1))).toEqual({
        from: peer(2),
        status: 'stored',
        router: 'routings[1]'
      })
      expect(await routing.getFromPeer?.(peer(1), key)).toEqual({ from: peer(1), router: 'routings[0]' })
      expect(asked).toEqual(['put 2', 'get 1'])
      for (const unknown of [peer(3), peer(4)]) {
        expect(await routing.putToPeer?.(unknown, key, good(1))).toMatchObject({ error: { code: 'NO_PEERS' } })
        expect(await routing.getFromPeer?.(unknown, key)).toMatchObject({ error: { code: 'NO_PEERS' } })
      }
    })

    test('a combination has only the functions that one of its routings has', () => {
      expect(Object.keys(combine([having(1, good(1))])).toSorted()).toEqual(['get', 'put', 'readOnly'])
    })

    test('providers are found and announced by every routing that can', async () => {
      const ended: Uint8Array[] = []
      const providing: RecordRouting = {
        ...routingOf({}),
        async *provide() {
          yield { from: peer(1), status: 'stored' }
        },
        async cancelProvide(content) {
          ended.push(content)
        },
        async *findProviders(_content, { onAnswer } = {}) {
          onAnswer?.(peer(1))
          yield { id: peer(9), addresses: [] }
        }
      }
      const routing = combine([having(2, good(1)), providing])
      expect(await collect(routing.provide?.(multihash))).toEqual([
        { from: peer(1), status: 'stored', router: 'routings[1]' }
      ])
      await routing.cancelProvide?.(multihash)
      expect(ended).toEqual([multihash])
      const answered: Uint8Array[] = []
      const onAnswer = (from: Uint8Array): void => void answered.push(from)
      expect(await collect(routing.findProviders?.(multihash, { onAnswer }))).toEqual([{ id: peer(9), addresses: [] }])
      expect(answered).toEqual([peer(1)])
      const failing: RecordRouting = {
        ...providing,
        // oxlint-disable-next-line require-yield -- it fails
        async *findProviders() {
          throw offline
        },
        cancelProvide: () => Promise.reject(offline)
      }
      expect(await collect(combine([failing, providing]).findProviders?.(multihash))).toHaveLength(1)
      await expect(collect(combine([failing]).findProviders?.(multihash))).rejects.toMatchObject({
        code: 'ROUTING_FAILED',
        cause: offline
      })
      await expect(combine([failing, providing]).cancelProvide?.(multihash)).rejects.toBe(offline)
      expect(ended).toHaveLength(2)
    })

    test('when the reader stops, every routing is stopped', async () => {
      const routings = [
        routingOf({ answers: [{ from: peer(1), value: good(1) }, silence] }),
        routingOf({ answers: [silence] })
      ]
      for await (const _ of combine(routings).get(key)) break
      for (const { signal, pulled } of routings) expect(signal?.aborted).toBe(pulled > 0 ? true : undefined)
    })

    test('an aborted call rejects with the reason of its signal', async () => {
      const controller = new AbortController()
      const reason = new Error('aborted by the caller')
      const routing = combine([routingOf({ answers: [silence], acks: [silence] })])
      const calls = [
        collect<unknown>(routing.get(key, { signal: controller.signal })),
        collect<unknown>(routing.put(key, good(1), { signal: controller.signal }))
      ]
      await flushMicrotasks()
      controller.abort(reason)
      for (const call of calls) await expect(call).rejects.toBe(reason)
      await expect(collect(routing.get(key, { signal: controller.signal }))).rejects.toBe(reason)
    })

    test.each<[unknown, RegExp]>([
      [undefined, /^routings is undefined; an array of routings is expected$/],
      [having(1, good(1)), /^routings is an object; an array/],
      [[undefined], /^routings\[0\] is undefined; an object is expected$/],
      [[{}], /^routings\[0\] is an object; a RecordRouting, such as/],
      [[having(1, good(1)), { routing: {} }], /^routings\[1\] is an object; a RecordRouting/],
      [[{ routing: having(1, good(1)), timeout: -1 }], /^routings\[0\]\.timeout is -1; a number of milliseconds/],
      [
        [{ routing: having(1, good(1)), timout: 1 }],
        /^unknown option "routings\[0\]\.timout"; did you mean "routings\[0\]\.timeout"\?/
      ]
    ])('wrong routings %# are an invalid argument', (routings, message) => {
      expect(() => combine(routings as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as string })
      )
    })
  })
}

test('parallel routings: the newest record of all of them is the result, and the peers of each are named', async () => {
  const routing = parallelRouting([having(1, good(1)), having(2, forged(9)), having(3, good(2))])
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found?.record.value).toEqual(good(2))
  expect(found?.from).toEqual([peer(3)])
  expect(found?.refused.map(({ from }) => from)).toEqual([peer(2)])
})

test('options of a combination that are unknown or have a wrong type are an invalid argument', () => {
  const routings = [having(1, good(1))]
  for (const combine of [parallelRouting, fallbackRouting]) {
    expect(() => combine(routings, { timeout: 1 } as never)).toThrow('unknown option "timeout"')
    expect(() => combine(routings, { setTimer: 1 } as never)).toThrow('setTimer is 1')
  }
  const delayed = { routing: having(1, good(1)), startAfter: 1 }
  expect(() => fallbackRouting([delayed])).toThrow('unknown option "routings[0].startAfter"')
  expect(() => parallelRouting([{ ...delayed, startAfter: '1' as never }])).toThrow(
    'routings[0].startAfter is a string'
  )
})

test.each([Number.POSITIVE_INFINITY, 2 ** 31])(
  'parallel routings: a routing with a delay of %d ms is not asked, and sets no timer of the platform',
  async (startAfter) => {
    const late = routingOf({ answers: [{ from: peer(2) }] })
    const timers: number[] = []
    const setTimer = (_run: () => void, delay: number) => {
      timers.push(delay)
      return () => undefined
    }
    const routing = parallelRouting([having(1, good(1)), { routing: late, startAfter }], { setTimer })
    for await (const answer of routing.get(key)) {
      expect(answer.from).toEqual(peer(1))
      break
    }
    await flushMicrotasks()
    expect([late.pulled, timers]).toEqual([0, []])
  }
)

test('parallel routings: a routing starts after its delay, and its timeout begins then', async () => {
  const time = new FakeTimers()
  const late = routingOf({ answers: [silence] })
  const { setTimer } = time
  const routing = parallelRouting(
    [{ routing: routingOf({ answers: [{ from: peer(1) }] }) }, { routing: late, startAfter: 2000, timeout: 1000 }],
    { setTimer }
  )
  const answers: RoutingAnswer[] = []
  const reading = (async () => {
    for await (const answer of routing.get(key)) answers.push(answer)
  })()
  const read = expect(reading).rejects.toMatchObject({ code: 'ROUTING_FAILED', cause: { code: 'TIMEOUT' } })
  await time.advance(1999n * (second / 1000n))
  expect(late.pulled).toBe(0)
  await time.advance(second / 1000n)
  expect(late.pulled).toBe(1)
  await time.advance(second)
  await read
  expect(answers).toMatchObject([
    { from: peer(1), router: 'routings[0]' },
    {
      from: named('routings[1]'),
      error: { code: 'TIMEOUT', message: 'routings[1] did not answer completely within 1 s' }
    }
  ])
})

test('parallel routings: a routing whose delay has not passed is not asked when the reader has enough', async () => {
  const time = new FakeTimers()
  const late = having(2, good(9))
  const routing = parallelRouting([having(1, good(1)), { routing: late, startAfter: 200 }], { setTimer: time.setTimer })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 1, setTimer: time.setTimer })
  expect((await store.get(key))?.record.value).toEqual(good(1))
  expect(late.pulled).toBe(0)
  expect(time.pending).toBe(0)
})

test('parallel routings: a routing that answers and then goes on for too long has not failed', async () => {
  const time = new FakeTimers()
  const slow = routingOf({
    answers: [{ from: peer(1) }, silence],
    acks: [{ from: peer(1), status: 'stored' }, silence]
  })
  const routing = parallelRouting([{ routing: slow, timeout: 1000 }], { setTimer: time.setTimer })
  const calls = [collect<unknown>(routing.get(key)), collect<unknown>(routing.put(key, good(1)))]
  await flushMicrotasks()
  await time.advance(second)
  for (const call of calls) expect(await call).toHaveLength(1)
})

test('a fallback does not ask the second routing when the first has a valid record', async () => {
  const other = having(2, good(9))
  const routing = fallbackRouting([having(1, good(1)), other])
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine(), quorum: 9 }).get(key)
  expect(found?.record.value).toEqual(good(1))
  expect(other.pulled).toBe(0)
})

test.each<[string, RecordRouting]>([
  ['has a forged record', having(1, forged(9))],
  ['has what cannot be decoded', having(1, Uint8Array.of(1))],
  ['has no record', routingOf({ answers: [{ from: peer(1) }] })],
  ['cannot be asked', routingOf({ fails: offline })]
])('a fallback asks the second routing when the first %s', async (_, first) => {
  const routing = fallbackRouting([first, having(2, good(3))])
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key)
  expect(found?.record.value).toEqual(good(3))
  expect(found?.from).toEqual([peer(2)])
})

test('a fallback asks the second routing when only the local copy is valid', async () => {
  const local = { key, value: good(5), order: good(5).subarray(0, 1), fields: undefined, status: 'accept' } as const
  const routing = fallbackRouting([routingOf({ answers: [{ from: peer(1) }] }), having(2, good(9))])
  const found = await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key, { local })
  expect(found?.record.value).toEqual(good(9))
})

test('a fallback waits 5 s for a routing that does not answer, and then asks the next', async () => {
  const time = new FakeTimers()
  const routing = fallbackRouting([routingOf({ answers: [silence] }), having(2, good(1))], { setTimer: time.setTimer })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine(), setTimer: time.setTimer })
  let found: unknown
  const reading = store.get(key).then((result) => {
    found = result?.record.value
  })
  await flushMicrotasks()
  await time.advance(4999n * (second / 1000n))
  expect(found).toBeUndefined()
  await time.advance(second / 1000n)
  await reading
  expect(found).toEqual(good(1))
})

test('a fallback without a reader that verifies ends with the first value', async () => {
  const other = having(2, good(9))
  expect(await collect(fallbackRouting([having(1, forged(1)), other]).get(key))).toHaveLength(1)
  expect(other.pulled).toBe(0)
})
