import type { UnverifiedRecord } from '@recordkit/record-types'
import type { SignedFields } from '@recordkit/record-validators'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { replication, RecordManager } from '@recordkit/record-manager'
import type { GetOptions, PutOptions, ReplicationOptions, WatchOptions } from '@recordkit/record-manager'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { day, hour } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

/** Options of wrong types or values: the name of the option, and the value. */
type WrongOption = readonly [string, unknown]

const wrongTimeouts: readonly WrongOption[] = [-1, 0, Number.NaN, 1000n, '1000', null].map((value) => [
  'timeout',
  value
])
const wrongSignals: readonly WrongOption[] = [{}, 'signal', null].map((value) => ['signal', value])
const wrongCallbacks: readonly WrongOption[] = [['onProgress', 'callback']]

const wrongPutOptions: readonly WrongOption[] = [
  ...wrongTimeouts,
  ...wrongSignals,
  ...wrongCallbacks,
  ...[-1, 1.5, Number.NaN, 1n, '1'].map((value): WrongOption => ['copies', value]),
  ...[0, -1, Number.NaN, 3_600_000_000_000n, '1 h', null].map((value): WrongOption => ['lifetime', value]),
  ...[-1, Number.NaN, 60_000_000_000n, '1 m'].map((value): WrongOption => ['ttl', value]),
  ...[0, -1n, 1n << 64n, '0'].map((value): WrongOption => ['ifSequence', value]),
  ...[0, -1n, 1n << 64n, '0', null].map((value): WrongOption => ['sequence', value]),
  ...[0, 'yes', null].map((value): WrongOption => ['trustClock', value])
]
const wrongPutSignedOptions = wrongPutOptions.filter(([name]) => ['copies', 'timeout', 'signal'].includes(name))
const wrongGetOptions: readonly WrongOption[] = [
  ...wrongTimeouts,
  ...wrongSignals,
  ...wrongCallbacks,
  ...[0, -1, 1.5, Number.NaN, 3n, '3'].map((value): WrongOption => ['quorum', value])
]
const wrongWatchOptions: readonly WrongOption[] = [
  ...wrongSignals,
  ...[0, -1, Number.NaN, 1000n, '1000'].map((value): WrongOption => ['pollInterval', value])
]
const wrongReceiveOptions: readonly WrongOption[] = [
  ...wrongSignals,
  ...['12D3KooW', 7, null].map((value): WrongOption => ['sender', value])
]

/** A title such as `timeout 1000n`. */
const titled = (options: readonly WrongOption[]) =>
  options.map(([name, value]) => {
    const shown =
      typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? `${value}` : JSON.stringify(value)
    return { name, value, title: `${name} ${shown}` }
  })

/** Expects that the call rejects with INVALID_ARGUMENT naming the option. */
async function expectInvalid(call: Promise<unknown>, name: string): Promise<void> {
  await expect(call).rejects.toMatchObject({
    name: 'RecordError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`^${name} is .*; `)) as unknown
  })
}

async function setUp() {
  const parts = await createTestManager()
  await parts.manager.put(parts.key, bytes('green'))
  parts.calls.length = parts.getCalls.length = parts.putCalls.length = 0
  const before = await parts.store.get(parts.key)
  const dispatched: string[] = []
  for (const type of ['record:stored', 'record:refused', 'record:published', 'record:unpublished'] as const)
    parts.manager.events.addEventListener(type, () => dispatched.push(type))
  return {
    ...parts,
    /** Expects that no record was written, no peer was asked and no event was dispatched. */
    async expectUnchanged(): Promise<void> {
      expect(parts.calls.filter(([method]) => method !== 'get')).toEqual([])
      expect([...parts.getCalls, ...parts.putCalls, ...dispatched]).toEqual([])
      expect(await parts.store.get(parts.key)).toEqual(before)
      expect(parts.time.pending).toBe(0)
      expect((await parts.manager.stats()).watchers).toBe(0)
    }
  }
}

