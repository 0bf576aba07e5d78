import { ipnsNameToString, ipnsRoutingKey, joinKey } from '@recordkit/record-codec'
import { settle, VirtualTime } from '@recordkit/record-conformance'
import { peerIdOf, signIpnsRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { managedNetwork, RecordManager } from '@recordkit/record-manager'
import type { ManagerProgress, RecordManagerParts, RecordView } from '@recordkit/record-manager'
import { day, hour, mapKey, minute, RecordError, second } from '@recordkit/record-types'
import type {
  AccessControl,
  Namespace,
  NetworkGetOptions,
  NetworkPutOptions,
  RecordNetwork,
  RecordStore,
  StoredRecord
} from '@recordkit/record-types'
import { bySequence, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { ToyNetwork } from './toy-network.ts'

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const algorithms = [ed25519Portable]

/** A store that remembers what it was called with. */
function watchedStore(store: RecordStore): { readonly store: RecordStore; readonly calls: unknown[][] } {
  const calls: unknown[][] = []
  const watched = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        calls.push([name, ...given])
        return Reflect.apply(member, target, given)
      }
    }
  })
  return { store: watched, calls }
}

const never = (1n << 64n) - 1n

/** A record that says its sequence and when it ends, ordered by its sequence; of two with one, the shorter has larger bytes. */
function timedValue(sequence: bigint, expires: bigint): Uint8Array {
  const value = new Uint8Array(16)
  new DataView(value.buffer).setBigUint64(0, sequence)
  new DataView(value.buffer).setBigUint64(8, never - expires)
  return value
}

function timed(name: string): Namespace {
  return {
    name,
    limits: { key: 100, value: 100 },
    parse(key, value) {
      if (value.length !== 16) return { verdict: 'reject', code: 'CONTENT_INVALID', message: 'no such record' }
      const view = new DataView(value.buffer, value.byteOffset)
      const [sequence, expires] = [view.getBigUint64(0), never - view.getBigUint64(8)]
      return { key, value, rank: value.slice(0, 8), sequence, expires, payload: value }
    },
    verify: () => ({ verdict: 'accept' })
  }
}

interface Parts extends Partial<Omit<RecordManagerParts, 'network'>> {
  readonly namespaces?: readonly Namespace[]
}

async function house({ namespaces = [], ...parts }: Parts = {}) {
  const time = new VirtualTime()
  const { clock, setTimer } = time
  const engine = new ValidationEngine(
    [
      ipns({ algorithms }),
      signed('config', { authors: ownerInKey(), algorithms }),
      bySequence('plain', { sequence: (value) => BigInt(value[0] ?? 0) }),
      ...namespaces
    ],
    { clock }
  )
  const { store, calls } = watchedStore(parts.store ?? new MemoryRecordStore({ clock }))
  const signer = portableSigner(new Uint8Array(32).fill(33))
  const network = new ToyNetwork(engine)
  const asked: NetworkGetOptions[] = []
  const copied: NetworkPutOptions[] = []
  const watched: RecordNetwork = {
    get: async (key, options = {}) => {
      asked.push(options)
      return network.get(key, options)
    },
    put: async (key, value, options = {}) => {
      copied.push(options)
      return network.put(key, value, options)
    }
  }
  const unsignedParts = { engine, clock, setTimer, ...parts, store }
  const all = { ...unsignedParts, signer }
  const peers = managedNetwork(watched, { random: () => 0 })
  const peerId = peerIdOf(signer.publicKey)
  return {
    time,
    engine,
    store,
    calls,
    signer,
    network,
    asked,
    copied,
    local: new RecordManager(all),
    manager: new RecordManager({ ...all, network: peers }),
    /** without a signer */
    unsigned: new RecordManager({ ...unsignedParts, network: peers }),
    key: joinKey('config', `${ipnsNameToString(peerId)}/app`),
    name: ipnsRoutingKey(peerId)
  }
}

