import type { RoutingAck } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

const acks: readonly RoutingAck[] = [
  { from: peer(1), outcome: 'stored' },
  { from: peer(2), outcome: 'refused', error: new Error('no') },
  { from: peer(3), outcome: 'mismatch' },
  { from: peer(1), outcome: 'stored' },
  { from: peer(4), outcome: 'timeout' },
  { from: peer(5), outcome: 'stored' }
]

test('the receipt says per peer what became of the copy, each peer once', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine: new ToyEngine() })
  const receipt = await store.put(key, good(1), { copies: 2 })
  expect(receipt.copies).toEqual({ asked: 2, reached: 2 })
  expect(receipt.peers.map(({ outcome }) => outcome)).toEqual(['stored', 'refused', 'mismatch', 'timeout', 'stored'])
})

test('fails below the asked number of copies, with the receipt attached', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ acks }), engine: new ToyEngine() })
  await expect(store.put(key, good(1), { copies: 3 })).rejects.toMatchObject({
    code: 'COPIES_NOT_REACHED',
    details: { copies: { asked: 3, reached: 2 } }
  })
})

test('a put without any copy is never a success', async () => {
  const store = new DhtRecordStore({ routing: routingOf({ fails: new Error('away') }), engine: new ToyEngine() })
  await expect(store.put(key, good(1))).rejects.toMatchObject({
    code: 'COPIES_NOT_REACHED',
    cause: { message: 'away' }
  })
})

test('a value that is not valid never leaves the house', async () => {
  const routing = routingOf({ acks })
  const store = new DhtRecordStore({ routing, engine: new ToyEngine() })
  await expect(store.put(key, forged(1))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  await expect(store.put(key, new Uint8Array())).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
})
