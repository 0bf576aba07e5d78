import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { createIpnsRecord, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { PutOptions, RecordManagerOptions } from '@recordkit/record-manager'
import { createStore } from '@recordkit/record-store'
import type { RecordStore } from '@recordkit/record-store'
import { MapBackend } from '@recordkit/record-store/internal'
import { isRefusal } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkRecord,
  RecordNetwork,
  ReplicationReceipt,
  UnverifiedRecord
} from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { growOnlySet, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { day, hour, minute, portableSigner } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, sequenceAt, text } from './test-manager.ts'

const algorithms = [ed25519Portable]
const year = 365n * day
const signer = portableSigner(new Uint8Array(32).fill(33))
const peerId = peerIdFromPublicKey(signer.publicKey)
const name = ipnsRoutingKey(peerId)
const key = joinRecordKey('config', `${ipnsNameToString(peerId)}/app`)
/** the name and a signed record, with two contents each */
const formats = [
  ['an IPNS record', name, bytes('/ipfs/bafkqaaa/1'), bytes('/ipfs/bafkqaaa/2')],
  ['a signed record', key, bytes('green'), bytes('blue')]
] as const

const engineAt = (clock: () => bigint): ValidationEngine =>
  new ValidationEngine(
    [ipns({ algorithms }), signed('config', { authors: ownerInKey(), algorithms }), growOnlySet('tags')],
    {
      clock
    }
  )

/** A device of the author with a clock of its own. The backend survives its restarts. */
function device(start: bigint, options: Partial<RecordManagerOptions> = {}) {
  const time = { now: start }
  const clock = (): bigint => time.now
  const backend = new MapBackend()
  const open = (changed: Partial<RecordManagerOptions> = {}): RecordManager =>
    new RecordManager({
      engine: engineAt(clock),
      store: createStore(backend, { clock }),
      signer,
      clock,
      setTimer: new FakeTimers().setTimer,
      ...options,
      ...changed
    })
  return { time, clock, backend, open }
}

/** A peer that never forgets the highest record, and refuses lower ones. It has no clock: the reader verifies what it answers. */
class Peer {
  readonly #highest = new Map<string, UnverifiedRecord>()

  /** The peer as it looks to a device with this engine. */
  networkOf(engine: ValidationEngine): RecordNetwork {
    return {
      get: async (recordKey, { onUntimely } = {}): Promise<NetworkRecord | undefined> => {
        const found = this.#highest.get(mapKey(recordKey))
        if (found === undefined) return undefined
        const record = await engine.verify(found)
        if (!isRefusal(record)) return { record, valid: 1, complete: true, from: [], refused: [] }
        onUntimely?.(found, record)
        return undefined
      },
      put: async (recordKey, value): Promise<ReplicationReceipt> => {
        const record = engine.parse(recordKey, value)
        if (isRefusal(record)) throw new Error(record.message)
        const before = this.#highest.get(mapKey(recordKey))
        if (before !== undefined && engine.compare(record, before) < 0) throw new Error('a peer has a later record')
        this.#highest.set(mapKey(recordKey), record)
        return { copies: { requested: 1, reached: 1 }, peers: [] }
      }
    }
  }
}

const start = new FakeTimers().now