describe('a put', () => {
  test('hands on its lifetime and TTL; 10 years for a closed key unless it says otherwise', async () => {
    const { local, key, time } = await house()
    const { record } = await local.put(key, bytes('green'), { lifetime: day, ttl: minute })
    expect(record).toMatchObject({ expires: time.now + day, ttl: minute })
    expect((await local.revoke(key)).record).toMatchObject({
      expires: time.now + 3650n * day,
      revoked: true,
      sequence: 1n
    })
    const again = await local.revoke(key, { lifetime: 4000n * day })
    expect(again.record).toMatchObject({ expires: time.now + 4000n * day, sequence: 1n })
  })

  test('keeps what the record before it was made with, and its life is no shorter for want of a word', async () => {
    const { local, name, signer, time } = await house()
    const before = await signIpnsRecord({
      signer,
      value: '/ipfs/bafkqaaa/1',
      sequence: 4n,
      validity: time.now + hour,
      ttl: minute,
      v1Compatible: false,
      extra: new Map([['_note', 'kept']])
    })
    await local.publish(name, before)
    const { record } = await local.put(name, bytes('/ipfs/bafkqaaa/2'))
    expect(record.sequence).toBe(5n)
    expect(text(record.bytes)).toContain('_note')
  })

  test('asks the network for the latest only where it must: for a first record, with ifSequence, or when told to', async () => {
    const { manager, key, asked } = await house()
    await manager.put(key, bytes('1'), { deadline: 700 })
    expect(asked).toEqual([{ deadline: 700 }])
    await manager.put(key, bytes('2'))
    expect(asked.length).toBe(1)
    await manager.put(key, bytes('3'), { ifSequence: 1n })
    expect(asked.length).toBe(2)
    expect(asked[1]?.local).toMatchObject({ sequence: 1n })
    await manager.put(key, bytes('4'), { refresh: true })
    expect(asked.length).toBe(3)
    await manager.delete(key)
    // a mark says where to go on
    await manager.put(key, bytes('5'))
    await manager.put(key, bytes('6'), { ifSequence: 4n, refresh: false })
    await manager.put(key, bytes('7'), { ifSequence: 5n, offline: true })
    expect(asked.length).toBe(3)
  })

  test('of what peers have as the latest already is their record for longer, and no new one', async () => {
    const { manager, local, key, network, signer } = await house()
    await local.put(key, bytes('green'))
    const elsewhere = await house()
    await elsewhere.local.put(key, bytes('green'))
    const { record } = await elsewhere.local.put(key, bytes('blue'))
    expect(peerIdOf(signer.publicKey)).toEqual(record.author)
    network.held.set(mapKey(key), record.bytes)
    expect((await manager.put(key, bytes('blue'), { refresh: true, lifetime: 90n * day })).record.sequence).toBe(1n)
  })

  test('says how many copies and how long; and nothing else goes to the network', async () => {
    const { manager, key, copied } = await house()
    const { signal } = new AbortController()
    await manager.put(key, bytes('1'), { copies: 1, deadline: 700, signal, ttl: minute })
    await manager.put(key, bytes('2'))
    expect(copied).toEqual([{ copies: 1, deadline: 700, signal }, {}])
  })

  test('that was given up before its turn makes nothing', async () => {
    const { local, key, calls } = await house()
    const reason = new Error('no longer of interest')
    await expect(local.put(key, bytes('green'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(calls.filter(([name]) => name === 'put')).toEqual([])
  })

  test('tells how it comes along, with the record and the receipt', async () => {
    const { manager, key } = await house()
    const seen: ManagerProgress[] = []
    const { record, receipt } = await manager.put(key, bytes('green'), { onProgress: (event) => seen.push(event) })
    expect(seen).toEqual([
      { type: 'record:put:stored', detail: record },
      { type: 'record:put:copied', detail: receipt }
    ])
    expect(receipt?.copies).toEqual({ asked: 1, reached: 1 })
    seen.length = 0
    const found = await manager.getRecord(key, { onProgress: (event) => seen.push(event), fresh: true })
    expect(seen).toEqual([
      { type: 'record:get:held', detail: { ...found } },
      { type: 'record:get:asking', detail: undefined },
      { type: 'record:get:found', detail: { ...found } }
    ])
  })

  test('marks what it stores as ours, with its author and digest; a record received as its sender’s', async () => {
    const { manager, store, key, signer, time } = await house()
    await manager.put(key, bytes('green'), { offline: true })
    const ours = (await store.get(key)) as StoredRecord
    expect(ours).toMatchObject({ local: true, author: peerIdOf(signer.publicKey), timeReceived: time.now })
    expect(ours.sender).toBeUndefined()
    expect(ours.expires).toBe(time.now + 48n * hour)
    const other = portableSigner(new Uint8Array(32).fill(3))
    const theirs = ipnsRoutingKey(peerIdOf(other.publicKey))
    const value = await signIpnsRecord({
      signer: other,
      value: '/ipfs/bafkqaaa',
      sequence: 1n,
      validity: time.now + hour
    })
    const sender = Uint8Array.of(0, 1, 7)
    await manager.receive(theirs, value, { sender })
    const held = (await store.get(theirs)) as StoredRecord
    expect(held).toMatchObject({ sender, expires: time.now + hour })
    expect(held.local ?? false).toBe(false)
  })
})

test('closing a key that held nothing is a change: it has a sequence of its own', async () => {
  const { local, key } = await house()
  await local.put(key, new Uint8Array(0))
  expect((await local.put(key, new Uint8Array(0))).record.sequence).toBe(0n)
  expect((await local.revoke(key)).record).toMatchObject({ sequence: 1n, revoked: true })
  await expect(local.put(key, bytes('x'))).rejects.toMatchObject({ code: 'KEY_REVOKED', key })
})

describe('a put that fails', () => {
  test('says what the refusal said, with its key and cause', async () => {
    const { local, unsigned, key, name } = await house()
    await expect(local.publish(name, Uint8Array.of(1))).rejects.toMatchObject({
      name: 'RecordError',
      code: 'PROTOBUF_FIELD_NUMBER',
      key: name,
      cause: expect.anything() as unknown
    })
    await local.put(key, bytes('1'))
    const old = (await local.getRecord(key)) as RecordView
    await local.put(key, bytes('2'))
    await expect(local.publish(key, old.bytes)).rejects.toMatchObject({
      code: 'STALE',
      message: expect.stringContaining('ranks below the record held') as unknown
    })
    await local.delete(key)
    await expect(local.publish(key, old.bytes)).rejects.toMatchObject({
      code: 'STALE',
      message: expect.stringContaining('one that was held before') as unknown
    })
    await expect(local.put('/none/x', bytes('x'))).rejects.toMatchObject({
      code: 'NAMESPACE_UNKNOWN',
      key: bytes('/none/x')
    })
    await expect(unsigned.put(key, bytes('x'))).rejects.toMatchObject({ code: 'NOT_SEALABLE', key })
    await expect(local.put('/plain/x', bytes('x'))).rejects.toMatchObject({
      code: 'NOT_SEALABLE',
      key: bytes('/plain/x'),
      message: expect.stringContaining('plain') as unknown
    })
  })

  test('for want of room says so', async () => {
    const full = new MemoryRecordStore({ maxBytes: 10 })
    const { local, key, name, signer, time } = await house({ store: full })
    await expect(local.put(key, bytes('green'))).rejects.toMatchObject({ code: 'QUOTA' })
    const value = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour })
    expect(await local.receive(name, value)).toMatchObject({ outcome: 'quota', code: 'QUOTA' })
  })

  test('tells nobody of a refusal that its caller is told of; what strangers hand in is told', async () => {
    const { local, name } = await house()
    const refused: unknown[] = []
    local.events.addEventListener('record:refused', ({ detail }) => refused.push(detail.outcome.code))
    await expect(local.publish(name, Uint8Array.of(1))).rejects.toBeDefined()
    expect(refused).toEqual([])
    await local.receive(name, Uint8Array.of(1))
    expect(refused).toEqual(['PROTOBUF_FIELD_NUMBER'])
  })

  test('to reach anybody is told, and tried again', async () => {
    const { manager, network, key, time } = await house()
    const told: unknown[] = []
    manager.events.addEventListener('record:unpublished', ({ detail }) => told.push([detail.key, detail.error]))
    manager.events.addEventListener('record:published', ({ detail }) => told.push([detail.key, detail.copies]))
    network.away = true
    await expect(manager.put(key, bytes('green'), { refresh: false })).rejects.toBeInstanceOf(RecordError)
    expect(told).toEqual([[key, expect.objectContaining({ code: 'COPIES_NOT_REACHED' })]])
    expect(manager.schedule).toMatchObject([{ key, next: time.now + minute, failures: 1 }])
    network.away = false
    await manager.start()
    await time.advance(minute)
    expect(told.slice(1)).toEqual([[key, 1]])
    await manager.stop()
  })
})

describe('a get', () => {
  test('of a record that a full store does not keep is answered all the same', async () => {
    const full = new MemoryRecordStore({ maxBytes: 10 })
    const { manager, network, name, signer, time } = await house({ store: full })
    const value = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour })
    network.held.set(mapKey(name), value)
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
  })

  test('hands its quorum, deadline and what is held to the network', async () => {
    const { manager, key, asked } = await house()
    await manager.put(key, bytes('green'), { offline: true })
    await manager.get(key, { quorum: 2, deadline: 500 })
    expect(asked).toMatchObject([{ quorum: 2, deadline: 500, local: { sequence: 0n } }])
  })

  test('of what is stored is checked like any other: damaged bytes are no answer', async () => {
    const { local, store, key } = await house()
    const { record } = await local.put(key, bytes('green'))
    const held = (await store.get(key)) as StoredRecord
    const damaged = record.bytes.slice()
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    await store.put({ ...held, value: damaged, rank: new Uint8Array(held.rank.length).fill(255) })
    expect(await local.getRecord(key)).toBeUndefined()
    expect(await local.has(key)).toBe(false)
    expect(await local.keepAlive(key)).toBe(false)
    const listed: unknown[] = []
    for await (const one of local.list()) listed.push(one)
    expect(listed).toEqual([])
  })

  test('of a closed key has no content, but the record that closes it', async () => {
    const { local, key } = await house()
    await local.put(key, bytes('green'))
    await local.revoke(key)
    expect(await local.get(key)).toBeUndefined()
    expect(await local.getRecord(key)).toMatchObject({ revoked: true })
  })

  test('says when a record was received, and not when it was read', async () => {
    const { local, key, time } = await house()
    const received = time.now
    await local.put(key, bytes('green'))
    time.now += minute
    expect((await local.getRecord(key))?.timeReceived).toBe(received)
  })
})

