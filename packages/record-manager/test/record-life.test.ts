import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { exportRecords, importRecords, isEquivocation, replication, RecordManager } from '@recordkit/record-manager'
import type { Equivocation, RecordManagerOptions, RecordView } from '@recordkit/record-manager'
import { day, hour, minute, portableSigner, second } from '@recordkit/testing'
import { mapKey } from '@recordkit/record-types/internal'
import type { RecordNetwork, Signer } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import { ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { ToyNetwork } from './toy-network.ts'

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const configKey = ({ publicKey }: Signer, path = 'app'): Uint8Array =>
  joinRecordKey('config', `${ipnsNameToString(peerIdFromPublicKey(publicKey))}/${path}`)
// what answers at once: a virtual clock does not wait for WebCrypto
const algorithms = [ed25519Portable]

/** A seeded generator: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Parts extends Partial<Omit<RecordManagerOptions, 'network'>> {
  readonly network?: RecordNetwork
  readonly random?: () => number
}

async function house(parts: Parts = {}) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine(
    [ipns({ algorithms }), publicKeys(), signed('config', { authors: ownerInKey(), algorithms })],
    { clock }
  )
  const network = new ToyNetwork(engine)
  const store: RecordStore = new MemoryRecordStore({ clock })
  const signer = portableSigner(new Uint8Array(32).fill(33))
  const all = { engine, store, signer, network, clock, setTimer, random: numbers(1), ...parts }
  const open = (more: Parts = {}): RecordManager => {
    const { network: peers, random, ...own } = { ...all, ...more }
    return new RecordManager({ ...own, network: replication(peers, { random }) })
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
  test('a week with restarts, an unreachable network and a clock that jumps: no record lapses', async () => {
    const { time, network, open, signer, engine, name } = await house()
    const random = numbers(7)
    const keys = [name, ...Array.from({ length: 20 }, (_, index) => configKey(signer, String(index)))]
    let manager = open({ random })
    await manager.start()
    for (const key of keys) await manager.put(key, bytes('/ipfs/bafkqaaa'))
    const end = time.now + 7n * day
    let lapsed = 0
    while (time.now < end) {
      const roll = random()
      if (roll < 0.1) {
        await manager.stop()
        // a sleep of up to six hours, during which no timer ran
        time.now += BigInt(Math.floor(random() * 6 * 3600)) * second
        manager = open({ random })
        await manager.start()
      } else if (roll < 0.3) network.away = !network.away && random() < 0.8
      await time.advance(hour)
      for (const key of keys) {
        const value = network.held.get(mapKey(key))
        const verdict = value === undefined ? undefined : await engine.validate(key, value)
        if (verdict?.status !== 'accept') lapsed++
      }
    }
    expect(lapsed).toBe(0)
    expect(manager.republishQueue.length).toBe(keys.length)
    await manager.stop()
    expect(time.pending).toBe(0)
  })

  test('keeps everything about a record, and never shortens its life', async () => {
    const { time, network, manager, engine, name, key } = await house()
    await manager.start()
    await manager.put(name, bytes('/ipfs/bafkqaaa'), { ttl: 7n * minute })
    await manager.put(key, bytes('green'), { lifetime: 30n * day, ttl: minute })
    const before = { name: network.held.get(mapKey(name)), key: network.held.get(mapKey(key)) }
    await time.advance(day)
    const parse = (at: Uint8Array): { sequence?: bigint; ttl?: bigint; expires?: bigint } => {
      const opened = engine.parse(at, network.held.get(mapKey(at)) ?? new Uint8Array())
      if ('status' in opened) throw new Error(opened.message)
      return opened
    }
    expect(network.held.get(mapKey(name))).not.toEqual(before.name)
    expect(parse(name)).toMatchObject({ sequence: 0n, ttl: 7n * minute })
    expect(parse(key)).toMatchObject({ sequence: 0n, ttl: minute })
    expect((parse(key).expires ?? 0n) - time.now).toBeGreaterThan(29n * day)
    await manager.stop()
  })

  test('one bad key never stops the rest, and is tried less and less often', async () => {
    const { time, network, store, signer, open } = await house()
    const tries: bigint[] = []
    const bad = mapKey(configKey(signer, 'bad'))
    const choosy = {
      get: network.get.bind(network),
      put: async (...call: Parameters<typeof network.put>) => {
        if (mapKey(call[0]) !== bad) return network.put(...call)
        tries.push(time.now)
        throw new Error('refused by everybody')
      }
    }
    const manager = open({ network: choosy, store })
    await manager.start()
    await expect(manager.put(configKey(signer, 'bad'), bytes('x'))).rejects.toThrow('refused by everybody')
    await manager.put(configKey(signer, 'good'), bytes('y'))
    await time.advance(2n * day)
    expect(tries.length).toBeGreaterThan(8)
    expect(tries.length).toBeLessThan(20)
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0n))
    expect((gaps.at(-1) ?? 0n) > (gaps[0] ?? 0n) * 100n).toBe(true)
    expect(manager.republishQueue.find(({ failures }) => failures > 0)?.error).toMatchObject({
      message: 'refused by everybody'
    })
    expect(manager.republishQueue.filter(({ failures }) => failures === 0).length).toBe(1)
    await manager.stop()
  })

  test('a put that found no copies is tried again, after a restart too', async () => {
    const { time, network, open, key } = await house()
    network.away = true
    const first = open()
    await expect(first.put(key, bytes('green'), { checkNetwork: false })).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES'
    })
    await first.stop()
    network.away = false
    const second_ = open()
    await second_.start()
    await time.advance(2n * minute)
    expect(network.held.has(mapKey(key))).toBe(true)
    await second_.stop()
  })

  test('what is deleted while it is copied does not come back', async () => {
    const { network, open, key } = await house()
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

  test('a third party keeps a record alive as it is', async () => {
    const { time, network, open, name } = await house()
    const author = portableSigner(new Uint8Array(32).fill(44))
    const theirs = ipnsRoutingKey(peerIdFromPublicKey(author.publicKey))
    const record = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 9n, validity: time.now + 3n * day },
      { signer: author }
    )
    const manager = open()
    await manager.receive(theirs, record)
    expect(await manager.republish(theirs)).toBe(true)
    expect(await manager.republish(name)).toBe(false)
    await manager.start()
    await time.advance(5n * hour)
    expect(network.held.get(mapKey(theirs))).toEqual(record)
    await time.advance(4n * day)
    expect(manager.republishQueue).toEqual([])
    await manager.stop()
  })
})

describe('watching', () => {
  test('sees what is stored under a key or a prefix, and of a slow reader’s key only the latest', async () => {
    const { manager, signer, key } = await house()
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of manager.watch({ prefix: '/config/' })) seen.push(text(record.content))
    })()
    const exact = manager.watch(key)
    const next = exact.next()
    await flushMicrotasks()
    await manager.put(configKey(signer, 'other'), bytes('1'), { offline: true })
    await manager.put(key, bytes('2'), { offline: true })
    expect(text((await next).value?.value)).toBe('2')
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

  test('begins with what is held, when asked to, and asks peers again and again for what it would not hear', async () => {
    const { time, network, open, key } = await house()
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
    network.away = true
    await time.advance(minute)
    network.away = false
    await time.advance(2n * minute)
    expect(seen).toEqual(['green', 'blue'])
    await reader.stop()
    await watching
    expect(time.pending).toBe(0)
  })

  test('who stops at the first record is not kept waiting for a next one', async () => {
    const { manager, key } = await house()
    await manager.put(key, bytes('green'), { offline: true })
    for await (const record of manager.watch(key, { initial: true })) {
      expect(text(record.content)).toBe('green')
      break
    }
    expect((await manager.stats()).watchers).toBe(0)
  })

  test('who stops while peers are asked leaves no timer behind', async () => {
    const { time, network, open, key } = await house()
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

  test('ends with the signal’s own reason', async () => {
    const { manager, key } = await house()
    const controller = new AbortController()
    const next = manager.watch(key, { signal: controller.signal }).next()
    await flushMicrotasks()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})

test('a finished value is published as ours, and kept alive', async () => {
  const { time, network, manager, signer, name } = await house()
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 4n, validity: time.now + 9n * day },
    { signer }
  )
  const { status, receipt } = await manager.putSigned(name, record)
  expect([status, receipt?.copies.reached]).toEqual(['stored', 1])
  expect(network.held.get(mapKey(name))).toEqual(record)
  expect(manager.republishQueue.length).toBe(1)
  await expect(manager.putSigned(name, bytes('garbage'))).rejects.toMatchObject({ name: 'RecordError' })
})

describe('reading', () => {
  test('the same question at the same time is asked once, and one caller’s abort is nobody else’s', async () => {
    const { open, network, key } = await house()
    let answer = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slow = {
      put: network.put.bind(network),
      get: async (...call: Parameters<typeof network.get>) => {
        const found = network.get(...call)
        await opened
        return found
      }
    }
    const manager = open({ network: slow })
    const controller = new AbortController()
    const given = manager.get(key, { signal: controller.signal })
    const others = [manager.get(key), manager.get(key)]
    await flushMicrotasks()
    controller.abort(new Error('lost interest'))
    await expect(given).rejects.toThrow('lost interest')
    answer()
    expect(await Promise.all(others)).toEqual([undefined, undefined])
    expect(network.gets).toBe(1)
  })

  test('a miss is remembered briefly, a record for its TTL, and fresh asks all the same', async () => {
    const { manager, network, time, key, open } = await house()
    await manager.get(key)
    await manager.get(key)
    expect(network.gets).toBe(1)
    time.now += 11n * second
    await manager.get(key)
    expect(network.gets).toBe(2)

    const author = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    await author.put(key, bytes('green'), { ttl: 5n * minute, checkNetwork: false })
    time.now += 11n * second
    expect(text(await manager.get(key))).toBe('green')
    const asked = network.gets
    time.now += 4n * minute
    expect(text(await manager.get(key))).toBe('green')
    expect(network.gets).toBe(asked)
    await manager.get(key, { noCache: true })
    expect(network.gets).toBe(asked + 1)
    time.now += 6n * minute
    await manager.get(key)
    expect(network.gets).toBe(asked + 2)
  })

  test('what is received ends a remembered miss', async () => {
    const { manager, network, time, signer, name } = await house()
    expect(await manager.get(name)).toBeUndefined()
    await manager.receive(
      name,
      await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 0n, validity: time.now + hour }, { signer })
    )
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
    expect(network.gets).toBe(2)
  })

  test('lists what is valid under a prefix, in order', async () => {
    const { manager, signer, time } = await house()
    for (const path of ['b', 'a', 'c'])
      await manager.put(configKey(signer, path), bytes(path), { offline: true, lifetime: path === 'c' ? second : hour })
    time.now += minute
    const values: string[] = []
    for await (const { content } of manager.list('/config/')) values.push(text(content))
    expect(values).toEqual(['a', 'b'])
  })
})

describe('closing a key', () => {
  test('outranks a thief who holds the key, whatever sequence he takes', async () => {
    const { manager, signer, key, time } = await house()
    await manager.put(key, bytes('green'))
    const { record } = await manager.revoke(key)
    expect(record.revoked).toBe(true)
    const last = (1n << 64n) - 1n
    const stolen = await sealSignedRecord(
      {
        key,
        content: bytes('mine now'),
        sequence: last,
        issued: time.now,
        expires: time.now + 3650n * day,
        ttl: 0n,
        revoked: false
      },
      { signer }
    )
    expect(await manager.receive(key, stolen)).toMatchObject({ status: 'stale' })
    expect(await manager.get(key)).toBeUndefined()
    expect((await manager.getRecord(key))?.revoked).toBe(true)
    await expect(manager.put(key, bytes('blue'))).rejects.toMatchObject({ code: 'KEY_REVOKED' })
  })

  test('the tombstone is kept and published again until it expires', async () => {
    const { manager, network, engine, key, time } = await house()
    await manager.start()
    await manager.put(key, bytes('green'))
    await manager.revoke(key)
    network.held.clear()
    await time.advance(day)
    const opened = engine.parse(key, network.held.get(mapKey(key)) ?? new Uint8Array())
    expect(opened).toMatchObject({ revoked: true })
    await manager.stop()
  })
})

describe('equivocation', () => {
  test('two contents under one sequence are evidence that anyone can verify; a longer life is not', async () => {
    const { manager, engine, signer, key, time } = await house()
    const of = (value: string, expires: bigint, sequence = 1n): Promise<Uint8Array> =>
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
        { signer }
      )
    const told: Equivocation[] = []
    manager.events.addEventListener('record:equivocation', ({ detail }) => told.push(detail))
    await manager.receive(key, await of('green', hour))
    await manager.receive(key, await of('green', 2n * hour))
    expect(told).toEqual([])
    await manager.receive(key, await of('red', 3n * hour))
    expect(told.length).toBe(1)
    expect(await isEquivocation(engine, told[0] as Equivocation)).toBe(true)
    time.now += day
    expect(await isEquivocation(engine, told[0] as Equivocation)).toBe(true)
    const [green] = (told[0] as Equivocation).values
    expect(await isEquivocation(engine, { key, values: [green, green] })).toBe(false)
    expect(await isEquivocation(engine, { key, values: [green, await of('later', hour, 2n)] })).toBe(false)
    const forged = (told[0] as Equivocation).values[1].slice()
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
    expect(await isEquivocation(engine, { key, values: [green, forged] })).toBe(false)
  })
})

describe('files of records', () => {
  test('go from one store to another, verified on the way in, however they are cut', async () => {
    const { manager, open, signer, name, time } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa'), { offline: true })
    for (const path of ['a', 'b']) await manager.put(configKey(signer, path), bytes(path), { offline: true })
    const chunks: Uint8Array[] = []
    for await (const chunk of exportRecords(manager.list())) chunks.push(chunk)
    const file = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer())

    const other = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    const slices = Array.from({ length: Math.ceil(file.length / 7) }, (_, index) =>
      file.slice(7 * index, 7 * index + 7)
    )
    expect(await importRecords(other, slices)).toEqual({ stored: 3 })
    expect(await importRecords(other, [file])).toEqual({ refreshed: 3 })
    expect(text(await other.get(name, { offline: true }))).toBe('/ipfs/bafkqaaa')

    const damaged = file.slice()
    // in the last record's signature: the receive time behind it is nobody's word
    damaged[damaged.length - 60] = (damaged[damaged.length - 60] ?? 0) ^ 1
    const third = open({ store: new MemoryRecordStore({ clock: time.clock }) })
    const counts = await importRecords(third, [damaged])
    expect(counts.stored).toBe(2)
    await expect(importRecords(third, [file.slice(0, -1)])).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    await expect(importRecords(third, [bytes('something else entirely')])).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID'
    })
    await expect(importRecords(third, [])).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
  })
})

test('a manager that is stopped while it sweeps does not begin again', async () => {
  const { time, store, open } = await house()
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

describe('faults', () => {
  test('a store that fails gives its code, loses nothing acknowledged, and the manager goes on', async () => {
    const { manager, store, open, key } = await house()
    await manager.put(key, bytes('green'), { offline: true })
    let broken = true
    const failing = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name === 'put') {
          return (...call: Parameters<RecordStore['put']>) =>
            broken
              ? Promise.reject(Object.assign(new Error('disk full'), { name: 'RecordError', code: 'STORE_IO' }))
              : target.put(...call)
        }
        return member.bind(target) as unknown
      }
    })
    const onBroken = open({ store: failing })
    await expect(onBroken.put(key, bytes('blue'), { offline: true })).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(text(await onBroken.get(key, { offline: true }))).toBe('green')
    broken = false
    await onBroken.put(key, bytes('blue'), { offline: true })
    expect(text(await onBroken.get(key, { offline: true }))).toBe('blue')
  })
})
