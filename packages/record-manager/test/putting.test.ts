import { flushMicrotasks } from '@recordkit/record-conformance'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey, createIpnsRecord } from '@recordkit/record-crypto'
import type { ManagerProgress, RecordView } from '@recordkit/record-manager'
import { day, hour, minute, portableSigner } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import type { UnverifiedRecord } from '@recordkit/record-types'
import type { SignedFields } from '@recordkit/record-validators'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, sequenceAt, text } from './test-manager.ts'

describe('putting a record', () => {
  test('seals with its lifetime and TTL, and a revocation with 10 years by default, which does not expire', async () => {
    const { local, engine, key, time } = await createTestManager()
    const expiryIn = ({ value }: RecordView): bigint =>
      (engine.parse(key, value) as UnverifiedRecord<SignedFields>).fields.record.expires
    const { record } = await local.put(key, bytes('green'), { lifetime: 86_400_000, ttl: 60_000 })
    expect(record).toMatchObject({ expires: time.now + day, ttl: minute })
    const { record: revocation } = await local.revoke(key)
    const sequence = sequenceAt(time.now) + 1n
    expect(revocation).toMatchObject({ expires: undefined, revoked: true, sequence })
    expect(expiryIn(revocation)).toBe(time.now + 3650n * day)
    const longer = await local.revoke(key, { lifetime: 4000 * 86_400_000 })
    expect(longer.record.sequence).toBe(sequence)
    expect(expiryIn(longer.record)).toBe(time.now + 4000n * day)
  })

  test('keeps the extra data of the previous record', async () => {
    const { local, name, signer, time } = await createTestManager()
    const before = await createIpnsRecord(
      {
        value: '/ipfs/bafkqaaa/1',
        sequence: 4n,
        validity: time.now + hour,
        ttl: minute,
        extra: new Map([['_note', 'kept']])
      },
      { signer, v1Compatible: false, now: 0n }
    )
    await local.putSigned(name, before)
    const { record } = await local.put(name, bytes('/ipfs/bafkqaaa/2'))
    expect(record.sequence).toBe(5n)
    expect(text(record.value)).toContain('_note')
  })

  test('asks the network for the latest sequence only for an unknown key, with ifSequence or with checkNetwork', async () => {
    const { manager, key, getCalls, time } = await createTestManager()
    const first = sequenceAt(time.now)
    await manager.put(key, bytes('1'), { timeout: 700 })
    const callback = expect.any(Function) as () => void
    expect(getCalls).toEqual([{ timeout: 700, noCache: true, onUntimely: callback, onEclipse: callback }])
    await manager.put(key, bytes('2'))
    expect(getCalls.length).toBe(1)
    await manager.put(key, bytes('3'), { ifSequence: first + 1n })
    expect(getCalls.length).toBe(2)
    // a stored record counts as an answer: with a quorum of 1 no peer would be asked
    expect(getCalls[1]?.local).toBeUndefined()
    await manager.put(key, bytes('4'), { checkNetwork: true })
    expect(getCalls.length).toBe(3)
    await manager.delete(key)
    // the mark contains the latest sequence
    await manager.put(key, bytes('5'))
    await manager.put(key, bytes('6'), { ifSequence: first + 4n, checkNetwork: false })
    await manager.put(key, bytes('7'), { ifSequence: first + 5n, offline: true })
    expect(getCalls.length).toBe(3)
  })

  test('keeps the sequence when peers have the same content already', async () => {
    const { manager, local, key, network, signer, time } = await createTestManager()
    await local.put(key, bytes('green'))
    const elsewhere = await createTestManager()
    await elsewhere.local.put(key, bytes('green'))
    const { record } = await elsewhere.local.put(key, bytes('blue'))
    expect(peerIdFromPublicKey(signer.publicKey)).toEqual(record.author)
    network.values.set(mapKey(key), record.value)
    expect(
      (await manager.put(key, bytes('blue'), { checkNetwork: true, lifetime: 90 * 86_400_000 })).record.sequence
    ).toBe(sequenceAt(time.now) + 1n)
  })

  test('passes copies, timeout, signal and the verified record to the network, and no other options', async () => {
    const { manager, key, putCalls } = await createTestManager()
    const controller = new AbortController()
    const reason = new Error('aborted')
    const options = { copies: 1, timeout: 700, signal: controller.signal, ttl: 60_000 }
    const aborted = manager.put(key, bytes('1'), { ...options, onProgress: () => controller.abort(reason) })
    await expect(aborted).rejects.toBe(reason)
    await manager.put(key, bytes('2'))
    const verified = expect.objectContaining({ status: 'accept', key }) as unknown
    const signal = expect.any(AbortSignal) as AbortSignal
    const onEclipse = expect.any(Function) as () => void
    expect(putCalls).toEqual([
      { copies: 1, timeout: 700, signal, verified, onEclipse },
      { verified, signal, onEclipse }
    ])
    expect(putCalls.map((call) => call?.signal?.reason as unknown)).toEqual([reason, undefined])
  })

  test('stores nothing when its signal is aborted before its turn', async () => {
    const { local, key, calls } = await createTestManager()
    const reason = new Error('cancelled')
    await expect(local.put(key, bytes('green'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(calls.filter(([name]) => name === 'put')).toEqual([])
  })

  test('reports the stored record and the receipt as progress', async () => {
    const { manager, key } = await createTestManager()
    const seen: ManagerProgress[] = []
    const { record, receipt } = await manager.put(key, bytes('green'), { onProgress: (event) => seen.push(event) })
    expect(seen).toEqual([
      { type: 'record:put:stored', detail: record },
      { type: 'record:put:copied', detail: receipt }
    ])
    expect(receipt?.copies).toEqual({ requested: 1, reached: 1 })
    seen.length = 0
    const found = await manager.getRecord(key, { onProgress: (event) => seen.push(event), noCache: true })
    expect(seen).toEqual([
      { type: 'record:get:stored', detail: { ...found } },
      { type: 'record:get:lookup', detail: undefined },
      { type: 'record:get:found', detail: { ...found } }
    ])
  })

  test('stores a record with its author, expiry and publication, and a received record with its sender', async () => {
    const { manager, store, key, signer, time } = await createTestManager()
    await manager.put(key, bytes('green'), { offline: true })
    const ours = (await store.get(key)) as StoredRecord
    const author = peerIdFromPublicKey(signer.publicKey)
    expect(ours).toMatchObject({ author, timeReceived: time.now })
    expect(await store.publication(key)).toEqual({ key, lifetime: 48n * hour, signer: author, network: false })
    expect(ours.sender).toBeUndefined()
    expect(ours.expires).toBe(time.now + 48n * hour)
    const other = portableSigner(new Uint8Array(32).fill(3))
    const theirs = ipnsRoutingKey(peerIdFromPublicKey(other.publicKey))
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer: other, now: 0n }
    )
    const sender = Uint8Array.of(0, 1, 7)
    await manager.receive(theirs, value, { sender })
    const received = (await store.get(theirs)) as StoredRecord
    expect(received).toMatchObject({ sender, expires: time.now + hour })
    expect(await store.publication(theirs)).toBeUndefined()
  })
})

test('revoking a key with empty content gets a new sequence', async () => {
  const { local, key, time } = await createTestManager()
  await local.put(key, new Uint8Array(0))
  const first = sequenceAt(time.now)
  expect((await local.put(key, new Uint8Array(0))).record.sequence).toBe(first)
  expect((await local.revoke(key)).record).toMatchObject({ sequence: first + 1n, revoked: true })
  await expect(local.put(key, bytes('x'))).rejects.toMatchObject({ code: 'KEY_REVOKED', key })
})

describe('a failed put', () => {
  test('rejects with the code, message and cause of the refusal, and the key', async () => {
    const { local, readOnly, key, name } = await createTestManager()
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
      message: expect.stringContaining('ranks below the stored record') as unknown
    })
    await local.delete(key)
    await expect(local.putSigned(key, old.value)).rejects.toMatchObject({
      code: 'STALE',
      message: expect.stringContaining('a record that was stored before') as unknown
    })
    await expect(local.put('/none/x', bytes('x'))).rejects.toMatchObject({
      code: 'NAMESPACE_UNKNOWN',
      key: bytes('/none/x')
    })
    await expect(readOnly.put(key, bytes('x'))).rejects.toMatchObject({ code: 'SIGNER_MISSING', key })
    await expect(local.put('/plain/x', bytes('x'))).rejects.toMatchObject({
      code: 'NAMESPACE_READ_ONLY',
      key: bytes('/plain/x'),
      message: expect.stringContaining('plain') as unknown
    })
  })

  test('rejects with QUOTA when the store is full, and receive returns it', async () => {
    const full = new MemoryRecordStore({ maxBytes: 10 })
    const { local, key, name, signer, time } = await createTestManager({ store: full })
    await expect(local.put(key, bytes('green'))).rejects.toMatchObject({ code: 'QUOTA' })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    expect(await local.receive(name, value)).toMatchObject({ status: 'quota', code: 'QUOTA' })
  })

  test('does not dispatch record:refused, and a refused receive does', async () => {
    const { local, name } = await createTestManager()
    const refused: unknown[] = []
    local.events.addEventListener('record:refused', ({ detail }) => refused.push(detail.result.code))
    await expect(local.putSigned(name, Uint8Array.of(1))).rejects.toBeDefined()
    expect(refused).toEqual([])
    await local.receive(name, Uint8Array.of(1))
    expect(refused).toEqual(['PROTOBUF_FIELD_NUMBER'])
  })

  test('dispatches record:unpublished when no peer was reached, and is retried', async () => {
    const { manager, network, key, time } = await createTestManager()
    const published: unknown[] = []
    manager.events.addEventListener('record:unpublished', ({ detail }) => published.push([detail.key, detail.error]))
    manager.events.addEventListener('record:published', ({ detail }) => published.push([detail.key, detail.copies]))
    network.unreachable = true
    await expect(manager.put(key, bytes('green'), { checkNetwork: false })).rejects.toBeInstanceOf(RecordError)
    expect(published).toEqual([[key, expect.objectContaining({ code: 'TOO_FEW_COPIES' })]])
    expect(manager.republishQueue).toMatchObject([{ key, next: time.now + minute, failures: 1 }])
    network.unreachable = false
    await manager.start()
    await time.advance(minute)
    expect(published.slice(1)).toEqual([[key, 1]])
    await manager.stop()
  })
})

test('an abort ends a put whose signer never answers, and the next put of the key is made', async () => {
  const { local, key, signer } = await createTestManager()
  const leaving = new AbortController()
  const silent = { ...signer, sign: () => new Promise<Uint8Array>(() => undefined) }
  const put = local.put(key, bytes('red'), { signer: silent, signal: leaving.signal })
  const next = local.put(key, bytes('green'))
  await flushMicrotasks()
  leaving.abort(new Error('the caller left'))
  await expect(put).rejects.toThrow('the caller left')
  expect((await next).status).toBe('stored')
})
