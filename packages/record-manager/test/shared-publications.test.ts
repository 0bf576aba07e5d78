import { flushMicrotasks } from '@recordkit/record-conformance'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { ReplicationReceipt } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { hour, minute } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { FakeNetwork } from './fake-network.ts'
import { bytes, createTestManager, text } from './test-manager.ts'

class CountingNetwork extends FakeNetwork {
  readonly puts = new Map<string, number>()
  /** a put never ends: the process is about to die */
  hangs = false

  override async put(...parameters: Parameters<FakeNetwork['put']>): Promise<ReplicationReceipt> {
    const name = mapKey(parameters[0])
    this.puts.set(name, (this.puts.get(name) ?? 0) + 1)
    if (this.hangs) return new Promise<never>(() => {})
    return super.put(...parameters)
  }
}

/** Two managers with the same signer on one store, as in two processes. */
async function setUp() {
  const all = await createTestManager()
  const { engine, store, signer, time, key } = all
  const managerOn = (): { readonly manager: RecordManager; readonly network: CountingNetwork } => {
    const network = new CountingNetwork(engine)
    const { clock, setTimer } = time
    const options = { network: replication(network, { random: () => 0 }), clock, setTimer }
    return { network, manager: new RecordManager({ engine, store, signer, ...options }) }
  }
  const keys = Array.from({ length: 20 }, (_, index) => bytes(`${text(key)}${index}`))
  return { ...all, keys, one: managerOn(), two: managerOn() }
}

test('two managers on one store publish each due record once, whichever of them put it', async () => {
  const { keys, one, two, time } = await setUp()
  await one.manager.start()
  await two.manager.start()
  for (const [index, key] of keys.entries())
    await (index % 2 === 0 ? one : two).manager.put(key, bytes(`${index}`), { checkNetwork: false })
  // each finds what the other put
  await time.advance(2n * hour)
  for (const { network } of [one, two]) network.puts.clear()
  for (let hours = 0; hours < 66; hours++) await time.advance(hour)
  const total = keys.map((key) => (one.network.puts.get(mapKey(key)) ?? 0) + (two.network.puts.get(mapKey(key)) ?? 0))
  // 66 hours are three intervals
  expect(
    total.every((count) => count >= 3 && count <= 4),
    total.join()
  ).toBe(true)
  await one.manager.stop()
  await two.manager.stop()
})

test('a record that is due is published within two minutes by the other manager when the one that publishes it dies', async () => {
  const { key, one, two, time, store } = await setUp()
  await one.manager.start()
  await one.manager.put(key, bytes('green'), { checkNetwork: false })
  await two.manager.start()
  one.network.hangs = true
  one.network.puts.clear()
  while (one.network.puts.size === 0 && two.network.puts.size === 0) await time.advance(minute)
  // whichever comes first holds the lease; when it is the one that hangs, the other takes it over
  await time.advance(2n * minute)
  await flushMicrotasks()
  expect(two.network.puts.get(mapKey(key))).toBe(1)
  expect(time.now - ((await store.publication(key))?.published ?? 0n)).toBeLessThanOrEqual(2n * minute)
  await two.manager.stop()
})

test('the name of a lease is printable, whatever the bytes of the key are', async () => {
  const { name, one, store, calls } = await setUp()
  await store.put(
    { key: name, value: bytes('x'), rank: new Uint8Array(32), timeReceived: 0n },
    { publication: { key: name, network: true } }
  )
  await one.manager.start()
  await flushMicrotasks()
  const leases = calls.filter(([call]) => call === 'lease')
  expect(leases).toHaveLength(1)
  expect(leases[0]?.[1]).toMatch(/^publish (?:[0-9a-f]{2})+$/)
  await one.manager.stop()
})

test('a store whose leases fail does not stop publications', async () => {
  const { key, one, time, store } = await setUp()
  Object.assign(store, { lease: async () => Promise.reject(new Error('no leases')) })
  await one.manager.start()
  await one.manager.put(key, bytes('green'), { checkNetwork: false })
  one.network.values.clear()
  await time.advance(23n * hour)
  expect(one.network.values.has(mapKey(key))).toBe(true)
  await one.manager.stop()
})