describe('a wrong option is rejected with INVALID_ARGUMENT and changes nothing', () => {
  test.each(titled(wrongPutOptions))('put and revoke with $title', async ({ name, value }) => {
    const { manager, key, expectUnchanged } = await setUp()
    const options = { [name]: value } as PutOptions
    await expectInvalid(manager.put(key, bytes('blue'), options), name)
    await expectInvalid(manager.revoke(key, options), name)
    await expectUnchanged()
  })

  test.each(titled(wrongPutSignedOptions))('putSigned with $title', async ({ name, value }) => {
    const { manager, name: key, signer, time, expectUnchanged } = await setUp()
    const content = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour }
    const record = await createIpnsRecord(content, { signer, now: 0n })
    await expectInvalid(manager.putSigned(key, record, { [name]: value }), name)
    expect(await manager.has(key)).toBe(false)
    await expectUnchanged()
  })

  test.each(titled(wrongGetOptions))('get and getRecord with $title', async ({ name, value }) => {
    const { manager, local, key, expectUnchanged } = await setUp()
    const options = { [name]: value } as GetOptions
    await expectInvalid(manager.get(key, options), name)
    await expectInvalid(manager.getRecord(key, { ...options, offline: true }), name)
    await expectInvalid(local.get(key, options), name)
    await expectUnchanged()
  })

  test.each(titled(wrongWatchOptions))('watch with $title', async ({ name, value }) => {
    const { manager, key, expectUnchanged } = await setUp()
    const options = { [name]: value } as WatchOptions
    await expectInvalid(manager.watch(key, options).next(), name)
    await expectInvalid(manager.watch({ prefix: '/config/' }, options).next(), name)
    await expectUnchanged()
  })

  test.each(titled(wrongReceiveOptions))('receive with $title', async ({ name, value }) => {
    const { manager, name: key, signer, time, expectUnchanged } = await setUp()
    const content = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour }
    const record = await createIpnsRecord(content, { signer, now: 0n })
    await expectInvalid(manager.receive(key, record, { [name]: value }), name)
    expect(await manager.has(key)).toBe(false)
    await expectUnchanged()
  })

  test.each([
    ['copies', { copies: -1 }],
    ['negativeTtl', { reads: { negativeTtl: -1 } }],
    ['negativeTtl', { reads: { negativeTtl: 1n as never } }],
    ['maxTtl', { reads: { maxTtl: Number.NaN } }],
    ['maxAnswers', { reads: { maxAnswers: -1 } }],
    ['concurrency', { republish: { concurrency: 0 } }],
    ['retry', { republish: { retry: 0 } }]
  ] as const)('replication with a wrong %s', async (name, options) => {
    const { engine, store, network } = await createTestManager()
    expect(() => new RecordManager({ engine, store, network: replication(network, options) })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`${name} is`) as unknown })
    )
  })

  test('an interval function of republishing that does not return a number of milliseconds', async () => {
    const { engine, store, signer, network, key, time } = await createTestManager()
    const republish = { interval: () => 79_200_000_000_000n as never }
    const { clock } = time
    const manager = new RecordManager({ engine, store, signer, clock, network: replication(network, { republish }) })
    await expectInvalid(manager.put(key, bytes('green')), 'republish\\.interval\\(key\\)')
  })
})

describe('the largest and smallest valid options', () => {
  test('a timeout of Infinity is passed to the network and sets no timer, so that a call waits indefinitely', async () => {
    const { engine, store, signer, network, time, key } = await createTestManager()
    const timeouts: unknown[] = []
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slowNetwork = {
      get: async (...call: Parameters<typeof network.get>) => {
        timeouts.push(call[1]?.timeout)
        await answered
        return network.get(...call)
      },
      put: async (...call: Parameters<typeof network.put>) => {
        timeouts.push(call[2]?.timeout)
        return network.put(...call)
      }
    }
    const { clock, setTimer } = time
    const manager = new RecordManager({ engine, store, signer, clock, setTimer, network: replication(slowNetwork) })
    let settled = false
    const put = manager.put(key, bytes('green'), { timeout: Number.POSITIVE_INFINITY })
    const get = manager.get(key, { timeout: Number.POSITIVE_INFINITY })
    void Promise.race([put, get]).finally(() => {
      settled = true
    })
    await time.advance(1000n * day)
    expect([settled, time.pending]).toEqual([false, 0])
    answer()
    expect((await put).receipt?.copies.reached).toBe(1)
    await get
    expect(timeouts).toEqual([Infinity, Infinity, Infinity])
  })

  test('a pollInterval of Infinity never asks peers', async () => {
    const { manager, time, key, getCalls } = await createTestManager()
    const next = manager.watch(key, { pollInterval: Number.POSITIVE_INFINITY }).next()
    await flushMicrotasks()
    expect(time.pending).toBe(0)
    await time.advance(day)
    expect(getCalls).toEqual([])
    await manager.stop()
    await next
  })

  test('copies and a TTL of 0 are allowed', async () => {
    const { manager, key, putCalls } = await createTestManager()
    const { record } = await manager.put(key, bytes('green'), { copies: 0, ttl: 0 })
    expect(record.ttl).toBe(0n)
    expect(putCalls).toMatchObject([{ copies: 0 }])
  })

  test('undefined options are the same as missing ones, also the lifetime of a revocation', async () => {
    const { local, engine, key, time } = await createTestManager()
    const options = { lifetime: undefined, ttl: undefined, timeout: undefined, copies: undefined, signal: undefined }
    const { record } = await local.put(key, bytes('green'), options)
    expect(record.expires).toBe(time.now + 48n * hour)
    expect(text(await local.get(key, { quorum: undefined, timeout: undefined, onProgress: undefined }))).toBe('green')
    const { record: revocation } = await local.revoke(key, options)
    const { fields } = engine.parse(key, revocation.value) as UnverifiedRecord<SignedFields>
    expect(fields.record.expires).toBe(time.now + 3650n * day)
  })
})

describe('a wrong `republish` option', () => {
  const intervalOf = (interval: unknown): ReplicationOptions => ({
    republish: { interval: interval as (key: Uint8Array) => number }
  })

  test.each([3_600_000, 'hourly'])('is rejected when the interval is %j instead of a function', async (interval) => {
    const { engine, store, signer, network } = await createTestManager()
    const create = (): RecordManager =>
      new RecordManager({ engine, store, signer, network: replication(network, intervalOf(interval)) })
    expect(create).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(create).toThrow(/^republish\.interval is /)
  })

  test.each([-1, 0, Number.NaN, 5n, 'x'])(
    'is rejected when the interval returns %s, before anything is stored',
    async (wrong) => {
      const { engine, store, signer, network, key, time } = await createTestManager()
      const { clock, setTimer } = time
      const options = {
        engine,
        store,
        signer,
        clock,
        setTimer,
        network: replication(
          network,
          intervalOf(() => wrong)
        )
      }
      const manager = new RecordManager(options)
      await expectInvalid(manager.put(key, bytes('blue')), 'republish\\.interval\\(key\\)')
      expect(await manager.has(key)).toBe(false)
    }
  )
})
