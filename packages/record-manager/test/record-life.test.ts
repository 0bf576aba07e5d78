import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { exportRecords, importRecords, isEquivocation, replication, RecordManager } from '@recordkit/record-manager'
import type { Equivocation, RecordManagerOptions, RecordView } from '@recordkit/record-manager'
import { day, hour, minute, portableSigner, second } from '@recordkit/testing'
import { mapKey } from '@recordkit/record-types/internal'
import { isRefusal } from '@recordkit/record-types'
import type { RecordNetwork, Signer, UnverifiedRecord } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import {
  anyAuthor,
  growOnlySet,
  ipns,
  lastWriterWinsMap,
  ownerInKey,
  publicKeys,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { FakeNetwork } from './fake-network.ts'
import { createTestManager, sequenceAt } from './test-manager.ts'

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const configKey = ({ publicKey }: Signer, path = 'app'): Uint8Array =>
  joinRecordKey('config', `${ipnsNameToString(peerIdFromPublicKey(publicKey))}/${path}`)
// it resolves without timers or threads: fake timers do not wait for WebCrypto
const algorithms = [ed25519Portable]

/** A generator with a seed: the same numbers in every run. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface SetupOptions extends Partial<Omit<RecordManagerOptions, 'network'>> {
  readonly network?: RecordNetwork
  readonly random?: () => number
}

async function setUp(options: SetupOptions = {}) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine(
    [ipns({ algorithms }), publicKeys(), signed('config', { authors: ownerInKey(), algorithms })],
    { clock }
  )
  const network = new FakeNetwork(engine)
  const store: RecordStore = new MemoryRecordStore({ clock })
  const signer = portableSigner(new Uint8Array(32).fill(33))
  const all = { engine, store, signer, network, clock, setTimer, random: seededRandom(1), ...options }
  /** Another manager with the same parts, except for `changed`. */
  const open = (changed: SetupOptions = {}): RecordManager => {
    const { network: recordNetwork, random, ...managerOptions } = { ...all, ...changed }
    return new RecordManager({ ...managerOptions, network: replication(recordNetwork, { random }) })
  }
  return {
    time,
    engine,
    network,
    store,
    signer,
    open,
    manager: open(),
    key: configKey(signer),
    name: ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
  }
}