describe('who handed a record over', () => {
  test('is told of as accepted, ignored or rejected', async () => {
    const reports: string[] = []
    const access: AccessControl = {
      admit: () => undefined,
      report: (_peer, verdict) => void reports.push(verdict)
    }
    const { local, name, signer, time } = await house({ access })
    const of = async (sequence: bigint, validity = time.now + hour): Promise<Uint8Array> =>
      signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence, validity })
    const sender = Uint8Array.of(0, 1, 7)
    for (const value of [await of(2n), await of(2n), await of(1n), await of(3n, time.now - 1n), Uint8Array.of(1)])
      await local.receive(name, value, { sender })
    expect(reports).toEqual(['accept', 'accept', 'ignore', 'ignore', 'reject'])
    await local.receive(name, await of(4n))
    expect(reports.length).toBe(5)
  })

  test('may lack whoever keeps count of it', async () => {
    const { local, name } = await house({ access: { admit: () => undefined } })
    expect(await local.receive(name, Uint8Array.of(1), { sender: Uint8Array.of(0, 1, 7) })).toMatchObject({
      outcome: 'rejected'
    })
  })

  test('a signal goes to who is asked about a sender, and to the store', async () => {
    const { signal } = new AbortController()
    const given: unknown[] = []
    const { local, calls, name, signer, time } = await house({
      access: {
        admit: (_sender, _key, options) => {
          given.push(options)
          return undefined
        }
      }
    })
    const value = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour })
    await local.receive(name, value, { sender: Uint8Array.of(0, 1, 7), signal })
    expect(given).toEqual([{ signal }])
    expect(calls.find(([method]) => method === 'put')?.[2]).toEqual({ signal })
    calls.length = 0
    await local.get(name, { signal })
    await local.has(name, { signal })
    await local.delete(name, { signal })
    expect(calls.map(([method, , options]) => [method, options])).toEqual([
      ['get', { signal }],
      ['get', { signal }],
      ['delete', { signal }]
    ])
  })
})

