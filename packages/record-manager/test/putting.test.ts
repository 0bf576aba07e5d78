import { ipnsRoutingKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, createIpnsRecord } from '@recordkit/record-crypto'
import type { ManagerProgress, RecordView } from '@recordkit/record-manager'
import { day, hour, minute, portableSigner } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, house, text } from './test-manager.ts'

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

  test('keeps what the record before it carried besides its value', async () => {
    const { local, name, signer, time } = await house()
    const before = await createIpnsRecord(
      {
        value: '/ipfs/bafkqaaa/1',
        sequence: 4n,
        validity: time.now + hour,
        ttl: minute,
        extra: new Map([['_note', 'kept']])
      },
      { signer, v1Compatible: false }
    )
    await local.putSigned(name, before)
    const { record } = await local.put(name, bytes('/ipfs/bafkqaaa/2'))
    expect(record.sequence).toBe(5n)
    expect(text(record.value)).toContain('_note')
  })

  test('asks the network for the latest only where it must: for a first record, with ifSequence, or when told to', async () => {
    const { manager, key, asked } = await house()
    await manager.put(key, bytes('1'), { timeout: 700 })
    expect(asked).toEqual([{ timeout: 700 }])
    await manager.put(key, bytes('2'))
    expect(asked.length).toBe(1)
    await manager.put(key, bytes('3'), { ifSequence: 1n })
    expect(asked.length).toBe(2)
    expect(asked[1]?.local).toMatchObject({ sequence: 1n })
    await manager.put(key, bytes('4'), { checkNetwork: true })
    expect(asked.length).toBe(3)
    await manager.delete(key)
    // a mark says where to go on
    await manager.put(key, bytes('5'))
    await manager.put(key, bytes('6'), { ifSequence: 4n, checkNetwork: false })
    await manager.put(key, bytes('7'), { ifSequence: 5n, offline: true })
    expect(asked.length).toBe(3)
  })

  test('of what peers have as the latest already is their record for longer, and no new one', async () => {
    const { manager, local, key, network, signer } = await house()
    await local.put(key, bytes('green'))
    const elsewhere = await house()
    await elsewhere.local.put(key, bytes('green'))
    const { record } = await elsewhere.local.put(key, bytes('blue'))
    expect(peerIdFromPublicKey(signer.publicKey)).toEqual(record.author)
    network.held.set(mapKey(key), record.value)
    expect((await manager.put(key, bytes('blue'), { checkNetwork: true, lifetime: 90n * day })).record.sequence).toBe(
      1n
    )
  })

  test('says how many copies and how long; and nothing else goes to the network', async () => {
    const { manager, key, copied } = await house()
    const { signal } = new AbortController()
    await manager.put(key, bytes('1'), { copies: 1, timeout: 700, signal, ttl: minute })
    await manager.put(key, bytes('2'))
    expect(copied).toEqual([{ copies: 1, timeout: 700, signal }, {}])
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
    const found = await manager.getRecord(key, { onProgress: (event) => seen.push(event), noCache: true })
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
    expect(ours).toMatchObject({ local: true, author: peerIdFromPublicKey(signer.publicKey), timeReceived: time.now })
    expect(ours.sender).toBeUndefined()
    expect(ours.expires).toBe(time.now + 48n * hour)
    const other = portableSigner(new Uint8Array(32).fill(3))
    const theirs = ipnsRoutingKey(peerIdFromPublicKey(other.publicKey))
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer: other }
    )
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
    await expect(local.putSigned(name, Uint8Array.of(1))).rejects.toMatchObject({
      name: 'RecordError',
      code: 'PROTOBUF_FIELD_NUMBER',
      key: name,
      cause: expect.anything() as unknown
    })
    await local.put(key, bytes('1'))
    const old = (await local.getRecord(key)) as RecordView
    await local.put(key, bytes('2'))
    await expect(local.putSigned(key, old.value)).rejects.toMatchObject({
      code: 'STALE',
      message: expect.stringContaining('ranks below the record held') as unknown
    })
    await local.delete(key)
    await expect(local.putSigned(key, old.value)).rejects.toMatchObject({
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
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
    )
    expect(await local.receive(name, value)).toMatchObject({ status: 'quota', code: 'QUOTA' })
  })

  test('tells nobody of a refusal that its caller is told of; what strangers hand in is told', async () => {
    const { local, name } = await house()
    const refused: unknown[] = []
    local.events.addEventListener('record:refused', ({ detail }) => refused.push(detail.status.code))
    await expect(local.putSigned(name, Uint8Array.of(1))).rejects.toBeDefined()
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
    await expect(manager.put(key, bytes('green'), { checkNetwork: false })).rejects.toBeInstanceOf(RecordError)
    expect(told).toEqual([[key, expect.objectContaining({ code: 'TOO_FEW_COPIES' })]])
    expect(manager.republishQueue).toMatchObject([{ key, next: time.now + minute, failures: 1 }])
    network.away = false
    await manager.start()
    await time.advance(minute)
    expect(told.slice(1)).toEqual([[key, 1]])
    await manager.stop()
  })
})