describe('republishing', () => {
  test('keeps every record valid for a week of restarts, network failures and clock jumps', async () => {
    const { time, network, open, signer, engine, name } = await setUp()
    const random = seededRandom(7)
    const keys = [name, ...Array.from({ length: 20 }, (_, index) => configKey(signer, String(index)))]
    let manager = open()
    await manager.start()
    for (const key of keys) await manager.put(key, bytes('/ipfs/bafkqaaa'))
    const end = time.now + 7n * day
    let expired = 0
    while (time.now < end) {
      const roll = random()
      if (roll < 0.1) {
        await manager.stop()
        // the machine slept up to six hours, during which no timer ran
        time.now += BigInt(Math.floor(random() * 6 * 3600)) * second
        manager = open()
        await manager.start()
      } else if (roll < 0.3) network.unreachable = !network.unreachable && random() < 0.8
      await time.advance(hour)
      for (const key of keys) {
        const value = network.values.get(mapKey(key))
        const verdict = value === undefined ? undefined : await engine.validate(key, value)
        if (verdict?.status !== 'accept') expired++
      }
    }
    expect(expired).toBe(0)
    expect(manager.republishQueue.length).toBe(keys.length)
    await manager.stop()
    expect(time.pending).toBe(0)
  })

  test('keeps sequence and TTL of a record, and never shortens its lifetime', async () => {
    const { time, network, manager, engine, name, key } = await setUp()
    await manager.start()
    await manager.put(name, bytes('/ipfs/bafkqaaa'), { ttl: 420_000 })
    await manager.put(key, bytes('green'), { lifetime: 30 * 86_400_000, ttl: 60_000 })
    const sequence = sequenceAt(time.now)
    const before = { name: network.values.get(mapKey(name)), key: network.values.get(mapKey(key)) }
    await time.advance(day)
    const parse = (recordKey: Uint8Array): UnverifiedRecord => {
      const record = engine.parse(recordKey, network.values.get(mapKey(recordKey)) ?? new Uint8Array())
      if (isRefusal(record)) throw new Error(record.message)
      return record
    }
    expect(network.values.get(mapKey(name))).not.toEqual(before.name)
    expect(parse(name)).toMatchObject({ sequence, ttl: 7n * minute })
    expect(parse(key)).toMatchObject({ sequence, ttl: minute })
    expect((parse(key).expires ?? 0n) - time.now).toBeGreaterThan(29n * day)
    await manager.stop()
  })

  test('reattempts a failing key with growing delays, without delaying other keys', async () => {
    const { time, network, store, signer, open } = await setUp()
    const attempts: bigint[] = []
    const failingKey = mapKey(configKey(signer, 'bad'))
    const failingNetwork = {
      get: network.get.bind(network),
      put: async (...call: Parameters<typeof network.put>) => {
        if (mapKey(call[0]) !== failingKey) return network.put(...call)
        attempts.push(time.now)
        throw new Error('refused by every peer')
      }
    }
    const manager = open({ network: failingNetwork, store })
    await manager.start()
    await expect(manager.put(configKey(signer, 'bad'), bytes('x'))).rejects.toThrow('refused by every peer')
    await manager.put(configKey(signer, 'good'), bytes('y'))
    await time.advance(2n * day)
    expect(attempts.length).toBeGreaterThan(8)
    expect(attempts.length).toBeLessThan(75)
    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0n))
    expect((gaps.at(-1) ?? 0n) > (gaps[0] ?? 0n) * 30n).toBe(true)
    // a network that answers again is not left alone for long
    expect((gaps.at(-1) ?? 0n) <= hour).toBe(true)
    expect(manager.republishQueue.find(({ failures }) => failures > 0)?.error).toMatchObject({
      message: 'refused by every peer'
    })
    expect(manager.republishQueue.filter(({ failures }) => failures === 0).length).toBe(1)
    await manager.stop()
  })

  test('retries a put that reached no copies, also after a restart', async () => {
    const { time, network, open, key } = await setUp()
    network.unreachable = true
    const first = open()
    await expect(first.put(key, bytes('green'), { checkNetwork: false })).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES'
    })
    await first.stop()
    network.unreachable = false
    const second_ = open()
    await second_.start()
    await time.advance(2n * minute)
    expect(network.values.has(mapKey(key))).toBe(true)
    await second_.stop()
  })

  test('does not store a record again that was deleted while it was copied', async () => {
    const { network, open, key } = await setUp()
    let acknowledge = (): void => undefined
    const acknowledged = new Promise<void>((resolve) => {
      acknowledge = resolve
    })
    const manager = open({
      network: {
        get: network.get.bind(network),
        put: async (...call) => {
          await acknowledged
          return network.put(...call)
        }
      }
    })
    const putting = manager.put(key, bytes('green'))
    await flushMicrotasks()
    expect(await manager.delete(key)).toBe(true)
    acknowledge()
    await putting
    expect(await manager.has(key)).toBe(false)
    expect(manager.republishQueue).toEqual([])
  })

  test('republishes a record of another author unchanged until it expires', async () => {
    const { time, network, open, name } = await setUp()
    const author = portableSigner(new Uint8Array(32).fill(44))
    const theirs = ipnsRoutingKey(peerIdFromPublicKey(author.publicKey))
    const record = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 9n, validity: time.now + 3n * day },
      { signer: author, now: 0n }
    )
    const manager = open()
    await manager.receive(theirs, record)
    expect(await manager.republish(theirs)).toBe(true)
    expect(await manager.republish(name)).toBe(false)
    await manager.start()
    await time.advance(5n * hour)
    expect(network.values.get(mapKey(theirs))).toEqual(record)
    await time.advance(4n * day)
    expect(manager.republishQueue).toHaveLength(1)
    await manager.stop()
  })
})