/** A network of one peer, for devices whose clocks show `now`. `values`: what it answers in place of what it received. */
function networkWith(now: bigint) {
  const engine = engineAt(() => now)
  const peer = new Peer().networkOf(engine)
  const values: Uint8Array[] = []
  const get = async (recordKey: Uint8Array, options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> => {
    let found: NetworkRecord | undefined
    for (const value of values) {
      const record = await engine.validate(recordKey, value)
      if (!isRefusal(record)) found = { record, valid: 1, complete: true, from: [], refused: [] }
      else options.onUntimely?.(engine.parse(recordKey, value) as UnverifiedRecord, record)
    }
    return found ?? peer.get(recordKey, options)
  }
  return { values, network: replication({ ...peer, get }) }
}

describe.each(formats)('%s', (_, recordKey, content, other) => {
  test('that was put with a clock ten years ahead accepts puts after a restart', async () => {
    const { time, open } = device(start + 10n * year)
    const ahead = await open().put(recordKey, content)
    time.now = start
    const manager = open()
    const same = await manager.put(recordKey, content)
    expect(same.status).toBe('stored')
    expect(same.record.sequence).toBe((ahead.record.sequence as bigint) + 1n)
    expect((await manager.put(recordKey, other)).record.sequence).toBe((ahead.record.sequence as bigint) + 2n)
    expect(text(await manager.get(recordKey))).toBe(text(other))
  })

  test('with the same content keeps its sequence for a later validity, and gets the next one for an earlier', async () => {
    const manager = device(start).open()
    const sequence = sequenceAt(start)
    expect((await manager.put(recordKey, content)).record.sequence).toBe(sequence)
    expect((await manager.put(recordKey, content, { lifetime: 90 * 3_600_000 })).record.sequence).toBe(sequence)
    expect(await manager.put(recordKey, content, { lifetime: 3_600_000 })).toMatchObject({
      status: 'stored',
      record: { sequence: sequence + 1n, expires: start + hour }
    })
    // also above the mark of a record that is gone
    await manager.put(recordKey, content, { lifetime: 7_200_000 })
    await manager.delete(recordKey)
    expect((await manager.put(recordKey, content, { lifetime: 3_600_000 })).status).toBe('stored')
  })

  test('of an author who lost the store is accepted by nodes that have marks of the earlier records', async () => {
    const before = device(start).open()
    const node = device(start).open({ signer: undefined })
    for (const round of [content, other, content]) {
      const { record } = await before.put(recordKey, round)
      expect((await node.receive(recordKey, record.value)).status).toBe('stored')
    }
    await node.delete(recordKey)
    const after = device(start + minute).open()
    for (const round of [content, other]) {
      const { record } = await after.put(recordKey, round)
      expect((await node.receive(recordKey, record.value)).status).toBe('stored')
    }
  })

  test('continues above an expired record that only peers have', async () => {
    const { network } = networkWith(start)
    const sequence = sequenceAt(start) + 500n
    await device(start - hour, { network })
      .open()
      .put(recordKey, content, { sequence, lifetime: 60_000 })
    const { record } = await device(start, { network }).open().put(recordKey, other)
    expect(record.sequence).toBe(sequence + 1n)
  })

  test('has the sequence that the application chose, if it is above the known one', async () => {
    const manager = device(start).open()
    expect((await manager.put(recordKey, content, { sequence: 7n })).record.sequence).toBe(7n)
    for (const sequence of [0n, 6n, 7n]) {
      await expect(manager.put(recordKey, other, { sequence })).rejects.toMatchObject({
        code: 'SEQUENCE_CONFLICT',
        key: recordKey,
        message: `sequence is ${sequence}; a sequence above 7, the highest known under this key, is expected`
      })
    }
    // also with unchanged content, and continued as a counter
    expect((await manager.put(recordKey, content, { sequence: 9n })).record.sequence).toBe(9n)
    expect((await manager.put(recordKey, other)).record.sequence).toBe(10n)
    expect((await manager.put(recordKey, content, { sequence: 1n << 53n })).record.sequence).toBe(1n << 53n)
    expect((await manager.put(recordKey, other)).record.sequence).toBe((1n << 53n) + 1n)
  })
})

test('the sequence option is refused where records have no sequence', async () => {
  const manager = device(start).open()
  const tags = joinRecordKey('tags', 'x')
  await expect(manager.put(tags, bytes('a'), { sequence: 1n })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'records of tags have no sequence; omit `sequence`'
  })
  expect(await manager.has(tags)).toBe(false)
})

test('a counter that another implementation started continues with + 1', async () => {
  const manager = device(start).open()
  const theirs = async (sequence: bigint): Promise<Uint8Array> =>
    createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: start + day }, { signer, now: start })
  await manager.putSigned(name, await theirs(0n))
  expect((await manager.put(name, bytes('/ipfs/bafkqaaa/1'))).record.sequence).toBe(1n)
  await manager.receive(name, await theirs(2n))
  expect((await manager.put(name, bytes('/ipfs/bafkqaaa/2'))).record.sequence).toBe(3n)
})

test('a counter that another implementation continued elsewhere is read from the network', async () => {
  const { network, values } = networkWith(start)
  const theirs = async (sequence: bigint): Promise<Uint8Array> =>
    createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: start + day }, { signer, now: start })
  const manager = device(start, { network }).open()
  await manager.receive(name, await theirs(4n))
  values.push(await theirs(7n))
  expect((await manager.put(name, bytes('/ipfs/bafkqaaa/1'))).record.sequence).toBe(8n)
  const options = { checkNetwork: false }
  expect((await manager.put(name, bytes('/ipfs/bafkqaaa/2'), options)).record.sequence).toBe(9n)
})

test('the highest sequence of an IPNS record is 2^63 - 1', async () => {
  const manager = device(start).open()
  await manager.put(name, bytes('/ipfs/bafkqaaa/1'), { sequence: (1n << 63n) - 1n })
  await expect(manager.put(name, bytes('/ipfs/bafkqaaa/2'))).rejects.toMatchObject({ code: 'SEQUENCE_EXHAUSTED' })
})

