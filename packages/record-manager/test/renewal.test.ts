import { joinRecordKey } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord, sealSignedRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { PublicationView } from '@recordkit/record-manager'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { day, hour, minute, portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, text } from './test-manager.ts'

type TestManager = Awaited<ReturnType<typeof createTestManager>>

/** Names the events of a manager as they happen. */
function eventsOf({ events }: RecordManager): string[] {
  const seen: string[] = []
  for (const type of [
    'record:published',
    'record:unpublished',
    'record:renewed',
    'record:lapsed',
    'record:displaced',
    'record:dropped'
  ] as const)
    events.addEventListener(type, () => seen.push(type.slice('record:'.length)))
  return seen
}

/** Whether the network has a valid record of a key. */
async function isValid({ engine, network }: TestManager, key: Uint8Array): Promise<boolean> {
  const value = network.values.get(mapKey(key))
  return value !== undefined && (await engine.validate(key, value)).status === 'accept'
}

async function publicationsOf(manager: RecordManager): Promise<PublicationView[]> {
  const found: PublicationView[] = []
  for await (const publication of manager.publications()) found.push(publication)
  return found
}

describe('a record of our own', () => {
  test.each([1, 8, 12, 30, 48, 24 * 365])('with a lifetime of %i hours is valid at every instant', async (hours) => {
    const all = await createTestManager()
    const { manager, key, time, engine, network } = all
    await manager.start()
    await manager.put(key, bytes('green'), { lifetime: hours * 3_600_000 })
    for (let step = 0; step < 200; step++) {
      await time.advance(20n * minute)
      expect(await isValid(all, key)).toBe(true)
    }
    const { issued = 0n, expires = 0n } = engine.parse(key, network.values.get(mapKey(key)) as Uint8Array) as never
    expect(expires - issued).toBe(BigInt(hours) * hour)
    await manager.stop()
  })

  test('that another device made as large as IPNS allows, without V1 fields, is renewed without them', async () => {
    const all = await createTestManager()
    const { manager, name, time, engine, network, signer } = all
    await manager.start()
    await manager.put(name, bytes('/ipfs/first'), { lifetime: 48 * 3_600_000 })
    const now = time.clock()
    const later = { value: bytes(`/${'a'.repeat(9900)}`), sequence: now / 1_000_000n + 9n, validity: now + 48n * hour }
    network.values.set(mapKey(name), await createIpnsRecord(later, { signer, now, v1Compatible: false }))
    for (let step = 0; step < 200; step++) {
      await time.advance(hour)
      expect(await isValid(all, name)).toBe(true)
    }
    expect(engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)).toMatchObject({
      sequence: later.sequence
    })
    await manager.stop()
  })

  test('that was signed elsewhere keeps its lifetime when it is renewed', async () => {
    const { manager, name, time, engine, network, signer } = await createTestManager()
    await manager.start()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + 8n * hour },
      { signer, now: time.now }
    )
    await manager.putSigned(name, value)
    await time.advance(6n * hour)
    expect(engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)).toMatchObject({
      sequence: 1n,
      expires: expect.toSatisfy((expires: bigint) => expires > time.now + 2n * hour && expires <= time.now + 8n * hour)
    })
    await manager.stop()
  })

  test('that lapsed while the node was off is renewed at the next start, once the network answered', async () => {
    const all = await createTestManager()
    const { manager, key, time, network } = all
    const events = eventsOf(manager)
    await manager.start()
    await manager.put(key, bytes('green'))
    await manager.stop()
    time.now += 49n * hour
    network.unreachable = true
    await manager.start()
    await time.advance(hour)
    expect(events.filter((event) => event === 'lapsed')).toHaveLength(1)
    expect(events).not.toContain('renewed')
    expect(await publicationsOf(manager)).toMatchObject([
      { key, status: 'lapsed', record: { content: bytes('green') }, failures: expect.toSatisfy((count) => count > 3) }
    ])
    expect(await manager.get(key, { offline: true })).toBeUndefined()
    network.unreachable = false
    await time.advance(hour)
    expect(events).toContain('renewed')
    expect(await isValid(all, key)).toBe(true)
    await manager.stop()
  })

  test('that lapsed is renewed without an answer when the application says so', async () => {
    const { engine, store, signer, network, key, time } = await createTestManager()
    const { clock, setTimer } = time
    network.unreachable = true
    const manager = new RecordManager({
      engine,
      store,
      signer,
      clock,
      setTimer,
      network: replication(network, { republish: { renewUnanswered: true }, random: () => 0 })
    })
    await expect(manager.put(key, bytes('green'), { checkNetwork: false })).rejects.toThrow()
    time.now += 100n * hour
    await manager.start()
    await flushMicrotasks()
    expect(text(await manager.get(key, { offline: true }))).toBe('green')
    await manager.stop()
  })

  test('that no peer received yet is renewed only once the network answered, and published while it is valid', async () => {
    const all = await createTestManager()
    const { manager, key, time, network } = all
    const events = eventsOf(manager)
    await manager.start()
    network.unreachable = true
    const put = manager.put(key, bytes('green'), { checkNetwork: false, lifetime: 10_800_000 })
    await expect(put).rejects.toThrow()
    await time.advance(2n * hour + 20n * minute)
    expect(events).not.toContain('renewed')
    expect(await manager.get(key, { offline: true })).toEqual(bytes('green'))
    network.unreachable = false
    network.get = async () => {
      throw new RecordError('ROUTING_FAILED', 'no peer answers', { key })
    }
    for (let step = 0; step < 35; step++) await time.advance(minute)
    // it was published while it was valid, and renewed since
    expect(events).toContain('renewed')
    expect(await manager.get(key, { offline: true })).toEqual(bytes('green'))
    await manager.stop()
  })

  test('that no peer received within its lifetime lapses while the network does not answer', async () => {
    const all = await createTestManager()
    const { manager, key, time, network } = all
    await manager.start()
    network.unreachable = true
    const put = manager.put(key, bytes('green'), { checkNetwork: false, lifetime: 10_800_000 })
    await expect(put).rejects.toThrow()
    await time.advance(40n * hour)
    expect(await publicationsOf(manager)).toMatchObject([{ key, status: 'lapsed' }])
    network.unreachable = false
    await time.advance(hour)
    expect(await isValid(all, key)).toBe(true)
    await manager.stop()
  })

  test('is renewed as soon as a timer sees that the clock is ahead, and after the clock was set back', async () => {
    const all = await createTestManager()
    const { manager, name, time, network } = all
    await manager.start()
    await manager.put(name, bytes('/ipfs/bafkqaaa'))
    time.offset = 30n * day
    await time.advance(minute)
    expect(await isValid(all, name)).toBe(true)
    time.offset = 0n
    network.values.clear()
    await time.advance(23n * hour)
    expect(await isValid(all, name)).toBe(true)
    await manager.stop()
  })

  test('that was signed while the clock was ahead gets the next sequence once the clock is right', async () => {
    const all = await createTestManager()
    const { manager, key, time, network, engine } = all
    await manager.start()
    time.offset = 5n * day
    const { record } = await manager.put(key, bytes('green'))
    time.offset = 0n
    network.values.clear()
    await time.advance(23n * hour)
    expect(engine.parse(key, network.values.get(mapKey(key)) as Uint8Array)).toMatchObject({
      sequence: (record.sequence ?? 0n) + 1n
    })
    expect(await isValid(all, key)).toBe(true)
    await manager.stop()
  })

  test('is replaced by a later one that another device published, which is renewed from then on', async () => {
    const all = await createTestManager()
    const { manager, name, time, network, signer, engine } = all
    await manager.start()
    const { record } = await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    const sequence = (record.sequence ?? 0n) + 5n
    const later = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa/2', sequence, validity: time.now + 9n * hour },
      { signer, now: time.now }
    )
    network.values.set(mapKey(name), later)
    expect(text(await manager.get(name, { noCache: true }))).toBe('/ipfs/bafkqaaa/2')
    expect(manager.republishQueue).toHaveLength(1)
    await time.advance(100n * hour)
    const found = engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)
    expect(found).toMatchObject({ sequence })
    expect(await isValid(all, name)).toBe(true)
    await manager.stop()
  })

  test('that lapsed does not come back when a peer still has a later expired one: that one is renewed', async () => {
    const { engine, store, signer, network, name, time } = await createTestManager()
    const { clock, setTimer } = time
    const { record } = await new RecordManager({ engine, store, signer, clock, setTimer }).put(
      name,
      bytes('/ipfs/bafkqaaa/old')
    )
    const sequence = (record.sequence ?? 0n) + 1n
    const later = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa/new', sequence, validity: time.now + hour },
      { signer, now: time.now }
    )
    const answering = {
      get: async (key: Uint8Array, options: { onUntimely?: unknown } = {}) => {
        const parsed = engine.parse(key, later)
        const refusal = { status: 'ignore', code: 'EXPIRED', message: 'expired' } as const
        ;(options.onUntimely as (...parameters: unknown[]) => void)?.(parsed, refusal)
        return undefined
      },
      put: network.put.bind(network)
    }
    const manager = new RecordManager({ engine, store, signer, clock, setTimer, network: replication(answering) })
    expect(await manager.republish(name)).toBe(true)
    time.now += 100n * hour
    await manager.start()
    await flushMicrotasks()
    const renewed = engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)
    expect(renewed).toMatchObject({ sequence })
    expect(text(engine.content(renewed as never))).toBe('/ipfs/bafkqaaa/new')
    await manager.stop()
  })

  test('of a manager without a network is renewed, and published nowhere, also after a restart with a network', async () => {
    const { local, manager, key, time, network } = await createTestManager()
    const events = eventsOf(local)
    await local.start()
    await local.put(key, bytes('green'))
    await time.advance(10n * day)
    expect(text(await local.get(key))).toBe('green')
    expect(events).toContain('renewed')
    await local.stop()
    time.now += 10n * day
    await manager.start()
    await flushMicrotasks()
    expect(text(await manager.get(key, { offline: true }))).toBe('green')
    await time.advance(3n * day)
    expect(network.values.size).toBe(0)
    await manager.stop()
  })

  test('is not signed again by retries of a publication that failed', async () => {
    const { manager, key, time, network } = await createTestManager()
    const events = eventsOf(manager)
    network.unreachable = true
    await manager.start()
    await expect(manager.put(key, bytes('green'), { checkNetwork: false })).rejects.toThrow()
    await time.advance(7n * hour)
    expect(events.filter((event) => event === 'unpublished').length).toBeGreaterThan(8)
    expect(events).not.toContain('renewed')
    await manager.stop()
  })
})

