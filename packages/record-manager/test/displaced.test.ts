import { joinRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, sealSignedRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import type { RecordStore } from '@recordkit/record-store'
import { isRefusal } from '@recordkit/record-types'
import type { Clock } from '@recordkit/record-types'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { logEvents } from '@recordkit/record-manager'
import type { ManagerEventDetails } from '@recordkit/record-manager'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { mapKey } from '@recordkit/record-types/internal'
import { hour, portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'

const key = joinRecordKey('shared', 'colour')
const other = portableSigner(new Uint8Array(32).fill(44))

/** A manager with a network, and a newer record of another author for the same key. */
async function setUp(storeOf?: (clock: Clock) => RecordStore) {
  const setUpManager = await createTestManager({
    storeOf,
    namespaces: [signed('shared', { authors: anyAuthor(), algorithms: [ed25519Portable] })]
  })
  const { time, manager } = setUpManager
  const displaced: Uint8Array[] = []
  manager.events.addEventListener('record:displaced', ({ detail }) => displaced.push(detail.author ?? key))
  const theirs = (sequence: bigint, at = key): Promise<Uint8Array> =>
    sealSignedRecord(
      {
        key: at,
        content: bytes('theirs'),
        sequence,
        issued: time.now,
        expires: time.now + 400n * hour,
        ttl: 0n,
        revoked: false
      },
      { signer: other, now: time.now }
    )
  return { ...setUpManager, theirs, displaced }
}

const later = (now: bigint): bigint => now / 1_000_000n + 1n

describe('a record of another allowed author that replaces ours', () => {
  test('is reported, and is neither published nor signed by this node, now and after a restart', async () => {
    const { manager, network, store, time, theirs, displaced } = await setUp()
    await manager.start()
    await manager.put(key, bytes('ours'))
    const published = network.values.get(mapKey(key))
    const value = await theirs(later(time.now))
    expect((await manager.receive(key, value)).status).toBe('stored')
    expect(displaced).toEqual([peerIdFromPublicKey(other.publicKey)])
    for (let day = 0; day < 10; day++) await time.advance(24n * hour)
    await manager.stop()
    await manager.start()
    await time.advance(48n * hour)
    expect(network.values.get(mapKey(key))).toEqual(published)
    expect(await store.publication(key)).toBeUndefined()
    expect((await manager.getRecord(key, { offline: true }))?.author).toEqual(peerIdFromPublicKey(other.publicKey))
    await manager.stop()
  })

  test('counts towards its own author in the bounds of the store, and is removed like any other of theirs', async () => {
    const bounds = { maxRecords: 10, maxRecordsPerAuthor: 2 }
    const { manager, store, time, theirs } = await setUp((clock) => new MemoryRecordStore({ clock, ...bounds }))
    await manager.put(key, bytes('ours'))
    expect((await manager.receive(key, await theirs(later(time.now)))).status).toBe('stored')
    const statuses: string[] = []
    for (let index = 0; index < 3; index++) {
      const at = joinRecordKey('shared', `more ${index}`)
      statuses.push((await manager.receive(at, await theirs(1n, at))).status)
    }
    expect(statuses).toEqual(['stored', 'quota', 'quota'])
    expect((await store.stats()).publications).toBe(0)
  })

  test('that is found only when ours is due ends the publication then', async () => {
    const { manager, store, time, theirs, displaced, engine } = await setUp()
    await manager.start()
    await manager.put(key, bytes('ours'))
    // another process that shares the store received it
    const record = engine.parse(key, await theirs(later(time.now)))
    if (isRefusal(record)) throw new Error(record.message)
    const { value, expires, author } = record
    await store.put({ key, value, rank: engine.rank(record), timeReceived: time.now, expires, author })
    expect(await store.publication(key)).toBeDefined()
    await time.advance(24n * hour)
    expect(await store.publication(key)).toBeUndefined()
    expect(displaced).toEqual([peerIdFromPublicKey(other.publicKey)])
    await manager.stop()
  })

  test('is reported with our record and how it was published, from which the application can put it again', async () => {
    const { manager, theirs, time } = await setUp()
    await manager.put(key, bytes('ours'), { lifetime: 3_600_000 })
    const events: ManagerEventDetails['record:displaced'][] = []
    manager.events.addEventListener('record:displaced', ({ detail }) => events.push(detail))
    await manager.receive(key, await theirs(later(time.now)))
    expect(events).toMatchObject([
      { content: bytes('theirs'), ours: { content: bytes('ours') }, publication: { network: true, lifetime: hour } }
    ])
    const { ours, publication } = events[0] as (typeof events)[number]
    const lifetime = Number((publication.lifetime as bigint) / 1_000_000n)
    await manager.put(key, ours?.content as Uint8Array, { lifetime })
    expect(await manager.get(key, { offline: true })).toEqual(bytes('ours'))
    expect(events).toHaveLength(1)
  })

  test('is not reported for a later record of the same author, nor when ours replaces theirs', async () => {
    const { manager, theirs, displaced, time } = await setUp()
    expect((await manager.receive(key, await theirs(1n))).status).toBe('stored')
    expect((await manager.receive(key, await theirs(2n))).status).toBe('stored')
    await manager.put(key, bytes('ours'))
    await time.advance(hour)
    await manager.put(key, bytes('ours again'))
    expect(displaced).toEqual([])
  })

  test('is written to a log without its content', async () => {
    const { manager, theirs, time } = await setUp()
    const lines: string[] = []
    const write = (...values: unknown[]): void => void lines.push(values.map(String).join(' '))
    logEvents(manager.events, Object.assign(write, { error: write }))
    await manager.put(key, bytes('ours'))
    await manager.receive(key, await theirs(later(time.now)))
    expect(lines.filter((line) => line.includes('replaced ours'))).toHaveLength(1)
    expect(lines.join()).not.toContain('theirs')
  })
})

describe('a record of another author that the application publishes', () => {
  test.each(['republish', 'putSigned'] as const)('by %s is published unchanged and never signed here', async (how) => {
    const { manager, network, time, theirs } = await setUp()
    const value = await theirs(5n)
    if (how === 'putSigned') await manager.putSigned(key, value)
    else {
      await manager.receive(key, value)
      expect(await manager.republish(key)).toBe(true)
    }
    await manager.start()
    for (let day = 0; day < 12; day++) {
      network.values.clear()
      await time.advance(24n * hour)
      expect(network.values.get(mapKey(key))).toEqual(value)
    }
    await manager.stop()
  })
})