test('an IPNS name can be closed with the highest sequence and the latest validity', async () => {
  const manager = device(start).open()
  await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
  const validity = BigInt(Date.parse('9999-12-31T23:59:59Z')) * 1_000_000n
  const content = { value: '/ipns/k51', sequence: (1n << 63n) - 1n, validity, ttl: 0n }
  await manager.putSigned(name, await createIpnsRecord(content, { signer, now: start }))
  await expect(manager.put(name, bytes('/ipfs/bafkqaaa/2'))).rejects.toMatchObject({ code: 'SEQUENCE_EXHAUSTED' })
  expect(text(await manager.get(name))).toBe('/ipns/k51')
})

describe('compare and set', () => {
  test('with null succeeds only when there is nothing: not stored, or deleted, or expired', async () => {
    const { time, open } = device(start)
    const manager = open()
    const putFirst = (content: string): Promise<unknown> => manager.put(key, bytes(content), { ifSequence: null })
    await putFirst('green')
    await expect(putFirst('blue')).rejects.toMatchObject({
      code: 'SEQUENCE_CONFLICT',
      message: `ifSequence is null; the latest is ${sequenceAt(start)}`
    })
    await manager.delete(key)
    await putFirst('blue')
    time.now += 3n * day
    await putFirst('red')
    expect(text(await manager.get(key))).toBe('red')
  })

  test('asks the network, also when a single answer is enough for a read', async () => {
    const { network } = networkWith(start)
    const laptop = device(start).open({ network })
    const phone = device(start).open({ network })
    await laptop.put(key, bytes('green'), { ifSequence: null })
    await expect(phone.put(key, bytes('blue'), { ifSequence: null })).rejects.toMatchObject({
      code: 'SEQUENCE_CONFLICT'
    })
    const ifSequence = (await phone.getRecord(key))?.sequence
    await laptop.put(key, bytes('red'), { ifSequence })
    await expect(phone.put(key, bytes('blue'), { ifSequence })).rejects.toMatchObject({ code: 'SEQUENCE_CONFLICT' })
    expect(text(await phone.get(key, { noCache: true }))).toBe('red')
  })

  test('compares with the record that a read returns, not with a later one that has expired', async () => {
    const manager = device(start).open()
    await manager.put(key, bytes('green'))
    const current = await manager.getRecord(key)
    const { network, values } = networkWith(start)
    const later = await device(start - hour)
      .open()
      .put(key, bytes('red'), { sequence: 1n << 41n, lifetime: 60_000 })
    values.push(later.record.value, current?.value as Uint8Array)
    const { record } = await device(start, { network })
      .open()
      .put(key, bytes('blue'), { ifSequence: current?.sequence })
    expect(record.sequence).toBe((1n << 41n) + 1n)
  })
})

