import { ipnsRoutingKey } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { AccessLists, PeerAccess, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import type { ListStorage } from '@recordkit/record-access'
import { hour } from '@recordkit/testing'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => Uint8Array.of(0, 2, number >> 8, number & 0xff)
const key = new TextEncoder().encode('/ipns/x')

async function house() {
  const time = { now: start }
  const clock = (): bigint => time.now
  const lists = new AccessLists()
  const reputation = new PeerScores({ clock })
  const limiter = new TokenBucketLimiter({ points: 5, duration: 1, clock })
  const engine = new ValidationEngine([ipns()], { clock, permit: lists.permit })
  const store = new MemoryRecordStore({ clock })
  const access = new PeerAccess({ lists, scores: reputation, limiter })
  const manager = new RecordManager({ engine, store, clock, access })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(21))
  const name = ipnsRoutingKey(signer.peerId)
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 1n, validity: start + 100n * hour },
    { signer }
  )
  return { time, lists, reputation, limiter, engine, store, access, manager, signer, name, record }
}

describe('lists', () => {
  test('a denied author is neither taken, nor served, nor found, and all of it again once the entry is gone', async () => {
    const { lists, manager, engine, signer, name, record } = await house()
    await manager.receive(name, record)
    await lists.deny('authors', signer.peerId)
    expect(await manager.receive(name, record)).toMatchObject({ status: 'ignored', code: 'AUTHOR_DENIED' })
    expect(await manager.get(name)).toBeUndefined()
    expect(await engine.validate(name, record)).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.remove('deny', 'authors', signer.peerId)
    expect(await manager.has(name)).toBe(true)
  })

  test('a denied key stands for all keys that begin with it', async () => {
    const { lists, manager, name, record } = await house()
    await lists.deny('keys', '/ipns/')
    expect(await manager.receive(name, record)).toMatchObject({ code: 'KEY_DENIED' })
    await lists.remove('deny', 'keys', '/ipns/')
    await lists.deny('keys', '/ipnsx')
    expect(await manager.receive(name, record)).toMatchObject({ status: 'stored' })
  })

  test('an allow list takes nothing else; deny goes before allow', async () => {
    const { lists, manager, name, record } = await house()
    await lists.allow('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ code: 'SENDER_NOT_ALLOWED' })
    await lists.deny('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ code: 'SENDER_DENIED' })
    await lists.remove('deny', 'peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ status: 'stored' })
  })

  test('stay over a restart, and the last change is what stays', async () => {
    let kept: string | undefined
    const storage: ListStorage = { load: () => kept, save: async (text) => void (kept = text) }
    const lists = await AccessLists.load(storage)
    await Promise.all([lists.deny('peers', peer(1)), lists.deny('peers', peer(2)), lists.allow('keys', '/a/')])
    await lists.remove('deny', 'peers', peer(2))
    const again = await AccessLists.load(storage)
    expect(again.admit(peer(1))?.code).toBe('SENDER_DENIED')
    expect(again.admit(peer(2))).toBeUndefined()
    expect(again.permit({ key })?.code).toBe('KEY_DENIED')
  })

  test('a change that could not be saved fails its own call, and later ones are saved', async () => {
    let full = true
    let kept = ''
    const lists = new AccessLists({
      load: () => undefined,
      save: (text) => {
        if (full) throw new Error('disk full')
        kept = text
      }
    })
    await expect(lists.deny('peers', peer(1))).rejects.toThrow('disk full')
    full = false
    await lists.deny('peers', peer(2))
    expect(kept).toContain('02')
  })
})

describe('rate', () => {
  test('a bucket empties and fills with time', async () => {
    const { limiter, time } = await house()
    for (let round = 0; round < 5; round++) await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toMatchObject({ msBeforeNext: 200, remainingPoints: 0 })
    await limiter.consume('b')
    time.now += 200_000_000n
    await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toBeDefined()
    time.now -= hour
    await expect(limiter.consume('a')).rejects.toBeDefined()
  })

  test('a sender above its rate is ignored and not blamed for it by name', async () => {
    const { manager, reputation, name, record } = await house()
    for (let round = 0; round < 5; round++) await manager.receive(name, record, { sender: peer(1) })
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({
      status: 'ignored',
      code: 'RATE_LIMITED'
    })
    expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ status: 'refreshed' })
    expect(reputation.score(peer(1))).toBeGreaterThan(4)
  })

  test('a limiter is asked by a name that any database keeps', async () => {
    const names: string[] = []
    const access = new PeerAccess({ limiter: { consume: async (name) => names.push(name) } })
    await access.admit(Uint8Array.of(0, 36, 255), key)
    expect(names).toEqual(['0024ff'])
  })

  test('a limiter that fails closes the door', async () => {
    const access = new PeerAccess({ limiter: { consume: async () => Promise.reject(new Error('redis is away')) } })
    expect(await access.admit(peer(1), key)).toMatchObject({
      code: 'RATE_LIMITED',
      cause: { message: 'redis is away' }
    })
  })

  test('is bounded in memory', async () => {
    const buckets = new TokenBucketLimiter({ points: 1, duration: 1, maxBuckets: 100, clock: () => start })
    for (let number = 0; number < 1000; number++) await buckets.consume(String(number))
    expect(buckets.size).toBe(100)
  })
})

describe('reputation', () => {
  test('falls with forgeries, ignores, then refuses, and comes back with time', async () => {
    const { manager, reputation, time, name, record } = await house()
    const sender = peer(7)
    const forged = record.slice()
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
    const codes: (string | undefined)[] = []
    for (let round = 0; round < 14; round++) {
      codes.push((await manager.receive(name, forged, { sender })).code)
      time.now += 1_000_000_000n
    }
    expect(codes.slice(0, 5)).not.toContain('SENDER_SCORE_LOW')
    expect(codes.at(-1)).toBe('SENDER_SCORE_LOW')
    expect(await manager.receive(name, record, { sender: peer(8) })).toMatchObject({ status: 'stored' })
    time.now += 12n * hour
    expect(Math.abs(reputation.score(sender))).toBeLessThan(1)
    expect(await manager.receive(name, record, { sender })).toMatchObject({ status: 'refreshed' })
  })

  test('cannot be saved up without bound, and forgets the one not heard of longest', () => {
    const reputation = new PeerScores({ clock: () => start, maxPeers: 10 })
    for (let round = 0; round < 1000; round++) reputation.report(peer(1), 'accept')
    expect(reputation.score(peer(1))).toBe(100)
    for (let number = 2; number < 50; number++) reputation.report(peer(number), 'accept')
    expect(reputation.size).toBe(10)
    expect(reputation.score(peer(1))).toBe(0)
  })
})
