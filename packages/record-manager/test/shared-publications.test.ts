import { flushMicrotasks } from '@recordkit/record-conformance'
import { RecordManager, replication } from '@recordkit/record-manager'
import { createStore } from '@recordkit/record-store'
import { MapBackend } from '@recordkit/record-store/internal'
import type { Clock, ReplicationReceipt, SetTimer } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { hour, minute, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { FakeNetwork } from './fake-network.ts'
import { bytes, createTestManager, text } from './test-manager.ts'

class CountingNetwork extends FakeNetwork {
  readonly puts = new Map<string, number>()
  /** a put never ends: the process is about to die */
  hangs = false
  waitsFor: Promise<void> | undefined

  override async put(...parameters: Parameters<FakeNetwork['put']>): Promise<ReplicationReceipt> {
    const name = mapKey(parameters[0])
    this.puts.set(name, (this.puts.get(name) ?? 0) + 1)
    if (this.hangs) return new Promise<never>(() => {})
    await this.waitsFor
    return super.put(...parameters)
  }
}

/** Whether a sweep may remove nothing. */
function isEmpty(options: unknown): boolean {
  return (options as { readonly limit?: number } | undefined)?.limit === 0
}

/** Two managers with the same signer on one store, as in two processes. */
async function setUp(backend?: MapBackend) {
  const storeOf = backend && ((clock: Clock) => createStore(backend, { clock, setTimer: () => () => undefined }))
  const all = await createTestManager({ storeOf })
  const { engine, store, signer, time, key } = all
  const managerOn = () => {
    const network = new CountingNetwork(engine)
    const { clock } = time
    let isDead = false
    const setTimer: SetTimer = (run, delay) => time.setTimer(() => isDead || run(), delay)
    const options = { network: replication(network, { random: () => 0 }), clock, setTimer }
    const die = (): void => void (isDead = true)
    return { network, manager: new RecordManager({ engine, store, signer, ...options }), die }
  }
  const keys = Array.from({ length: 20 }, (_, index) => bytes(`${text(key)}${index}`))
  return { ...all, keys, one: managerOn(), two: managerOn() }
}

/** The time until shortly before the first publication of a manager is due, in ns. */
function untilDue(now: bigint, ...managers: readonly RecordManager[]): bigint {
  const times = managers.flatMap(({ republishQueue }) => republishQueue.map(({ next }) => next))
  return times.reduce((first, next) => (next < first ? next : first)) - now - 5n * second
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

test('a manager that put a record and stops has given the right to publish it back', async () => {
  const { key, one, store } = await setUp()
  const lease = store.lease.bind(store)
  let held = 0
  store.lease = async (...parameters) => {
    const taken = await lease(...parameters)
    if (taken === undefined || !parameters[0].startsWith('publish')) return taken
    held++
    return {
      name: taken.name,
      renew: (milliseconds) => taken.renew(milliseconds),
      // a database answers later
      async release() {
        await new Promise((resolve) => setTimeout(resolve, 1))
        held--
        await taken.release()
      }
    }
  }
  await one.manager.put(key, bytes('green'), { checkNetwork: false })
  expect(held).toBe(1)
  await one.manager.stop()
  expect(held).toBe(0)
})

test('a record that is due is published within a minute by the other manager when the one that publishes it dies', async () => {
  const { key, one, two, time, store } = await setUp()
  await one.manager.start()
  await one.manager.put(key, bytes('green'), { checkNetwork: false })
  await two.manager.start()
  one.network.hangs = true
  one.network.puts.clear()
  await time.advance(untilDue(time.now, one.manager, two.manager))
  expect(one.network.puts.size).toBe(0)
  while (one.network.puts.size === 0 && two.network.puts.size === 0) await time.advance(second)
  // one has the lease, and renews it no more
  expect(two.network.puts.size).toBe(0)
  one.die()
  await time.advance(minute)
  expect(two.network.puts.get(mapKey(key))).toBe(1)
  expect(time.now - ((await store.publication(key))?.published ?? 0n)).toBeLessThanOrEqual(minute)
  await two.manager.stop()
})

test('a record that is due is published by one manager, however long that takes', async () => {
  const { key, one, two, time } = await setUp()
  await one.manager.start()
  await one.manager.put(key, bytes('green'), { checkNetwork: false })
  await two.manager.start()
  one.network.hangs = true
  one.network.puts.clear()
  await time.advance(untilDue(time.now, one.manager, two.manager))
  expect(one.network.puts.size).toBe(0)
  while (one.network.puts.size === 0) await time.advance(second)
  // the other is due at the latest now, and waits while the lease is renewed
  await time.advance(9n * minute)
  expect(two.network.puts.size).toBe(0)
  // after ten minutes the publication is given up
  await time.advance(2n * minute)
  expect(two.network.puts.get(mapKey(key))).toBe(1)
  await two.manager.stop()
})

test('a record whose process dies while it puts it is published within a minute by another one', async () => {
  const { key, one, two, time } = await setUp(new MapBackend())
  await one.manager.start()
  await two.manager.start()
  one.network.hangs = true
  void one.manager.put(key, bytes('green'), { checkNetwork: false })
  await flushMicrotasks()
  expect(one.network.puts.get(mapKey(key))).toBe(1)
  one.die()
  await time.advance(minute)
  expect(two.network.puts.get(mapKey(key))).toBe(1)
  await two.manager.stop()
})

test('a record is not published by others while its process puts it, nor afterwards', async () => {
  const { key, one, two, time } = await setUp(new MapBackend())
  await one.manager.start()
  await two.manager.start()
  let finish: () => void = () => undefined
  one.network.waitsFor = new Promise((resolve) => (finish = resolve))
  const putting = one.manager.put(key, bytes('green'), { checkNetwork: false })
  await time.advance(5n * minute)
  finish()
  await putting
  await time.advance(5n * minute)
  expect(one.network.puts.get(mapKey(key))).toBe(1)
  expect(two.network.puts.size).toBe(0)
  await one.manager.stop()
  await two.manager.stop()
})

test('a manager knows the publications that others add, without reading all again', async () => {
  const { keys, one, two, time, calls } = await setUp(new MapBackend())
  await one.manager.start()
  await two.manager.start()
  for (const key of keys) await one.manager.put(key, bytes('green'), { checkNetwork: false })
  calls.length = 0
  await time.advance(minute)
  expect(two.manager.republishQueue).toHaveLength(keys.length)
  expect(calls.filter(([name]) => name === 'publications')).toEqual([])
  await one.manager.unpublish(keys[0] as Uint8Array)
  await one.manager.stop()
  await two.manager.stop()
})

test('one of several managers sweeps, and another one when it ends', async () => {
  const { one, two, time, calls } = await setUp()
  const sweeps = (): number => calls.splice(0).filter(([name, options]) => name === 'sweep' && !isEmpty(options)).length
  await one.manager.start()
  await time.advance(minute)
  await two.manager.start()
  await time.advance(100n * minute)
  expect(sweeps()).toBe(10)
  one.die()
  await time.advance(20n * minute)
  calls.length = 0
  await time.advance(100n * minute)
  expect(sweeps()).toBe(10)
  await two.manager.stop()
})

test('a manager that stops leaves the sweeping to another at once', async () => {
  const { one, two, time, calls } = await setUp()
  await one.manager.start()
  await time.advance(minute)
  await two.manager.start()
  await time.advance(10n * minute)
  await one.manager.stop()
  calls.length = 0
  await time.advance(10n * minute)
  expect(calls.filter(([name, options]) => name === 'sweep' && !isEmpty(options))).toHaveLength(1)
  await two.manager.stop()
})

test('managers sweep when the leases of their store fail', async () => {
  const { one, time, calls, store } = await setUp()
  Object.assign(store, { lease: async () => Promise.reject(new Error('no leases')) })
  await one.manager.start()
  await time.advance(30n * minute)
  expect(calls.filter(([name, options]) => name === 'sweep' && !isEmpty(options))).toHaveLength(3)
  await one.manager.stop()
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
