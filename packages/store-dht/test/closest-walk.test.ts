import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import type { PeerId } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { walkToClosest } from '../src/closest-walk.ts'
import type { AskablePeers } from '../src/kad-dht-walk.ts'
import { OpenStreams } from '../src/open-streams.ts'
import { key, peer } from './toy-engine.ts'

const millisecond = 1_000_000n
const id = (number: number): PeerId => ({ toMultihash: () => ({ bytes: peer(number) }) }) as unknown as PeerId

/** A walk among peers of which those below `answering` answer. @param closer - the peers that each of them names */
function walkAmong(count: number, answering: number, closer: () => object[] = () => []) {
  const time = new FakeTimers()
  const table = Array.from({ length: count }, (_, number) => id(number))
  let timers = 0
  const asked: string[] = []
  const dht: AskablePeers = {
    routingTable: { closestPeers: () => table },
    network: {
      async *sendRequest(to, message, { signal }) {
        expect(message.type).toBe('FIND_NODE')
        asked.push(String(to.toMultihash().bytes))
        if (table.slice(0, answering).every((other) => String(other.toMultihash().bytes) !== asked.at(-1)))
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        yield { name: 'PEER_RESPONSE', from: to, closer: closer(), providers: [] } as never
      }
    }
  }
  const setTimer = (run: () => void, milliseconds: number): (() => void) => {
    timers++
    return time.setTimer(run, milliseconds)
  }
  const dialer = { dialProtocol: () => Promise.reject(new Error('the DHT is asked over its own network')) }
  const options = { dialer, streams: new OpenStreams(), protocol: '/toy', clock: time.clock, setTimer, random: () => 0 }
  const events = (async () => {
    const names: string[] = []
    for await (const { name } of walkToClosest(dht, key, options)) names.push(name)
    return names
  })()
  return { time, events, asked, timers: () => timers }
}

const countOf = (names: readonly string[], name: string): number => names.filter((other) => other === name).length

test('a walk to the closest peers does not ask those of the routing table that are not needed', async () => {
  const { events, asked } = walkAmong(20, 20)
  const names = await events
  expect(asked).toHaveLength(13)
  expect([countOf(names, 'NOT_ASKED'), countOf(names, 'PEER_RESPONSE')]).toEqual([7, 13])
})

test('a walk of which some peers do not answer ends when these have failed, and sets few timers', async () => {
  const { events, time, timers } = walkAmong(8, 6)
  for (let turn = 0; turn < 200; turn++) {
    await flushMicrotasks()
    await time.advance(10n * millisecond)
  }
  const names = await events
  expect([countOf(names, 'PEER_RESPONSE'), countOf(names, 'STALLED')]).toEqual([6, 0])
  expect(timers()).toBeLessThan(20)
  expect(time.pending).toBe(0)
})

test('a walk among peers that name invented ones ends when it has stalled', async () => {
  let invented = 100
  const { events, time, asked } = walkAmong(20, 20, () => Array.from({ length: 20 }, () => ({ id: id(invented++) })))
  let isEnded = false
  void events.then(() => (isEnded = true))
  let elapsed = 0
  for (; !isEnded && elapsed < 30_000; elapsed += 10) {
    await flushMicrotasks()
    await time.advance(10n * millisecond)
  }
  expect(countOf(await events, 'STALLED')).toBe(1)
  expect(elapsed).toBeLessThan(2000)
  expect(asked.length).toBeLessThan(300)
  expect(time.pending).toBe(0)
})
