import { decodeIpnsRecord, ipnsRoutingKey, peerIdFromDigest } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import type { AccessListStorage } from '@recordkit/record-access'
import { hour } from '@recordkit/testing'
import type { AccessControl } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => peerIdFromDigest(new Uint8Array(32).fill(number))
const key = new TextEncoder().encode('/ipns/x')

async function createTestManager() {
  const time = { now: start }
  const clock = (): bigint => time.now
  const lists = new AccessLists()
  const scores = new PeerScores({ clock })
  const limiter = new TokenBucketLimiter({ points: 5, duration: 1000, clock })
  const engine = new ValidationEngine([ipns()], { clock })
  const store = new MemoryRecordStore({ clock })
  const access = createAccessControl({ lists, scores, limiter })
  const manager = new RecordManager({ engine, store, clock, access })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(21))
  const name = ipnsRoutingKey(signer.peerId)
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 1n, validity: start + 100n * hour },
    { signer, now: 0n }
  )
  return { time, lists, scores, limiter, engine: engine.withAccess(access), manager, signer, name, record }
}

describe('one AccessControl', () => {
  interface Call {
    readonly method: string
    readonly parameters: readonly unknown[]
  }

  /** An access control that records its calls, and a manager to which it is passed in one of two ways. */
  async function createRestrictedManager(passedTo: 'manager' | 'engine') {
    const calls: Call[] = []
    const denied = new Set<'sender' | 'record'>()
    const access: AccessControl = {
      checkSender: (...parameters) => {
        calls.push({ method: 'checkSender', parameters })
        return denied.has('sender') ? { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } : undefined
      },
      checkRecord: (...parameters) => {
        calls.push({ method: 'checkRecord', parameters })
        return denied.has('record') ? { status: 'ignore', code: 'AUTHOR_DENIED', message: 'denied' } : undefined
      },
      report: (...parameters) => {
        calls.push({ method: 'report', parameters })
      }
    }
    const { name, record, signer } = await createTestManager()
    const clock = (): bigint => start
    const store = new MemoryRecordStore({ clock })
    const manager =
      passedTo === 'manager'
        ? new RecordManager({ engine: new ValidationEngine([ipns()], { clock }), store, clock, access })
        : new RecordManager({ engine: new ValidationEngine([ipns()], { clock, access }), store, clock })
    return { manager, store, access, calls, denied, name, record, signer }
  }

  test.each(['manager', 'engine'] as const)(
    'passed to the %s checks senders and records, and receives reports',
    async (passedTo) => {
      const { manager, store, calls, denied, name, record, signer } = await createRestrictedManager(passedTo)
      const sender = peer(1)
      const { signal } = new AbortController()
      expect(await manager.receive(name, record, { sender, signal })).toMatchObject({ status: 'stored' })
      expect(calls).toMatchObject([
        { method: 'checkSender', parameters: [sender, name, { signal }] },
        { method: 'checkRecord', parameters: [{ key: name, author: signer.peerId }] },
        { method: 'report', parameters: [sender, 'accept'] }
      ])

      calls.length = 0
      expect(await manager.has(name)).toBe(true)
      expect(calls.map(({ method }) => method)).toEqual(['checkRecord'])

      calls.length = 0
      denied.add('record')
      expect(await manager.receive(name, record, { sender })).toMatchObject({ code: 'AUTHOR_DENIED' })
      expect(await manager.get(name)).toBeUndefined()
      expect(calls.map(({ method }) => method)).toEqual(['checkSender', 'checkRecord', 'checkRecord'])

      calls.length = 0
      denied.clear()
      denied.add('sender')
      await store.delete(name)
      expect(await manager.receive(name, record, { sender })).toMatchObject({ code: 'SENDER_DENIED' })
      expect(calls.map(({ method }) => method)).toEqual(['checkSender'])
      expect(await store.get(name)).toBeUndefined()

      calls.length = 0
      expect(await manager.receive(name, record)).toMatchObject({ status: 'stored' })
      expect(calls.map(({ method }) => method)).toEqual(['checkRecord'])
    }
  )

  test('passed to the manager replaces the one of the engine, and does not change the engine', async () => {
    const { name, record } = await createTestManager()
    const clock = (): bigint => start
    const refuse = (code: 'KEY_DENIED' | 'AUTHOR_DENIED'): AccessControl => ({
      checkRecord: () => ({ status: 'ignore', code, message: 'denied' })
    })
    const engine = new ValidationEngine([ipns()], { clock, access: refuse('KEY_DENIED') })
    const manager = new RecordManager({
      engine,
      store: new MemoryRecordStore({ clock }),
      clock,
      access: refuse('AUTHOR_DENIED')
    })
    expect(await manager.receive(name, record)).toMatchObject({ code: 'AUTHOR_DENIED' })
    expect(await engine.validate(name, record)).toMatchObject({ code: 'KEY_DENIED' })
  })

  test('may have any one of the methods alone', async () => {
    const { name, record } = await createTestManager()
    const clock = (): bigint => start
    const engine = new ValidationEngine([ipns()], { clock })
    const manager = new RecordManager({
      engine,
      store: new MemoryRecordStore({ clock }),
      clock,
      access: { isBanned: () => false }
    })
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ status: 'stored' })
  })
})

