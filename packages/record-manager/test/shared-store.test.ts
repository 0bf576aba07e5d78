import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { PutResult } from '@recordkit/record-manager'
import { createStore } from '@recordkit/record-store'
import type { RecordStore, StoreChange, StoreEntry } from '@recordkit/record-store'
import { isRecordError, isRefusal, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { SetTimer } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { growOnlySet, decodeGrowOnlySet, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { MapBackend } from '@recordkit/record-store/internal'
import { FakeNetwork } from './fake-network.ts'
import { bytes, sequenceAt, text } from './test-manager.ts'

/** Numbers from 0 to below 1 that look random, the same ones for every seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A backend whose calls take a different time each: the calls of several stores interleave in every way. */
class InterleavedBackend extends MapBackend {
  readonly #random: () => number
  readonly collectsCalls = true

  constructor(entries: MapBackend['entries'], random: () => number) {
    super(entries)
    this.#random = random
  }

  override async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    await this.#wait()
    const entries = await super.read(keys)
    await this.#wait()
    return entries
  }

  override async write(changes: readonly StoreChange[]): Promise<boolean> {
    await this.#wait()
    const written = await super.write(changes)
    await this.#wait()
    return written
  }

  async #wait(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 12); turns > 0; turns--) await Promise.resolve()
  }
}

/** Ends pauses between attempts immediately; timeouts are timers as usual. */
const setTimer: SetTimer = (callback, milliseconds) => {
  if (milliseconds > 250) return systemTimer(callback, milliseconds)
  let cancelled = false
  queueMicrotask(() => {
    if (!cancelled) callback()
  })
  return () => {
    cancelled = true
  }
}

const signer = portableSigner(new Uint8Array(32).fill(33))
const owner = ipnsNameToString(peerIdFromPublicKey(signer.publicKey))
const key = joinRecordKey('config', `${owner}/app`)

/** The clock of all managers stands still, so that every sequence is one above the last. */
const now = systemClock()
const first = sequenceAt(now)

/** A network that keeps every value that a manager sent. */
class RecordingNetwork extends FakeNetwork {
  readonly sent: Uint8Array[] = []

  override async put(...parameters: Parameters<FakeNetwork['put']>): ReturnType<FakeNetwork['put']> {
    this.sent.push(parameters[1])
    return super.put(...parameters)
  }
}

/** Managers with the same signer, as in several processes, each with its own store on the same data. */
function managersOn(stores: readonly RecordStore[]) {
  const engineOf = (): ValidationEngine =>
    new ValidationEngine([
      signed('config', { authors: ownerInKey(), algorithms: [ed25519Portable] }),
      growOnlySet('tags')
    ])
  const engine = engineOf()
  const network = new RecordingNetwork(engine)
  const managers = stores.map(
    (store) =>
      new RecordManager({
        engine: engineOf(),
        store,
        signer,
        clock: () => now,
        setTimer,
        network: replication(network)
      })
  )
  return { engine, network, managers: managers as [RecordManager, RecordManager] }
}

const shared: Readonly<Record<string, (seed: number) => readonly RecordStore[]>> = {
  'one store': () => {
    const store = new MemoryRecordStore()
    return [store, store]
  },
  'two stores on one backend': (seed) => {
    const [entries, random]: [MapBackend['entries'], () => number] = [new Map(), randomFrom(seed)]
    return [1, 2].map(() => createStore(new InterleavedBackend(entries, random), { random, setTimer }))
  }
}

for (const [description, storesFrom] of Object.entries(shared)) {
  describe(`two managers with ${description}`, () => {
    test.for([1, 2, 3])('never acknowledge or send two contents under one sequence (seed %i)', async (seed) => {
      const { engine, network, managers } = managersOn(storesFrom(seed))
      const putsPerManager = 30
      const put = async (manager: RecordManager, name: string): Promise<PutResult[]> => {
        const results: PutResult[] = []
        for (let index = 0; index < putsPerManager; index++)
          results.push(await manager.put(key, bytes(`${name} ${index}`), { checkNetwork: false }))
        return results
      }
      const results = (await Promise.all(managers.map((manager, index) => put(manager, `manager ${index}`)))).flat()

      expect(results.map(({ status }) => status)).toEqual(results.map(() => 'stored'))
      const sequences = results.map(({ record }) => Number((record.sequence as bigint) - first)).sort((a, b) => a - b)
      expect(sequences).toEqual(Array.from({ length: 2 * putsPerManager }, (_, index) => index))

      const acknowledged = new Map(results.map(({ record }) => [record.sequence, text(record.content)]))
      for (const value of network.sent) {
        const record = engine.parse(key, value)
        if (isRefusal(record)) throw new Error(record.message)
        expect(text(engine.content(record))).toBe(acknowledged.get(record.sequence))
      }
      const latest = await managers[0].getRecord(key, { offline: true })
      expect(latest?.sequence).toBe(first + BigInt(2 * putsPerManager - 1))
    })

    test('let exactly one of two puts with the same ifSequence win, in each of 50 rounds', async () => {
      const { managers } = managersOn(storesFrom(7))
      let sequence = (await managers[0].put(key, bytes('start'), { offline: true })).record.sequence as bigint
      for (let round = 0; round < 50; round++) {
        const puts = managers.map((manager, index) =>
          manager.put(key, bytes(`round ${round}, manager ${index}`), { offline: true, ifSequence: sequence })
        )
        const results = await Promise.allSettled(puts)
        const won = results.filter(({ status }) => status === 'fulfilled')
        const lost = results.filter((result) => result.status === 'rejected')
        expect(won, `round ${round}`).toHaveLength(1)
        expect(lost.map(({ reason }) => isRecordError(reason) && reason.code)).toEqual(['SEQUENCE_CONFLICT'])
        const [winner] = won as [PromiseFulfilledResult<PutResult>]
        expect(winner.value.record.sequence).toBe(sequence + 1n)
        sequence += 1n
        expect((await managers[1].getRecord(key, { offline: true }))?.value).toEqual(winner.value.record.value)
      }
    })

    test('lose no element of a set that both add to', async () => {
      const { managers } = managersOn(storesFrom(8))
      const tags = joinRecordKey('tags', 'x')
      const numbers = Array.from({ length: 20 }, (_, index) => index)
      await Promise.all(
        managers.map(async (manager, index) => {
          for (const number of numbers) await manager.put(tags, Uint8Array.of(index, number), { offline: true })
        })
      )
      const content = await managers[0].get(tags, { offline: true })
      expect(decodeGrowOnlySet(content as Uint8Array)).toHaveLength(2 * numbers.length)
    })
  })
}