describe('a publication does not stop silently', () => {
  const failures: readonly (readonly [string, (all: TestManager) => () => void, string])[] = [
    ['the store fails', ({ store }) => failing(store, 'touch', 'STORE_IO'), 'STORE_IO'],
    ['the outcome of a write is unknown', ({ store }) => failing(store, 'put', 'STORE_UNKNOWN'), 'STORE_UNKNOWN'],
    ['the store does not answer', ({ store }) => failing(store, 'publication', 'TIMEOUT'), 'TIMEOUT'],
    ['the namespace throws', ({ engine }) => failing(engine, 'rank', 'INVALID_ARGUMENT'), 'INVALID_ARGUMENT'],
    ['the signer throws', ({ signer }) => failing(signer, 'sign', 'ALGORITHM_MISSING'), 'ALGORITHM_MISSING'],
    [
      'the clock is unsound',
      ({ time }) => {
        time.offset = 700n * day
        return () => void (time.offset = 0n)
      },
      'CLOCK_UNSOUND'
    ]
  ]
  test.each(failures)('when %s: it is reported and tried again', async (_what, fail, code) => {
    const all = await createTestManager()
    const { manager, name, time, network } = all
    const errors: unknown[] = []
    manager.events.addEventListener('record:unpublished', ({ detail: { error } }) => errors.push(error))
    await manager.start()
    await manager.put(name, bytes('/ipfs/bafkqaaa'))
    const repair = fail(all)
    await time.advance(23n * hour)
    expect(errors).toContainEqual(expect.objectContaining({ code }))
    repair()
    network.values.clear()
    await time.advance(2n * hour)
    expect(await isValid(all, name)).toBe(true)
    await manager.stop()
  })

  test('when the application’s interval throws: it is reported, and the other keys are published', async () => {
    const { engine, store, signer, network, key, name, time } = await createTestManager()
    const { clock, setTimer } = time
    let broken = false
    const interval = (at: Uint8Array): number => {
      if (broken && at.length === key.length) throw new Error('no interval')
      return 3_600_000
    }
    const options = { engine, store, signer, clock, setTimer }
    const manager = new RecordManager({ ...options, network: replication(network, { republish: { interval } }) })
    await manager.put(key, bytes('green'))
    await manager.put(name, bytes('/ipfs/bafkqaaa'))
    broken = true
    const errors: unknown[] = []
    manager.events.addEventListener('record:unpublished', ({ detail: { error } }) => errors.push(error))
    network.values.clear()
    await manager.start()
    await time.advance(3n * hour)
    expect(errors).toContainEqual(expect.objectContaining({ message: 'no interval' }))
    expect(network.values.has(mapKey(name))).toBe(true)
    broken = false
    await time.advance(3n * hour)
    expect(network.values.has(mapKey(key))).toBe(true)
    await manager.stop()
  })

  test('when its signer is missing at this start: it is published until it lapses, then reported and kept', async () => {
    const { manager, readOnly, key, time, network } = await createTestManager()
    await manager.put(key, bytes('green'))
    const events = eventsOf(readOnly)
    await readOnly.start()
    network.values.clear()
    await time.advance(30n * hour)
    expect(network.values.size).toBe(1)
    await time.advance(60n * day)
    expect(events.filter((event) => event === 'lapsed')).toHaveLength(1)
    expect(await publicationsOf(readOnly)).toMatchObject([{ status: 'lapsed', error: { code: 'SIGNER_MISSING' } }])
    await readOnly.stop()
  })

  test('when the publications cannot be read at the start: it is reported, and they are read again', async () => {
    const all = await createTestManager()
    const { manager, key, time, store } = all
    await manager.put(key, bytes('green'))
    const unread: unknown[] = []
    manager.events.addEventListener('publications:unread', ({ detail: { error } }) => unread.push(error))
    const repair = failing(store, 'publications', 'STORE_IO')
    const { engine, signer } = all
    const again = new RecordManager({ engine, store, signer, clock: time.clock, setTimer: time.setTimer })
    await again.start()
    await manager.start()
    expect(unread).toHaveLength(1)
    repair()
    await time.advance(23n * hour)
    expect(manager.republishQueue).toMatchObject([{ key, failures: 0 }])
    await manager.stop()
    await again.stop()
  })

  test('when another manager put it into the shared store: it is found within an hour', async () => {
    const { manager, local, key, time, network } = await createTestManager()
    await manager.start()
    await local.put(key, bytes('green'))
    await local.republish(key)
    await time.advance(hour)
    expect(network.values.has(mapKey(key))).toBe(true)
    await manager.stop()
  })

  test('when deleting it fails', async () => {
    const { manager, key, store, time, network } = await createTestManager()
    await manager.start()
    await manager.put(key, bytes('green'))
    const repair = failing(store, 'delete', 'STORE_IO')
    await expect(manager.delete(key)).rejects.toMatchObject({ code: 'STORE_IO' })
    repair()
    network.values.clear()
    await time.advance(minute)
    expect(network.values.has(mapKey(key))).toBe(true)
    await manager.stop()
  })
})