describe('a clock', () => {
  const unsound = { code: 'CLOCK_UNSOUND', message: expect.stringContaining('`trustClock: true`') as unknown }

  test('before 2020 signs nothing, unless the application confirms it', async () => {
    const { open, time } = device(BigInt(Date.parse('2019-12-31T23:59:59.999Z')) * 1_000_000n)
    const manager = open()
    await expect(manager.put(key, bytes('green'))).rejects.toMatchObject(unsound)
    await expect(manager.revoke(key)).rejects.toMatchObject(unsound)
    expect((await manager.stats()).store.entries).toBe(0)
    expect((await manager.put(key, bytes('green'), { trustClock: true })).status).toBe('stored')
    await expect(manager.put(key, bytes('blue'))).rejects.toMatchObject(unsound)
    await expect(manager.put(key, bytes('blue'), { trustClock: false })).rejects.toMatchObject(unsound)
    expect((await open({ trustClock: true }).put(key, bytes('blue'))).status).toBe('stored')
    time.now += hour
    expect((await open().put(key, bytes('red'))).status).toBe('stored')
  })

  test.each([
    ['created with the store', () => device(start)],
    ['opened again', () => device(start)]
  ])('more than a year ahead of the newest record signs nothing: a manager %s', async (title, create) => {
    const { time, open } = create()
    let manager = open()
    await manager.put(key, bytes('green'), { lifetime: 3_600_000 })
    time.now += 367n * day
    if (title === 'opened again') manager = open()
    const put = manager.put(key, bytes('blue'))
    await expect(put).rejects.toMatchObject(unsound)
    await expect(put).rejects.toThrow(/2027-.*more than a year after 2026-/)
    await expect(manager.put(key, bytes('blue'))).rejects.toMatchObject(unsound)
    expect((await manager.put(key, bytes('blue'), { trustClock: true })).status).toBe('stored')
    // the confirmed time counts from now on, also after a restart
    expect((await manager.put(key, bytes('red'))).status).toBe('stored')
    expect((await open().put(key, bytes('green'))).status).toBe('stored')
  })

  test('up to a year ahead signs, whatever the expiry of records', async () => {
    const { time, open } = device(start)
    await open().put(key, bytes('green'), { lifetime: 40 * 365 * 86_400_000 })
    time.now += 366n * day
    expect((await open().put(key, bytes('blue'))).status).toBe('stored')
    time.now += 367n * day
    await expect(open().put(key, bytes('red'))).rejects.toMatchObject(unsound)
  })

  test('of a process that only receives for years is compared with the last receipt', async () => {
    const { time, open } = device(start)
    const author = device(start)
    const manager = open()
    await manager.put(joinRecordKey('tags', 'x'), bytes('a'))
    for (let round = 0; round < 4; round++) {
      time.now += 300n * day
      author.time.now = time.now
      const { record } = await author.open({ trustClock: true }).put(key, bytes(`${round}`))
      expect((await manager.receive(key, record.value)).status).toBe('stored')
    }
    expect((await manager.put(key, bytes('ours'))).status).toBe('stored')
  })

  test('that is wrong is not confirmed by records that are received with it', async () => {
    const { time, open } = device(start)
    await open().put(joinRecordKey('tags', 'x'), bytes('a'))
    time.now += 10n * year
    const manager = open()
    await manager.start()
    const { record } = await device(time.now).open().put(key, bytes('green'))
    expect((await manager.receive(key, record.value)).status).toBe('stored')
    await expect(manager.put(key, bytes('blue'))).rejects.toMatchObject(unsound)
    await manager.stop()
  })

  test('is compared with some of the records of a large store only', async () => {
    const { backend, clock, open, time } = device(start)
    const store = createStore(backend, { clock })
    const rank = new Uint8Array(32)
    const put = (index: number): Promise<unknown> =>
      store.put({ key: joinRecordKey('tags', `${1000 + index}`), value: bytes('x'), rank, timeReceived: time.now })
    for (let index = 0; index < 600; index++) await put(index)
    time.now += 2n * year
    let read = 0
    const counting = (): RecordStore => {
      const opened = createStore(backend, { clock })
      const iterate = opened.iterate.bind(opened)
      return Object.assign(opened, {
        async *iterate(...parameters: Parameters<typeof iterate>) {
          for await (const record of iterate(...parameters)) {
            read++
            yield record
          }
        }
      })
    }
    const manager = open({ store: counting() })
    await expect(manager.put(key, bytes('green'))).rejects.toMatchObject(unsound)
    await expect(manager.put(key, bytes('green'))).rejects.toMatchObject(unsound)
    expect(read).toBe(256)
    await put(0)
    read = 0
    expect((await open({ store: counting() }).put(key, bytes('green'))).status).toBe('stored')
    expect(read).toBe(1)
  })

  test('is not judged by a store that cannot be read', async () => {
    const { backend, open } = device(start)
    Object.assign(backend, {
      scan: () => {
        throw new Error('the index is damaged')
      }
    })
    expect((await open().put(key, bytes('green'))).status).toBe('stored')
  })

  test('that jumps does not renew records, and reports why', async () => {
    const { manager, key: recordKey, time, network } = await createTestManager()
    const errors: unknown[] = []
    manager.events.addEventListener('record:unpublished', ({ detail }) => errors.push(detail.error))
    await manager.put(recordKey, bytes('green'), { lifetime: 5 * 365 * 86_400_000 })
    await manager.start()
    const before = [...network.values.values()]
    time.now += 2n * year
    await time.advance(day)
    expect([...network.values.values()]).toEqual(before)
    expect(manager.republishQueue[0]?.error).toMatchObject(unsound)
    await manager.stop()
  })
})

test('a put is made again when another process put and deleted a record meanwhile', async () => {
  const { backend, clock, open } = device(start)
  const store = createStore(backend, { clock })
  const elsewhere = open()
  let raced = false
  const racing: RecordStore = Object.assign(Object.create(store) as RecordStore, {
    get: store.get.bind(store),
    iterate: store.iterate.bind(store),
    publication: store.publication.bind(store),
    mark: async (recordKey: Uint8Array) => {
      const mark = await store.mark(recordKey)
      if (!raced) {
        raced = true
        await elsewhere.put(recordKey, bytes('elsewhere'), { lifetime: 90 * 3_600_000 })
        await elsewhere.delete(recordKey)
      }
      return mark
    },
    put: store.put.bind(store)
  })
  const { record, status } = await open({ store: racing, setTimer: immediately }).put(key, bytes('ours'))
  expect(raced).toBe(true)
  expect(status).toBe('stored')
  expect(record.sequence).toBe(sequenceAt(start) + 1n)
})

