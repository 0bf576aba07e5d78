import type { RoutingAck, RoutingAnswer, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

/** An engine for which everything after the second byte is unsigned: the normal form has none of it. */
class VariantEngine extends ToyEngine {
  override rank({ value }: UnverifiedRecord): Uint8Array {
    return value.subarray(0, 2)
  }

  normalize(record: VerifiedRecord): VerifiedRecord {
    return { ...record, value: record.value.slice(0, 2) }
  }
}

const variant = (rank: number): Uint8Array => Uint8Array.of(...good(rank), 7, 7)

function putOf(acks: readonly RoutingAck[], values: readonly (Uint8Array | Error | Promise<never> | undefined)[]) {
  const asked: number[] = []
  const routing = routingOf({
    acks,
    async getFromPeer(from): Promise<RoutingAnswer> {
      const number = from[2] as number
      asked.push(number)
      const value = await values[number]
      if (value instanceof Error) throw value
      return value === undefined ? { from } : { from, value }
    }
  })
  return { asked, store: new DhtRecordStore({ routing, engine: new VariantEngine() }) }
}

test('a peer that refuses a put and answers with the same record in another encoding has a copy', async () => {
  const acks: readonly RoutingAck[] = [
    { from: peer(0), status: 'refused' },
    { from: peer(1), status: 'mismatch' },
    { from: peer(2), status: 'stored' },
    { from: peer(3), status: 'timeout' }
  ]
  const { asked, store } = putOf(acks, [variant(5), good(5)])
  const { copies, peers } = await store.put(key, good(5), { copies: 3 })
  expect(copies.reached).toBe(3)
  expect(asked).toEqual([0, 1])
  expect(peers.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored', 'timeout'])
})

test.each<[string, Uint8Array | Error | undefined]>([
  ['another record', good(4)],
  ['a forged record', Uint8Array.of(...forged(5), 7)],
  ['what cannot be decoded', Uint8Array.of(1)],
  ['nothing', undefined],
  ['an error', new Error('reset')]
])('a peer that refuses a put and answers with %s has no copy', async (_, value) => {
  const { store } = putOf([{ from: peer(0), status: 'refused' }], [value])
  await expect(store.put(key, good(5))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    details: { peers: [{ status: 'refused' }] }
  })
})

test('a put does not wait for the answers of peers that refused it once there are enough copies', async () => {
  const { store } = putOf(
    [
      { from: peer(0), status: 'refused' },
      { from: peer(1), status: 'stored' }
    ],
    [silence]
  )
  expect((await store.put(key, good(5))).copies.reached).toBe(1)
})

test('peers receive and callers get the normal form, never the bytes that came', async () => {
  const sent: Uint8Array[] = []
  const routing = routingOf({
    answers: [
      { from: peer(1), value: variant(5) },
      { from: peer(2), value: Uint8Array.of(...good(4), 1) },
      { from: peer(3), value: Uint8Array.of(...good(5), 9) }
    ],
    async putToPeer(from, _key, value) {
      sent.push(Uint8Array.of(from[2] as number, ...value))
      return { from, status: 'stored' }
    }
  })
  routing.put = async function* (_key, value) {
    sent.push(value)
    yield { from: peer(1), status: 'stored' }
  }
  const store = new DhtRecordStore({ routing, engine: new VariantEngine() })
  expect((await store.get(key, { quorum: 4 }))?.record.value).toEqual(good(5))
  await store.settled()
  // only the peer whose record has a lower order is repaired
  expect(sent).toEqual([Uint8Array.of(2, ...good(5))])
  await store.put(key, variant(6))
  expect(sent.at(-1)).toEqual(good(6))
})
