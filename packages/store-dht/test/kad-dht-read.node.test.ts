import type { KadDHT } from '@libp2p/kad-dht'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { MaliciousBehaviour, NetworkNode, TestNetwork } from '@recordkit/record-test-network'
import type { RoutingAnswer } from '@recordkit/record-types'
import { DhtRecordStore } from '@recordkit/store-dht'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { good, ToyEngine } from './toy-engine.ts'

const protocol = '/toy/kad/1.0.0'
const honestNodes = 30
const malicious: readonly MaliciousBehaviour[] = [
  ...Array.from({ length: 4 }, () => 'silent' as const),
  ...Array.from({ length: 6 }, () => 'stale' as const)
]
const keyOf = (name: string): Uint8Array => new TextEncoder().encode(`/toy/${name}`)

let network: TestNetwork<Record<string, unknown>>
const node = (index: number): NetworkNode<Record<string, unknown>> =>
  network.honest[index] as NetworkNode<Record<string, unknown>>
const dhtOf = (index: number): KadDHT => node(index).services.dht

beforeAll(async () => {
  const started = performance.now()
  network = await createTestNetwork({
    transport: 'memory',
    nodes: honestNodes,
    malicious,
    protocol,
    timeout: 120_000,
    node: () => ({
      kadDhtInit: {
        validators: { toy: async () => undefined },
        selectors: { toy: (_key, values) => values.reduce((best, value, index) => ((value[0] ?? 0) > (values[best]?.[0] ?? 0) ? index : best), 0) }
      }
    })
  })
  console.log('start', performance.now() - started)
}, 180_000)

afterAll(async () => network[Symbol.asyncDispose]())

test('x', async () => {
  const key = keyOf('a')
  const t0 = performance.now()
  for (const index of [3, 4, 5, 6, 7, 8, 9, 10]) for await (const _ of dhtOf(index).put(key, good(2), { signal: AbortSignal.timeout(100) })) if (_.name === 'SEND_QUERY' && _.messageName === 'PUT_VALUE') break
  console.log('put', performance.now() - t0)
  for (const peer of network.malicious) peer.respondWith = () => good(1)
  const routing = kadDhtRouting(dhtOf(0), { dialer: node(0), protocol })
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    const answers: RoutingAnswer[] = []
    for await (const answer of routing.get(key)) answers.push(answer)
    console.log(performance.now() - started, answers.length, answers.filter((a) => 'error' in a).length, answers.filter((a) => 'value' in a && a.value !== undefined).length)
  }
  for (let i = 0; i < 2; i++) {
    const started = performance.now()
    let n = 0
    for await (const answer of routing.get(key, { complete: true })) n++
    console.log('complete', performance.now() - started, n)
  }
  void DhtRecordStore
  void ToyEngine
}, 100_000)
