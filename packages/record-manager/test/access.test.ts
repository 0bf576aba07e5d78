import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { hour, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => Uint8Array.of(0, 2, number >> 8, number & 0xff)

/** A manager with access control, and a signed record for it. */
async function createManager() {
  const time = { now: start }
  const clock = (): bigint => time.now
  const lists = new AccessLists()
  const scores = new PeerScores({ clock })
  const access = createAccessControl({
    lists,
    scores,
    limiter: new TokenBucketLimiter({ points: 5, duration: 1, clock })
  })
  const engine = new ValidationEngine([ipns()], { clock, access })
  const manager = new RecordManager({ engine, store: new MemoryRecordStore({ clock }), clock })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(21))
  const name = ipnsRoutingKey(signer.peerId)
  const record = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 1n, validity: start + 100n * hour },
    { signer, now: start }
  )
  return { time, lists, scores, engine, manager, signer, name, record }
}

describe('a manager with access lists', () => {
  test('does not store, serve or validate records of a denied author until the entry is removed', async () => {
    const { lists, manager, engine, signer, name, record } = await createManager()
    await manager.receive(name, record)
    await lists.deny('authors', signer.peerId)
    expect(await manager.receive(name, record)).toMatchObject({ status: 'ignored', code: 'AUTHOR_DENIED' })
    expect(await manager.get(name)).toBeUndefined()
    expect(await engine.validate(name, record)).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.remove('deny', 'authors', signer.peerId)
    expect(await manager.has(name)).toBe(true)
  })

  test('refuses all records whose key begins with a denied prefix', async () => {
    const { lists, manager, name, record } = await createManager()
    await lists.deny('keys', '/ipns/')
    expect(await manager.receive(name, record)).toMatchObject({ code: 'KEY_DENIED' })
    await lists.remove('deny', 'keys', '/ipns/')
    await lists.deny('keys', '/ipnsx')
    expect(await manager.receive(name, record)).toMatchObject({ status: 'stored' })
  })

  test('refuses senders that are not on the allow list, and senders on both lists', async () => {
    const { lists, manager, name, record } = await createManager()
    await lists.allow('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ code: 'SENDER_NOT_ALLOWED' })
    await lists.deny('peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ code: 'SENDER_DENIED' })
    await lists.remove('deny', 'peers', peer(1))
    expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({ status: 'stored' })
  })
})

test('a manager with a rate limiter ignores a sender above its rate without lowering its score', async () => {
  const { manager, scores, name, record } = await createManager()
  for (let round = 0; round < 5; round++) await manager.receive(name, record, { sender: peer(1) })
  expect(await manager.receive(name, record, { sender: peer(1) })).toMatchObject({
    status: 'ignored',
    code: 'RATE_LIMITED'
  })
  expect(await manager.receive(name, record, { sender: peer(2) })).toMatchObject({ status: 'refreshed' })
  expect(scores.score(peer(1))).toBeGreaterThan(4)
})

test('a manager with scores refuses a sender after many forged records, and accepts it again hours later', async () => {
  const { manager, scores, time, name, record } = await createManager()
  const sender = peer(7)
  const forged = record.slice()
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
  const codes: (string | undefined)[] = []
  for (let round = 0; round < 14; round++) {
    const result = await manager.receive(name, forged, { sender })
    codes.push('code' in result ? result.code : undefined)
    time.now += second
  }
  expect(codes.slice(0, 5)).not.toContain('SENDER_SCORE_LOW')
  expect(codes.at(-1)).toBe('SENDER_SCORE_LOW')
  expect(await manager.receive(name, record, { sender: peer(8) })).toMatchObject({ status: 'stored' })
  time.now += 12n * hour
  expect(Math.abs(scores.score(sender))).toBeLessThan(1)
  expect(await manager.receive(name, record, { sender })).toMatchObject({ status: 'refreshed' })
})