describe('access lists of a manager', () => {
  test('a record of a denied author is not stored, returned or accepted by the engine until the entry is removed', async () => {
    const { lists, manager, engine, signer, name, record } = await createTestManager()
    await manager.receive(name, record)
    await lists.deny('authors', signer.peerId)
    expect(await manager.receive(name, record)).toMatchObject({ status: 'ignored', code: 'AUTHOR_DENIED' })
    expect(await manager.get(name)).toBeUndefined()
    expect(await engine.validate(name, record)).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.remove('deny', 'authors', signer.peerId)
    expect(await manager.has(name)).toBe(true)
  })

  test('a denied key covers all keys that begin with it', async () => {
    const { lists, manager, name, record } = await createTestManager()
    await lists.deny('keys', '/ipns/')
    expect(await manager.receive(name, record)).toMatchObject({ code: 'KEY_DENIED' })
    await lists.remove('deny', 'keys', '/ipns/')
    await lists.deny('keys', '/ipnsx')
    expect(await manager.receive(name, record)).toMatchObject({ status: 'stored' })
  })

  test('an allow list refuses all other senders, and the deny list has precedence', async () => {
    const { lists, manager, name, record } = await createTestManager()
    await lists.allow('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ code: 'SENDER_NOT_ALLOWED' })
    await lists.deny('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ code: 'SENDER_DENIED' })
    await lists.remove('deny', 'peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ status: 'stored' })
  })

  test('lists are loaded from their storage with the last change', async () => {
    let stored: string | undefined
    const storage: AccessListStorage = { load: () => stored, save: async (text) => void (stored = text) }
    const lists = await AccessLists.load(storage)
    await Promise.all([lists.deny('peers', peer(1)), lists.deny('peers', peer(2)), lists.allow('keys', '/a/')])
    await lists.remove('deny', 'peers', peer(2))
    const again = await AccessLists.load(storage)
    expect(again.checkSender(peer(1))?.code).toBe('SENDER_DENIED')
    expect(again.checkSender(peer(2))).toBeUndefined()
    expect(again.checkRecord({ key })?.code).toBe('KEY_DENIED')
  })

  test('a change that cannot be saved rejects its own call only, and later changes are saved', async () => {
    let full = true
    let stored = ''
    const lists = new AccessLists({
      load: () => undefined,
      save: (text) => {
        if (full) throw new Error('disk full')
        stored = text
      }
    })
    await expect(lists.deny('peers', peer(1))).rejects.toThrow('disk full')
    full = false
    await lists.deny('peers', peer(2))
    expect(stored).toContain('02'.repeat(32))
  })
})

describe('rate limits of a manager', () => {
  test('a bucket empties with each token and fills with time, also when the clock goes back', async () => {
    const { limiter, time } = await createTestManager()
    for (let round = 0; round < 5; round++) await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toMatchObject({ msBeforeNext: 200, remainingPoints: 0 })
    await limiter.consume('b')
    time.now += 200_000_000n
    await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toBeDefined()
    time.now -= hour
    await expect(limiter.consume('a')).rejects.toBeDefined()
  })

  test('a sender above its rate is ignored, and other senders are not affected', async () => {
    const { manager, scores, name, record } = await createTestManager()
    for (let round = 0; round < 5; round++) await manager.receive(name, record, { sender: peer(1) })
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({
      status: 'ignored',
      code: 'RATE_LIMITED'
    })
    expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ status: 'refreshed' })
    expect(scores.score(peer(1))).toBeGreaterThan(4)
  })

  test('a limiter is called with the sender in hex, which any database can store', async () => {
    const names: string[] = []
    const access = createAccessControl({ limiter: { consume: async (name) => names.push(name) } })
    await access.checkSender?.(Uint8Array.of(0, 36, 255), key)
    expect(names).toEqual(['0024ff'])
  })

  test('a limiter that fails refuses the sender', async () => {
    const access = createAccessControl({
      limiter: { consume: async () => Promise.reject(new Error('redis is unreachable')) }
    })
    expect(await access.checkSender?.(peer(1), key)).toMatchObject({
      code: 'RATE_LIMITED',
      cause: { message: 'redis is unreachable' }
    })
  })

  test('a limiter contains at most maxBuckets buckets', async () => {
    const buckets = new TokenBucketLimiter({ points: 1, duration: 1000, maxBuckets: 100, clock: () => start })
    for (let number = 0; number < 1000; number++) await buckets.consume(String(number))
    expect(buckets.size).toBe(100)
  })
})

describe('scores of a manager', () => {
  test('a sender of forged records is refused by its score, until the score has decayed', async () => {
    const { manager, scores, time, name, record } = await createTestManager()
    const sender = peer(7)
    const forged = record.slice()
    const { signatureV2 } = decodeIpnsRecord(forged)
    signatureV2[40] = (signatureV2[40] ?? 0) ^ 1
    const codes: (string | undefined)[] = []
    for (let round = 0; round < 14; round++) {
      codes.push((await manager.receive(name, forged, { sender })).code)
      time.now += 1_000_000_000n
    }
    expect(codes.slice(0, 5)).not.toContain('SENDER_SCORE_LOW')
    expect(codes.at(-1)).toBe('SENDER_SCORE_LOW')
    expect(await manager.receive(name, record, { sender: peer(8) })).toMatchObject({ status: 'stored' })
    time.now += 12n * hour
    expect(Math.abs(scores.score(sender))).toBeLessThan(1)
    expect(await manager.receive(name, record, { sender })).toMatchObject({ status: 'refreshed' })
  })

  test('a score is at most 100, and the peer reported longest ago is removed first', () => {
    const scores = new PeerScores({ clock: () => start, maxPeers: 10 })
    for (let round = 0; round < 1000; round++) scores.report(peer(1), 'accept')
    expect(scores.score(peer(1))).toBe(100)
    for (let number = 2; number < 50; number++) scores.report(peer(number), 'accept')
    expect(scores.size).toBe(10)
    expect(scores.score(peer(1))).toBe(0)
  })
})
