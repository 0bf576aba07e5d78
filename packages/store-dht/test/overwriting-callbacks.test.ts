import { flushMicrotasks } from '@recordkit/record-conformance'
import type { RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { DhtProviderStore, DhtRecordStore, parallelRouting } from '@recordkit/store-dht'
import { overwrite } from '@recordkit/testing/overwrite'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine } from './toy-engine.ts'

const value = good(5)
const engine = new ToyEngine()
const multihash = Uint8Array.of(0x12, 2, 7, 7)

function overwritingQuorum(at: Uint8Array): undefined {
  overwrite(at)
}

/** A routing that overwrites everything that it receives, and what it returned before. */
function overwritingRouting(number: number, held: Uint8Array) {
  const received: Uint8Array[][] = []
  const note = (...given: readonly Uint8Array[]): void => {
    received.push(given.map((bytes) => bytes.slice()))
    overwrite(given)
  }
  const routing: RecordRouting = {
    async *get(at, options): AsyncGenerator<RoutingAnswer> {
      note(at)
      for (const [index, answered] of [held, value].entries()) {
        const answer = { from: peer(number + index), value: answered.slice() }
        yield answer
        await flushMicrotasks()
        overwrite(answer)
      }
      overwrite(options)
    },
    async *put(at, sent, options): AsyncGenerator<RoutingAck> {
      note(at, sent)
      options?.onFound?.(2)
      for (const index of [0, 1]) {
        const ack: RoutingAck = { from: peer(number + index), status: 'stored' }
        yield ack
        await flushMicrotasks()
      }
    },
    async putToPeer(to, at, sent) {
      const from = to.slice()
      note(to, at, sent)
      return { from, status: 'stored' }
    },
    async *provide(hash): AsyncGenerator<RoutingAck> {
      note(hash)
      yield { from: peer(number), status: 'stored' }
    },
    async *findProviders(hash) {
      note(hash)
      yield { id: peer(number), addresses: [Uint8Array.of(4, 127, 0, 0, 1)] }
    }
  }
  return { routing, received }
}

test('routings that overwrite what they receive change nothing that other routings send', async () => {
  const routings = [overwritingRouting(1, value), overwritingRouting(3, value)]
  const network = new DhtRecordStore({ routing: parallelRouting(routings.map(({ routing }) => routing)), engine })
  const [ownKey, ownValue] = [key.slice(), value.slice()]
  const putting = network.put(ownKey, ownValue)
  overwrite([ownKey, ownValue])
  const receipt = await putting
  const expected = { copies: { requested: 1, reached: 4 } }
  overwrite(receipt.peers)
  expect(await receipt.complete).toMatchObject(expected)
  for (const { received } of routings) expect(received).toEqual([[key, value]])
})

test('callbacks and callers that overwrite what they receive change neither the result of a read nor its repairs', async () => {
  const { routing, received } = overwritingRouting(1, good(4))
  const network = new DhtRecordStore({ routing, engine, quorum: overwritingQuorum })
  const improved: Uint8Array[] = []
  const onImproved = (record: { readonly value: Uint8Array }): void => {
    improved.push(record.value.slice())
    overwrite(record)
  }
  const reading = network.get(key.slice(), { onImproved })
  const found = await reading
  expect(found?.record.value).toEqual(value)
  expect(improved).toEqual([good(4), value])
  overwrite(found)
  await network.settled()
  expect(received).toEqual([[key], [peer(1), key, value]])
})

test('callers that overwrite providers change neither the cache nor what is announced again', async () => {
  const { routing, received } = overwritingRouting(1, value)
  const providers = new DhtProviderStore({ routing })
  await providers.addProvider(multihash)
  overwrite(providers.provided)
  expect(providers.provided).toMatchObject([{ multihash }])
  for (let time = 0; time < 3; time++) {
    const found = await providers.getProviders(multihash, { offline: time > 0 })
    expect(found).toEqual([{ id: peer(1), addresses: [Uint8Array.of(4, 127, 0, 0, 1)], signed: false }])
    overwrite(found)
  }
  expect(received).toEqual([[multihash], [multihash]])
})