describe('watching with several managers', () => {
  test('returns the records of a key or prefix, and only the latest of each key to a slow reader', async () => {
    const { manager, signer, key } = await setUp()
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of manager.watch({ prefix: '/config/' })) seen.push(text(record.content))
    })()
    const exact = manager.watch(key)
    const next = exact.next()
    await flushMicrotasks()
    await manager.put(configKey(signer, 'other'), bytes('1'), { offline: true })
    await manager.put(key, bytes('2'), { offline: true })
    expect(text((await next).value?.content)).toBe('2')
    await manager.put(key, bytes('3'), { offline: true })
    await manager.put(key, bytes('4'), { offline: true })
    expect(text(((await exact.next()).value as RecordView).content)).toBe('4')
    await exact.return(undefined)
    await flushMicrotasks()
    await manager.stop()
    await watching
    expect(seen).toEqual(['1', '2', '3', '4'])
    expect((await manager.stats()).watchers).toBe(0)
  })

  test('begins with the stored record with initial, and asks peers at its pollInterval, also after a failure', async () => {
    const { time, network, open, key } = await setUp()
    const author = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    const reader = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    await author.put(key, bytes('green'), { checkNetwork: false })
    await reader.get(key)
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of reader.watch(key, { initial: true, pollInterval: 60_000 }))
        seen.push(text(record.content))
    })()
    await flushMicrotasks()
    expect(seen).toEqual(['green'])
    await author.put(key, bytes('blue'))
    network.unreachable = true
    await time.advance(minute)
    network.unreachable = false
    await time.advance(2n * minute)
    expect(seen).toEqual(['green', 'blue'])
    await reader.stop()
    await watching
    expect(time.pending).toBe(0)
  })

  test('returns from a break without waiting for another record', async () => {
    const { manager, key } = await setUp()
    await manager.put(key, bytes('green'), { offline: true })
    for await (const record of manager.watch(key, { initial: true })) {
      expect(text(record.content)).toBe('green')
      break
    }
    expect((await manager.stats()).watchers).toBe(0)
  })

  test('leaves no timer when the manager stops while peers are asked', async () => {
    const { time, network, open, key } = await setUp()
    let answer = (): void => undefined
    const answered = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined)
    })
    const manager = open({ network: { put: network.put.bind(network), get: () => answered } })
    const watching = manager.watch(key, { pollInterval: 1000 })
    const next = watching.next()
    await time.advance(second)
    await manager.stop()
    await next
    answer()
    await flushMicrotasks()
    expect(time.pending).toBe(0)
  })

  test('rejects with the reason of its signal', async () => {
    const { manager, key } = await setUp()
    const controller = new AbortController()
    const next = manager.watch(key, { signal: controller.signal }).next()
    await flushMicrotasks()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})

test('putSigned stores, copies and republishes a signed value, and rejects an invalid one', async () => {
  const { time, network, manager, signer, name } = await setUp()
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 4n, validity: time.now + 9n * day },
    { signer, now: 0n }
  )
  const { status, receipt } = await manager.putSigned(name, record)
  expect([status, receipt?.copies.reached]).toEqual(['stored', 1])
  expect(network.values.get(mapKey(name))).toEqual(record)
  expect(manager.republishQueue.length).toBe(1)
  await expect(manager.putSigned(name, bytes('garbage'))).rejects.toMatchObject({ name: 'RecordError' })
})

describe('getting through the network', () => {
  test('shares a look-up between concurrent gets, and the abort of one does not affect the others', async () => {
    const { open, network, key } = await setUp()
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slowNetwork = {
      put: network.put.bind(network),
      get: async (...call: Parameters<typeof network.get>) => {
        const found = network.get(...call)
        await answered
        return found
      }
    }
    const manager = open({ network: slowNetwork })
    const controller = new AbortController()
    const aborted = manager.get(key, { signal: controller.signal })
    const others = [manager.get(key), manager.get(key)]
    await flushMicrotasks()
    controller.abort(new Error('cancelled'))
    await expect(aborted).rejects.toThrow('cancelled')
    answer()
    expect(await Promise.all(others)).toEqual([undefined, undefined])
    expect(network.getCount).toBe(1)
  })

  test('caches a miss for 10 seconds and a record for its TTL, and noCache asks peers in any case', async () => {
    const { manager, network, time, key, open } = await setUp()
    await manager.get(key)
    await manager.get(key)
    expect(network.getCount).toBe(1)
    time.now += 11n * second
    await manager.get(key)
    expect(network.getCount).toBe(2)

    const author = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    await author.put(key, bytes('green'), { ttl: 300_000, checkNetwork: false })
    time.now += 11n * second
    expect(text(await manager.get(key))).toBe('green')
    const getCount = network.getCount
    time.now += 4n * minute
    expect(text(await manager.get(key))).toBe('green')
    expect(network.getCount).toBe(getCount)
    await manager.get(key, { noCache: true })
    expect(network.getCount).toBe(getCount + 1)
    time.now += 6n * minute
    await manager.get(key)
    expect(network.getCount).toBe(getCount + 2)
  })

  test('removes a cached miss when a record is received', async () => {
    const { manager, network, time, signer, name } = await setUp()
    expect(await manager.get(name)).toBeUndefined()
    await manager.receive(
      name,
      await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 0n, validity: time.now + hour }, { signer, now: 0n })
    )
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
    expect(network.getCount).toBe(2)
  })

  test('lists the valid records of a prefix in order of their keys', async () => {
    const { manager, signer, time } = await setUp()
    for (const path of ['b', 'a', 'c'])
      await manager.put(configKey(signer, path), bytes(path), {
        offline: true,
        lifetime: path === 'c' ? 1000 : 3_600_000
      })
    time.now += minute
    const values: string[] = []
    for await (const { content } of manager.list('/config/')) values.push(text(content))
    expect(values).toEqual(['a', 'b'])
  })
})