describe('what a manager tells of itself', () => {
  test('figures of store, verdicts, reads, watchers and schedule', async () => {
    const { manager, local, key } = await house()
    await manager.put(key, bytes('green'))
    await manager.get('/ipns/none').catch(() => undefined)
    const watching = manager.watch(key)
    const next = watching.next()
    await settle()
    const stats = await manager.stats()
    expect(stats).toMatchObject({ store: { entries: 1 }, watchers: 1, scheduled: 1, reads: { asking: 0 } })
    expect(stats.verdicts.entries).toBeGreaterThan(0)
    expect((await local.stats()).reads).toEqual({ asking: 0, remembered: 0 })
    expect((await local.stats()).scheduled).toBe(0)
    expect(local.schedule).toEqual([])
    await manager.stop()
    await next
  })
})

describe('a manager that is started', () => {
  test('sweeps every ten minutes, or as told, and once for all starts', async () => {
    for (const [given, milliseconds] of [
      [{}, 600_000],
      [{ sweepInterval: 1000 }, 1000]
    ] as const) {
      const { local, calls, time } = await house(given)
      await local.start()
      await local.start()
      const sweeps = (): number => calls.filter(([name]) => name === 'sweep').length
      await time.advance(BigInt(milliseconds) * 1_000_000n - 1n)
      expect(sweeps()).toBe(0)
      await time.advance(1n)
      expect(sweeps()).toBe(1)
      await time.advance(BigInt(milliseconds) * 1_000_000n)
      expect(sweeps()).toBe(2)
      await local.stop()
      expect(time.pending).toBe(0)
    }
  })

  test('goes on sweeping when a sweep failed', async () => {
    let sweeps = 0
    const store = new MemoryRecordStore()
    const failing = new Proxy(store, {
      get(target, name) {
        if (name === 'sweep')
          return async () => {
            sweeps++
            throw new Error('disk full')
          }
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
    })
    const { local, time } = await house({ store: failing, sweepInterval: 1000 })
    await local.start()
    await time.advance(3n * second)
    expect(sweeps).toBe(3)
    await local.stop()
  })

  test('keeps alive what is ours and nothing else, from when it was last published', async () => {
    const { manager, store, key, name, signer, time } = await house()
    const published = time.now - hour
    await manager.put(key, bytes('green'), { offline: true })
    await store.put({ ...((await store.get(key)) as StoredRecord), local: true, published })
    const value = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour })
    await manager.receive(name, value)
    await manager.start()
    expect(manager.schedule).toEqual([{ key, next: published + 22n * hour, failures: 0 }])
    await manager.stop()
  })

  test('can be stopped, closed and disposed of; closing closes the store', async () => {
    const { local, calls, time } = await house()
    await local.start()
    await local[Symbol.asyncDispose]()
    expect(calls.map(([name]) => name)).toContain('close')
    expect(time.pending).toBe(0)
    await expect(local.get('/ipns/x')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})

describe('keeping alive', () => {
  test('marks a record as ours to keep, from when it was published', async () => {
    const { manager, store, name, signer, time } = await house()
    const value = await signIpnsRecord({
      signer,
      value: '/ipfs/bafkqaaa',
      sequence: 1n,
      validity: time.now + 9n * hour
    })
    await manager.receive(name, value)
    expect(await manager.keepAlive(name)).toBe(true)
    expect((await store.get(name))?.local).toBe(true)
    expect(manager.schedule).toEqual([{ key: name, next: time.now, failures: 0 }])
    await manager.start()
    await settle()
    expect((await store.get(name))?.published).toBe(time.now)
    await manager.stop()
  })

  test('publishes a record of ours again under the same sequence, for as long as it was made for', async () => {
    const { manager, network, engine, key, time, store } = await house()
    await manager.put(key, bytes('green'), { lifetime: 30n * hour, ttl: minute })
    const first = network.held.get(mapKey(key)) as Uint8Array
    await manager.start()
    await time.advance(22n * hour)
    const again = network.held.get(mapKey(key)) as Uint8Array
    expect(again).not.toEqual(first)
    expect(engine.parse(key, again)).toMatchObject({ sequence: 0n, expires: time.now + 30n * hour, ttl: minute })
    expect(await store.get(key)).toMatchObject({ value: again, local: true, published: time.now })
    expect(manager.schedule).toEqual([{ key, next: time.now + 22n * hour, failures: 0 }])
    await manager.stop()
  })

  test('publishes as it is what would not live longer by being signed anew', async () => {
    const { manager, network, key, time } = await house()
    const { record } = await manager.put(key, bytes('green'), { offline: true })
    // a clock that was ahead
    time.now -= 4n * minute
    await manager.keepAlive(key)
    await manager.start()
    await settle()
    expect(network.held.get(mapKey(key))).toEqual(record.bytes)
    await manager.stop()
  })

  test('publishes as it is what is not ours to sign: without a signer, a form to make it in, or leave', async () => {
    const forbidden = (name: string, code: 'AUTHOR_DENIED' | 'AUTHOR_FORBIDDEN'): Namespace => ({
      ...timed(name),
      seal: () => {
        throw new RecordError(code, 'not you')
      }
    })
    const garbage: Namespace = { ...timed('garbage'), seal: () => Uint8Array.of(1) }
    const { manager, unsigned, network, key, time, local } = await house({
      namespaces: [forbidden('denied', 'AUTHOR_DENIED'), forbidden('forbidden', 'AUTHOR_FORBIDDEN'), garbage]
    })
    await local.put(key, bytes('green'))
    const ours = (await local.getRecord(key))?.bytes
    await unsigned.start()
    await time.advance(minute)
    expect(network.held.get(mapKey(key))).toEqual(ours)
    expect(unsigned.schedule).toMatchObject([{ key, failures: 0 }])
    await unsigned.stop()

    await manager.publish('/plain/x', Uint8Array.of(1), { offline: true })
    const value = timedValue(1n, time.now + 30n * hour)
    for (const name of ['denied', 'forbidden', 'garbage'])
      await manager.publish(joinKey(name, 'x'), value, { offline: true })
    network.held.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(network.held.get(mapKey(bytes('/plain/x')))).toEqual(Uint8Array.of(1))
    for (const name of ['denied', 'forbidden', 'garbage'])
      expect(network.held.get(mapKey(joinKey(name, 'x'))), name).toEqual(value)
    expect(manager.schedule.map(({ failures }) => failures)).toEqual([0, 0, 0, 0, 0])
    await manager.stop()
  })

  test('never shortens a life, whatever a namespace orders its records by', async () => {
    const long = 1_790_000_000_000_000_000n + 60n * hour
    const short: Namespace = { ...timed('short'), seal: ({ sequence }, { now }) => timedValue(sequence, now + hour) }
    const { manager, store, network, time } = await house({ namespaces: [short] })
    const key = joinKey('short', 'x')
    await manager.publish(key, timedValue(1n, long), { offline: true })
    await manager.start()
    await time.advance(minute)
    expect(network.held.get(mapKey(key))).toEqual(timedValue(1n, long))
    expect((await store.get(key))?.expires).toBe(long)
    await manager.stop()
  })

  test('of a record that a full store does not take for longer has failed, with the store’s word for it', async () => {
    const { manager, store, key, time } = await house()
    await manager.put(key, bytes('green'))
    Object.assign(store, { put: async () => ({ outcome: 'quota' }) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.schedule).toMatchObject([
      { key, failures: 1, error: { code: 'QUOTA', key, message: expect.stringContaining('no room') as unknown } }
    ])
    await manager.stop()
  })

  test('ends when somebody else has published a later record: that one is theirs to keep', async () => {
    const { manager, network, signer, name, time } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    await manager.receive(
      name,
      await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa/2', sequence: 9n, validity: time.now + 60n * hour })
    )
    network.held.clear()
    await time.advance(5n * hour)
    expect(network.held.size).toBe(0)
    expect(manager.schedule).toEqual([])
    await manager.stop()
  })

  test('ends with the record: what was deleted is in no schedule', async () => {
    const { manager, key } = await house()
    await manager.put(key, bytes('green'))
    expect(manager.schedule.length).toBe(1)
    await manager.delete(key)
    expect(manager.schedule).toEqual([])
  })

  test('ends when the manager stops, and leaves no timer', async () => {
    const { manager, network, key, time } = await house()
    await manager.put(key, bytes('green'))
    await manager.start()
    await manager.stop()
    expect(time.pending).toBe(0)
    network.held.clear()
    await time.advance(50n * hour)
    expect(network.held.size).toBe(0)
  })

  test('says what went wrong where a record of ours cannot be signed any more', async () => {
    const { manager, signer, key, time } = await house()
    await manager.put(key, bytes('green'))
    const fault = new Error('the key is locked')
    Object.assign(signer, { sign: async () => Promise.reject(fault) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.schedule).toMatchObject([{ key, failures: 1, error: fault }])
    await manager.stop()
  })

  test('publishes a later record that came in meanwhile in place of its own', async () => {
    const { manager, network, store, signer, name, time } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    const later = await signIpnsRecord({
      signer,
      value: '/ipfs/bafkqaaa/2',
      sequence: 9n,
      validity: time.now + 60n * hour
    })
    const put = store.put.bind(store)
    let raced = false
    Object.assign(store, {
      put: async (record: StoredRecord, options?: object) => {
        if (!raced && record.local === true && time.now > 1_790_000_000_000_000_000n) {
          raced = true
          await manager.receive(name, later)
        }
        return put(record, options)
      }
    })
    await time.advance(4n * hour)
    expect(raced).toBe(true)
    expect(network.held.get(mapKey(name))).toEqual(later)
    await manager.stop()
  })
})

describe('watching', () => {
  test('a record that was stored is told, one that was refreshed is not', async () => {
    const { local, name, signer, time } = await house()
    const value = await signIpnsRecord({ signer, value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour })
    const seen: string[] = []
    const stored: string[] = []
    local.events.addEventListener('record:stored', ({ detail }) => stored.push(text(detail.value)))
    const watching = (async () => {
      for await (const record of local.watch(name)) seen.push(text(record.value))
    })()
    await settle()
    await local.receive(name, value)
    await local.receive(name, value)
    await settle()
    expect(seen.length).toBe(1)
    expect(stored.length).toBe(2)
    await local.stop()
    await watching
  })

  test('a prefix begins with all that is held under it, a key that holds nothing with nothing', async () => {
    const { local, key } = await house()
    await local.put(key, bytes('green'))
    const seen: string[] = []
    const watching = (async () => {
      for await (const record of local.watch({ prefix: '/config/' }, { initial: true })) seen.push(text(record.value))
    })()
    const none = local.watch('/ipns/none', { initial: true })
    const next = none.next()
    await settle()
    expect(seen).toEqual(['green'])
    await local.stop()
    await watching
    expect((await next).done).toBe(true)
  })

  test('a prefix is not asked for among peers, and a key only as often as told', async () => {
    const { manager, asked, time, key } = await house()
    const all = [manager.watch({ prefix: '/config/' }, { every: 1000 }), manager.watch(key, { every: 2000 })]
    const nexts = all.map(async (one) => one.next())
    await settle()
    expect(time.pending).toBe(1)
    await time.advance(2n * second - 1n)
    expect(asked.length).toBe(0)
    await time.advance(1n)
    expect(asked.length).toBe(1)
    await manager.stop()
    await Promise.all(nexts)
    await settle()
    expect(time.pending).toBe(0)
  })

  test('bytes are a key, and not a prefix', async () => {
    const { local, key } = await house()
    const watching = local.watch(key)
    const next = watching.next()
    await settle()
    await local.put(key, bytes('green'))
    expect(text((await next).value?.value)).toBe('green')
    await watching.return(undefined)
  })
})
