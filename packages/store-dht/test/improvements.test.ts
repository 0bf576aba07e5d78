import { flushMicrotasks } from '@recordkit/record-conformance'
import type { RecordRouting, VerifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine, verified } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

/** A read whose answers arrive one by one, and the records that it reported. */
async function read(values: readonly Uint8Array[], local?: VerifiedRecord) {
  const improved: number[] = []
  const answers = values.map((value, index) => ({ from: peer(index), value }))
  const network = new DhtRecordStore({ routing: routingOf({ answers }), engine: new ToyEngine() })
  const found = await network.get(key, {
    local,
    onImproved: ({ value }) => improved.push(value[0] as number),
    repair: false
  })
  return { improved, found: found?.record.value[0] }
}

test('onImproved receives each record that is better than all before, and no others', async () => {
  const { improved, found } = await read([good(2), good(1), good(2), good(5), good(4), good(7)])
  expect(improved).toEqual([2, 5, 7])
  expect(found).toBe(7)
})

test('onImproved receives no forged record, and the best valid one although it arrived before a forged one', async () => {
  expect(await read([good(2), forged(9), good(3)])).toMatchObject({ improved: [2, 3], found: 3 })
})

test('onImproved receives only records that are better than the local copy', async () => {
  expect(await read([good(1), good(3), good(4)], verified(good(3)))).toMatchObject({ improved: [4], found: 4 })
  expect(await read([good(1), good(3)], verified(good(3)))).toMatchObject({ improved: [], found: 3 })
})

test('onImproved receives a record before further peers have answered', async () => {
  const events: string[] = []
  const routing: RecordRouting = {
    ...routingOf({}),
    async *get() {
      yield { from: peer(1), value: good(1) }
      await flushMicrotasks()
      events.push('second answer')
      yield { from: peer(2), value: good(1) }
    }
  }
  await new DhtRecordStore({ routing, engine: new ToyEngine() }).get(key, { onImproved: () => events.push('improved') })
  expect(events).toEqual(['improved', 'second answer'])
})

test('a read rejects with what onImproved throws', async () => {
  const error = new Error('broken')
  const network = new DhtRecordStore({
    routing: routingOf({ answers: [{ from: peer(1), value: good(1) }] }),
    engine: new ToyEngine()
  })
  const onImproved = (): never => {
    throw error
  }
  await expect(network.get(key, { onImproved })).rejects.toBe(error)
})

test('onImproved is not called after the read has ended', async () => {
  const improved: VerifiedRecord[] = []
  let finish = (): void => undefined
  const engine = new (class extends ToyEngine {
    override verify(record: Parameters<ToyEngine['verify']>[0]) {
      const result = super.verify(record)
      if (record.value[0] !== 9) return result
      return new Promise<typeof result>((resolve) => {
        finish = () => resolve(result)
      }) as unknown as typeof result
    }
  })()
  const answers = [
    { from: peer(1), value: good(1) },
    { from: peer(2), value: good(9) }
  ]
  const controller = new AbortController()
  const reading = new DhtRecordStore({ routing: routingOf({ answers }), engine }).get(key, {
    signal: controller.signal,
    onImproved: (record) => improved.push(record)
  })
  await flushMicrotasks()
  controller.abort(new Error('aborted'))
  await expect(reading).rejects.toThrow('aborted')
  finish()
  await flushMicrotasks()
  expect(improved.map(({ value }) => value[0])).toEqual([1])
})