describe('revoking a key', () => {
  test('fails with REVOCATION_UNSUPPORTED in a format without revocations, signs nothing, and a later put is accepted', async () => {
    const tags = joinRecordKey('tags', 'a')
    const settings = joinRecordKey('settings', 'a')
    const shared = joinRecordKey('shared', 'a')
    const { manager, name, signer, calls, network } = await createTestManager({
      namespaces: [
        publicKeys(),
        growOnlySet('tags'),
        lastWriterWinsMap('settings'),
        signed('shared', { authors: anyAuthor(), algorithms: [ed25519Portable] })
      ]
    })
    const pk = joinRecordKey('pk', peerIdFromPublicKey(signer.publicKey))
    const sign = signer.sign.bind(signer)
    let signatures = 0
    Object.assign(signer, {
      sign: async (...parameters: Parameters<typeof sign>) => {
        signatures++
        return sign(...parameters)
      }
    })
    for (const key of [name, pk, tags, settings, shared])
      await expect(manager.revoke(key)).rejects.toMatchObject({ code: 'REVOCATION_UNSUPPORTED', key })
    expect(signatures).toBe(0)
    expect(network.values.size).toBe(0)
    expect(calls.filter(([method]) => method === 'put')).toEqual([])
    expect((await manager.put(name, bytes('/ipfs/bafkqaaa'))).status).toBe('stored')
    expect((await manager.put(tags, bytes('x'))).status).toBe('stored')
    expect((await manager.put(shared, bytes('x'))).status).toBe('stored')
  })

  test('does not expire, and is accepted from anyone', async () => {
    const { manager, key, time, open } = await setUp()
    await manager.put(key, bytes('green'))
    const { record } = await manager.revoke(key, { lifetime: 3_600_000 })
    time.now += 40n * 365n * day
    expect((await manager.getRecord(key))?.revoked).toBe(true)
    expect(await manager.get(key)).toBeUndefined()
    const other = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    expect((await other.receive(key, record.value)).status).toBe('stored')
    await expect(other.put(key, bytes('blue'), { trustClock: true })).rejects.toMatchObject({ code: 'KEY_REVOKED' })
  })

  test('outranks a record signed with the stolen key under the highest sequence', async () => {
    const { manager, signer, key, time } = await setUp()
    await manager.put(key, bytes('green'))
    const { record } = await manager.revoke(key)
    expect(record.revoked).toBe(true)
    const last = (1n << 64n) - 1n
    const stolen = await sealSignedRecord(
      {
        key,
        content: bytes('forged'),
        sequence: last,
        issued: time.now,
        expires: time.now + 3650n * day,
        ttl: 0n,
        revoked: false
      },
      { signer, now: time.now }
    )
    expect(await manager.receive(key, stolen)).toMatchObject({ status: 'stale' })
    expect(await manager.get(key)).toBeUndefined()
    expect((await manager.getRecord(key))?.revoked).toBe(true)
    await expect(manager.put(key, bytes('blue'))).rejects.toMatchObject({ code: 'KEY_REVOKED' })
  })

  test('republishes the revocation', async () => {
    const { manager, network, engine, key, time } = await setUp()
    await manager.start()
    await manager.put(key, bytes('green'))
    await manager.revoke(key)
    network.values.clear()
    await time.advance(day)
    const record = engine.parse(key, network.values.get(mapKey(key)) ?? new Uint8Array())
    expect(record).toMatchObject({ revoked: true })
    await manager.stop()
  })
})