function immediately(run: () => void): () => void {
  let cancelled = false
  queueMicrotask(() => {
    if (!cancelled) run()
  })
  return () => {
    cancelled = true
  }
}

/** What happens to one of the devices of an author. */
type Step = {
  readonly device: number
  readonly action: 'put' | 'restart' | 'lose store' | 'restore backup' | 'delete'
  readonly content: number
  readonly lifetime: number
  /** ms */
  readonly pause: number
}

const steps = fc.array(
  fc.record<Step>({
    device: fc.nat(2),
    action: fc.constantFrom('put', 'put', 'put', 'put', 'restart', 'lose store', 'restore backup', 'delete'),
    content: fc.nat(3),
    lifetime: fc.constantFrom(1, 1000, 3_600_000, 86_400_000, 10 * 86_400_000),
    pause: fc.constantFrom(1, 2, 1000, 3_600_000, 5 * 86_400_000, 40 * 86_400_000)
  }),
  { maxLength: 20 }
)

interface Device {
  store: RecordStore
  readonly persistent: boolean
  entries: MapBackend['entries']
  backup: MapBackend['entries']
  manager: RecordManager
}

/**
 * Three devices of one author, and a peer that never forgets. The first two have durable stores, the third one keeps its records in
 * memory.
 *
 * @param skew - ns by which the clock of each device is wrong
 */
async function runDevices(history: readonly Step[], skew: readonly bigint[], options: PutOptions): Promise<void> {
  const time = { now: start }
  const peer = new Peer()
  const open = (index: number, entries: MapBackend['entries'], persistent: boolean): Device => {
    const clock = (): bigint => time.now + (skew[index] as bigint)
    const store = persistent ? createStore(new MapBackend(entries), { clock }) : new MemoryRecordStore({ clock })
    const engine = engineAt(clock)
    const manager = new RecordManager({
      engine,
      store,
      signer,
      clock,
      setTimer: immediately,
      // a device may be away for years
      trustClock: true,
      network: replication(peer.networkOf(engine), { random: () => 0 })
    })
    return { store, persistent, entries, backup: new Map(), manager }
  }
  const devices = [open(0, new Map(), true), open(1, new Map(), true), open(2, new Map(), false)]
  const contents = new Map<string, string>()
  let puts = 0
  for (const { device: index, action, content, lifetime, pause } of history) {
    time.now += BigInt(pause) * 1_000_000n
    const { manager, entries, persistent, backup } = devices[index] as Device
    if (action === 'put') {
      puts++
      for (const [, recordKey, one, two] of formats) {
        // a device that puts what it has renews it: only the network knows that another device changed it
        const repeated = content % 2 === 0 ? one : two
        const chosen = options.checkNetwork === true ? repeated : bytes(`${text(one)}/${puts}`)
        // neither STALE here, nor refused by the peer
        const { record, status } = await manager.put(recordKey, chosen, { lifetime, ...options })
        expect(['stored', 'refreshed']).toContain(status)
        const signedAs = `${text(recordKey)} ${record.sequence}`
        expect(contents.get(signedAs) ?? text(chosen)).toBe(text(chosen))
        contents.set(signedAs, text(chosen))
      }
      ;(devices[index] as Device).backup = content === 0 ? new Map(entries) : backup
    } else if (action === 'delete') {
      for (const [, recordKey] of formats) await manager.delete(recordKey)
    } else {
      const left = { restart: entries, 'lose store': new Map(), 'restore backup': new Map(backup) }[action]
      devices[index] = { ...open(index, left, persistent), backup }
    }
  }
}

describe('the devices of an author', () => {
  test('never get STALE and never sign two contents under one sequence, whatever is lost or restored', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => runDevices(history, [0n, 0n, 0n], {})),
      { numRuns: 15 }
    )
  }, 60_000)

  test('also with wrong clocks, if they ask the network', async () => {
    const skew = [0n, 200n * day, -100n * day]
    await fc.assert(
      fc.asyncProperty(steps, async (history) => runDevices(history, skew, { checkNetwork: true })),
      { numRuns: 15 }
    )
  }, 60_000)
})