describe('unpublish', () => {
  test('ends a publication and keeps its record until that expires', async () => {
    const { manager, key, time, network } = await createTestManager()
    await manager.start()
    await manager.put(key, bytes('green'))
    expect(await manager.unpublish(key)).toBe(true)
    expect(await manager.unpublish(key)).toBe(false)
    network.values.clear()
    expect(text(await manager.get(key, { offline: true }))).toBe('green')
    await time.advance(60n * hour)
    expect(network.values.size).toBe(0)
    expect(await manager.has(key)).toBe(false)
    expect(await publicationsOf(manager)).toEqual([])
    await manager.stop()
  })

  test('does not let peers receive what was put offline', async () => {
    const { manager, key, time } = await createTestManager()
    await manager.put(key, bytes('secret'), { offline: true })
    expect(await manager.unpublish(key)).toBe(true)
    expect(await manager.getForPeers(key)).toBeUndefined()
    await manager.start()
    await time.advance(100n * hour)
    expect(await manager.has(key)).toBe(false)
    await manager.stop()
  })
})

describe('a record of another author', () => {
  test('is dropped 30 days after it has expired, with an event', async () => {
    const wall = signed('wall', { authors: anyAuthor(), algorithms: [ed25519Portable] })
    const { manager, time } = await createTestManager({ namespaces: [wall] })
    const key = joinRecordKey('wall', 'x')
    const signer = portableSigner(new Uint8Array(32).fill(66))
    const value = await sealSignedRecord(
      {
        key,
        content: bytes('theirs'),
        sequence: 1n,
        issued: time.now,
        expires: time.now + hour,
        ttl: 0n,
        revoked: false
      },
      { signer, now: time.now }
    )
    await manager.receive(key, value)
    expect(await manager.republish(key)).toBe(true)
    const events = eventsOf(manager)
    await manager.start()
    await time.advance(29n * day)
    expect(events).toContain('lapsed')
    expect(await publicationsOf(manager)).toMatchObject([{ status: 'lapsed' }])
    await time.advance(3n * day)
    expect(events.at(-1)).toBe('dropped')
    expect(await publicationsOf(manager)).toEqual([])
    await manager.stop()
  })

  test('that replaced ours ends the publication, until the application puts its content again', async () => {
    const wall = signed('wall', { authors: anyAuthor(), algorithms: [ed25519Portable] })
    const { manager, local, time, network } = await createTestManager({ namespaces: [wall] })
    const key = joinRecordKey('wall', 'x')
    await manager.start()
    const { record } = await manager.put(key, bytes('ours'))
    const signer = portableSigner(new Uint8Array(32).fill(66))
    const fields = { key, content: bytes('theirs'), issued: time.now, ttl: 0n, revoked: false }
    const sequence = (record.sequence ?? 0n) + 1n
    const value = await sealSignedRecord({ ...fields, sequence, expires: time.now + day }, { signer, now: time.now })
    await manager.receive(key, value)
    expect(await publicationsOf(manager)).toEqual([])
    await time.advance(hour)
    await local.put(key, bytes('ours again'))
    const again = (await local.getRecord(key))?.value as Uint8Array
    await local.republish(key)
    await time.advance(2n * hour)
    expect(network.values.get(mapKey(key))).toEqual(again)
    expect(await publicationsOf(manager)).toMatchObject([{ status: 'active' }])
    await manager.stop()
  })
})