describe('equivocation', () => {
  test('is dispatched for two contents under one sequence, can be verified, and is not the same content for longer', async () => {
    const { manager, engine, signer, key, time } = await setUp()
    const seal = (value: string, expires: bigint, sequence = 1n): Promise<Uint8Array> =>
      sealSignedRecord(
        {
          key,
          content: bytes(value),
          sequence,
          issued: time.now,
          expires: time.now + expires,
          ttl: 0n,
          revoked: false
        },
        { signer, now: time.now }
      )
    const dispatched: Equivocation[] = []
    manager.events.addEventListener('record:equivocation', ({ detail }) => dispatched.push(detail))
    await manager.receive(key, await seal('green', hour))
    await manager.receive(key, await seal('green', 2n * hour))
    expect(dispatched).toEqual([])
    await manager.receive(key, await seal('red', 3n * hour))
    expect(dispatched.length).toBe(1)
    expect(await isEquivocation(engine, dispatched[0] as Equivocation)).toBe(true)
    time.now += day
    expect(await isEquivocation(engine, dispatched[0] as Equivocation)).toBe(true)
    const [green] = (dispatched[0] as Equivocation).values
    expect(await isEquivocation(engine, { key, values: [green, green] })).toBe(false)
    expect(await isEquivocation(engine, { key, values: [green, await seal('later', hour, 2n)] })).toBe(false)
    const forged = (dispatched[0] as Equivocation).values[1].slice()
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
    expect(await isEquivocation(engine, { key, values: [green, forged] })).toBe(false)
  })
})

describe('archives of records', () => {
  test('transfer records between stores, verify them, and reject damaged files', async () => {
    const { manager, open, signer, name, time } = await setUp()
    await manager.put(name, bytes('/ipfs/bafkqaaa'), { offline: true })
    for (const path of ['a', 'b']) await manager.put(configKey(signer, path), bytes(path), { offline: true })
    const chunks: Uint8Array[] = []
    for await (const chunk of exportRecords(manager)) chunks.push(chunk)
    const file = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())

    const other = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    const slices = Array.from({ length: Math.ceil(file.length / 7) }, (_, index) =>
      file.slice(7 * index, 7 * index + 7)
    )
    expect((await importRecords(other, slices)).records).toEqual({ stored: 3 })
    expect((await importRecords(other, [file])).records).toEqual({ refreshed: 3 })
    expect(text(await other.get(name, { offline: true }))).toBe('/ipfs/bafkqaaa')

    const damaged = file.slice()
    // in the last record, before the end of 9 bytes
    damaged[damaged.length - 60] = (damaged[damaged.length - 60] ?? 0) ^ 1
    const third = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    const result = await importRecords(third, [damaged])
    expect(result).toMatchObject({ records: { stored: 2 }, refused: 1 })
    await expect(importRecords(third, [file.slice(0, -1)])).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    await expect(importRecords(third, [bytes('not an archive at all')])).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID'
    })
    await expect(importRecords(third, [])).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
  })
})

test('a manager that is stopped during a sweep starts no further sweep', async () => {
  const { time, store, open } = await setUp()
  let swept = (): void => undefined
  const sweeping = new Promise<number>((resolve) => {
    swept = () => resolve(0)
  })
  const slow = new Proxy(store, {
    get(target, name) {
      if (name === 'sweep') return () => sweeping
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
  const manager = open({ store: slow, sweepInterval: 1000 })
  await manager.start()
  await time.advance(second)
  await manager.stop()
  swept()
  await flushMicrotasks()
  expect(time.pending).toBe(0)
})

describe('a failing store', () => {
  test('rejects a put with its code, keeps the stored record, and works again afterwards', async () => {
    const { manager, store, open, key } = await setUp()
    await manager.put(key, bytes('green'), { offline: true })
    let failing = true
    const unreliable = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'put') {
          return (...call: Parameters<RecordStore['put']>) =>
            failing
              ? Promise.reject(Object.assign(new Error('disk full'), { name: 'RecordError', code: 'STORE_IO' }))
              : target.put(...call)
        }
        return member.bind(target) as unknown
      }
    })
    const onUnreliable = open({ store: unreliable })
    await expect(onUnreliable.put(key, bytes('blue'), { offline: true })).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(text(await onUnreliable.get(key, { offline: true }))).toBe('green')
    failing = false
    await onUnreliable.put(key, bytes('blue'), { offline: true })
    expect(text(await onUnreliable.get(key, { offline: true }))).toBe('blue')
  })
})
