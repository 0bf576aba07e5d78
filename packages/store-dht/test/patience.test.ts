import { VirtualTime } from '@recordkit/record-conformance'
import { second } from '@recordkit/record-types'
import { kademliaRouting } from '@recordkit/store-dht/libp2p'
import type { Kademlia } from '@recordkit/store-dht/libp2p'
import { expect, test } from 'vitest'
import { good, key, peer } from './toy-engine.ts'

/** A Kademlia that waits for its first peer for as long as it is let, as js-libp2p's does. */
function lonely() {
  const time = new VirtualTime()
  const routingTable = { size: 0 }
  let met = (): void => undefined
  const first = new Promise<void>((resolve) => {
    met = () => {
      routingTable.size = 1
      resolve()
    }
  })
  const wait = async (signal: AbortSignal | undefined): Promise<void> => {
    await Promise.race([
      first,
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
      })
    ])
  }
  const from = { toMultihash: () => ({ bytes: peer(1) }) }
  const dht = {
    routingTable,
    async *get(_key: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      await wait(signal)
      yield { name: 'PEER_RESPONSE', messageName: 'GET_VALUE', from, record: { value: good(1) } }
    },
    async *put(_key: Uint8Array, _value: Uint8Array, { signal }: { signal?: AbortSignal } = {}) {
      await wait(signal)
      yield { name: 'PATH_ENDED' }
    }
  } as unknown as Kademlia
  return { time, met: () => met(), routing: kademliaRouting(dht, { setTimer: time.setTimer }) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('a node that knows nobody says so after 5 s, and not that nothing was found', async () => {
  const { routing, time } = lonely()
  const ends: unknown[] = []
  const asking = [collect(routing.get(key)), collect(routing.put(key, good(1)))].map((end) =>
    end.catch((error: unknown) => ends.push(error))
  )
  await time.advance(4n * second)
  expect(ends).toEqual([])
  await time.advance(second)
  await Promise.all(asking)
  expect(ends).toMatchObject([{ code: 'NO_PEERS' }, { code: 'NO_PEERS' }])
  expect(time.pending).toBe(0)
})

test('a node that has just started waits for its first peer', async () => {
  const { routing, time, met } = lonely()
  const asking = collect(routing.get(key))
  await time.advance(3n * second)
  met()
  expect(await asking).toEqual([{ from: peer(1), value: good(1) }])
  expect(time.pending).toBe(0)
})

test('whoever asks slowly is not told that nobody is there, once somebody is', async () => {
  const { routing, time, met } = lonely()
  const answers = routing.get(key)[Symbol.asyncIterator]()
  const first = answers.next()
  met()
  await first
  await time.advance(60n * second)
  expect((await answers.next()).done).toBe(true)
})

test("an aborted question throws the signal's own reason, not that nobody is there", async () => {
  const { routing, time } = lonely()
  const controller = new AbortController()
  const reason = new Error('enough')
  const asking = collect(routing.get(key, { signal: controller.signal }))
  await time.advance(second)
  controller.abort(reason)
  await expect(asking).rejects.toBe(reason)
})
