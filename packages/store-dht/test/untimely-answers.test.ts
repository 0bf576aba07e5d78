import { isRefusal } from '@recordkit/record-types'
import type { RecordEngine, Refusal, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

/** Values that end with `e` have expired, those that end with `f` are from the future; both are genuine. */
class TimeEngine extends ToyEngine implements RecordEngine {
  override verify(record: UnverifiedRecord): VerifiedRecord | Refusal {
    const [, , mark] = record.value
    const result = super.verify(record)
    if (isRefusal(result) || mark === undefined) return result
    const code = mark === 0x65 ? 'EXPIRED' : 'ISSUED_IN_FUTURE'
    return { status: 'ignore', code, message: 'not valid now' }
  }
}

const expired = (order: number): Uint8Array => Uint8Array.of(order, 0x67, 0x65)
const early = (order: number): Uint8Array => Uint8Array.of(order, 0x67, 0x66)

async function untimely(values: readonly Uint8Array[]): Promise<unknown> {
  const answers = values.map((value, index) => ({ from: peer(index), value }))
  const seen: [Uint8Array, string][] = []
  const store = new DhtRecordStore({ routing: routingOf({ answers }), engine: new TimeEngine(), quorum: 9 })
  const found = await store.get(key, { onUntimely: ({ value }, { code }) => seen.push([value, code]) })
  return { found: found?.record.value, seen }
}

test('a read reports genuine answers that are not valid now, and no forged ones', async () => {
  expect(await untimely([expired(3), forged(5), early(4), good(1)])).toEqual({
    found: good(1),
    seen: [
      [early(4), 'ISSUED_IN_FUTURE'],
      [expired(3), 'EXPIRED']
    ]
  })
})

test('also when there is no valid answer', async () => {
  expect(await untimely([expired(3)])).toEqual({ found: undefined, seen: [[expired(3), 'EXPIRED']] })
})