describe('a put whose result the store does not know', () => {
  function managerOn(backend: MapBackend) {
    const { managers, network } = managersOn([createStore(backend), createStore(new MapBackend(backend.entries))])
    return { manager: managers[0], elsewhere: managers[1], network }
  }
  /** Makes the next write fail, before or after it happened. */
  function failOnce(
    backend: MapBackend,
    fault: 'before write' | 'after write',
    between?: () => Promise<unknown>
  ): void {
    const write = backend.write.bind(backend)
    backend.fail(fault, new Error('the connection was lost'))
    Object.assign(backend, {
      write: async (changes: readonly StoreChange[]) => {
        Object.assign(backend, { write })
        try {
          return await write(changes)
        } finally {
          backend.fail(fault, undefined)
          await between?.()
        }
      }
    })
  }

  test.for(['before write', 'after write'] as const)('is repeated with the same bytes (failed %s)', async (fault) => {
    const backend = new MapBackend()
    const { manager } = managerOn(backend)
    await manager.put(key, bytes('one'), { offline: true })
    failOnce(backend, fault)
    const { record, status } = await manager.put(key, bytes('two'), { offline: true })
    expect(status).toBe(fault === 'before write' ? 'stored' : 'refreshed')
    expect(record.sequence).toBe(first + 1n)
    expect((await manager.getRecord(key, { offline: true }))?.value).toEqual(record.value)
    expect(backend.stats().entries).toBe(1)
    const { record: next } = await manager.put(key, bytes('three'), { offline: true })
    expect(next.sequence).toBe(first + 2n)
  })

  test('rejects with STORE_UNKNOWN when the repetition fails in the same way', async () => {
    const backend = new MapBackend()
    const { manager } = managerOn(backend)
    backend.fail('after write', new Error('the connection was lost'))
    await expect(manager.put(key, bytes('one'), { offline: true })).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    backend.fail('after write', undefined)
    const { record } = await manager.put(key, bytes('one'), { offline: true })
    expect(record.sequence).toBe(first)
  })

  test('is made again after another manager replaced it, but not when its condition may have been met', async () => {
    const backend = new MapBackend()
    const { manager, elsewhere } = managerOn(backend)
    await manager.put(key, bytes('one'), { offline: true })
    const replace = (content: string) => async () => elsewhere.put(key, bytes(content), { offline: true })
    failOnce(backend, 'after write', replace('elsewhere'))
    const { record } = await manager.put(key, bytes('two'), { offline: true })
    expect(record.sequence).toBe(first + 3n)
    failOnce(backend, 'after write', replace('elsewhere again'))
    const put = manager.put(key, bytes('three'), { offline: true, ifSequence: first + 3n })
    await expect(put).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    expect(text(await manager.get(key, { offline: true }))).toBe('elsewhere again')
  })

  test('is not repeated when the store knows that nothing was changed', async () => {
    const backend = new MapBackend()
    const { manager } = managerOn(backend)
    failOnce(backend, 'before write')
    backend.fail('before write', new RecordError('STORE_IO', 'the disk is full'))
    await expect(manager.put(key, bytes('one'), { offline: true })).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(backend.calls.filter(({ type }) => type === 'write')).toHaveLength(1)
  })
})

test('start() reads the publications and one other record, however many there are', async () => {
  const backend = new MapBackend()
  const store = createStore(backend)
  const { managers } = managersOn([store, store])
  const [manager] = managers
  const keys = Array.from({ length: 10_000 }, (_, index) => joinRecordKey('config', `${owner}/${index}`))
  for (let index = 0; index < keys.length; index += 500) {
    await store.batch(
      keys.slice(index, index + 500).map((name, offset) => ({
        type: 'put',
        record: { key: name, value: bytes('x'), rank: new Uint8Array(32), timeReceived: now },
        publication: (index + offset) % 1000 === 0 ? { key: name, network: true, published: systemClock() } : undefined
      }))
    )
  }
  // the entries have been counted
  await store.sweep({ limit: 0 })
  const scans: unknown[][] = []
  let scanned = 0
  const scan = backend.scan.bind(backend)
  Object.assign(backend, {
    *scan(...parameters: Parameters<MapBackend['scan']>) {
      scans.push(parameters)
      for (const entry of scan(...parameters)) {
        scanned++
        yield entry
      }
    }
  })
  backend.calls.length = 0
  await manager.start()
  expect(manager.republishQueue).toHaveLength(10)
  expect(new Set(manager.republishQueue.map((entry) => mapKey(entry.key))).size).toBe(10)
  // the first record says when something was stored last
  expect(scans.map(([kind]) => kind)).toEqual(['records', 'publications'])
  expect(scanned).toBe(11)
  expect(backend.calls).toEqual([])
  await manager.stop()
})