test('a put with a TTL above the lifetime, or a lifetime of 0, is INVALID_ARGUMENT and stores nothing', async () => {
  const { manager, name, key } = await createTestManager()
  for (const options of [{ ttl: 3_600_001, lifetime: 3_600_000 }, { ttl: 48 * 3_600_000 + 1 }, { lifetime: 0 }])
    for (const [at, content] of [
      [name, '/ipfs/bafkqaaa'],
      [key, 'green']
    ] as const)
      await expect(manager.put(at, bytes(content), options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await manager.has(name)).toBe(false)
  expect(await publicationsOf(manager)).toEqual([])
  await manager.put(name, bytes('/ipfs/bafkqaaa'), { lifetime: 60_000 })
  expect((await manager.getRecord(name, { offline: true }))?.ttl).toBe(minute)
})

test('sweeping pauses for one interval after the clock jumped forward by more than an hour', async () => {
  const { manager, key, calls, time, signer } = await createTestManager()
  await manager.start()
  const value = await sealSignedRecord(
    { key, content: bytes('x'), sequence: 1n, issued: time.now, expires: time.now + hour, ttl: 0n, revoked: false },
    { signer, now: time.now }
  )
  await manager.receive(key, value)
  const sweeps = (): number => calls.filter(([name]) => name === 'sweep').length
  await time.advance(20n * minute)
  expect(sweeps()).toBe(2)
  time.offset = 2n * hour
  await time.advance(10n * minute)
  expect(sweeps()).toBe(2)
  time.offset = 0n
  expect(await manager.has(key)).toBe(true)
  await time.advance(10n * minute)
  expect(sweeps()).toBe(3)
  await manager.stop()
})

/** Makes a method reject with a code, until the returned function is called. */
function failing(target: object, method: string, code: string): () => void {
  const before: unknown = Reflect.get(target, method)
  const fail = (): never => {
    throw new RecordError(code as 'STORE_IO', 'an injected fault')
  }
  const replacement = method === 'publications' || method === 'rank' || method === 'sign' ? fail : async () => fail()
  Object.assign(target, { [method]: replacement })
  return () => void Object.assign(target, { [method]: before })
}
