import { joinRecordKey } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord, sealSignedRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager, replication } from '@recordkit/record-manager'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { hour, minute, portableSigner } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { Namespace } from '@recordkit/record-types'
import type { StoredRecord, StorePutOptions } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager, sequenceAt } from './test-manager.ts'

/** above the sequences of the records that the tests put */
const laterSequence = 1_790_000_000_100n
const maxTime = (1n << 64n) - 1n

/** A value with a sequence and an expiry. Of two with the same sequence, the one that expires first has larger bytes. */
function expiringValue(sequence: bigint, expires: bigint): Uint8Array {
  const value = new Uint8Array(16)
  new DataView(value.buffer).setBigUint64(0, sequence)
  new DataView(value.buffer).setBigUint64(8, maxTime - expires)
  return value
}

function expiringNamespace(name: string): Namespace {
  return {
    name,
    limits: { key: 100, value: 100 },
    parse(key, value) {
      if (value.length !== 16) return { status: 'reject', code: 'CONTENT_INVALID', message: 'a value is 16 bytes' }
      const view = new DataView(value.buffer, value.byteOffset)
      const [sequence, expires] = [view.getBigUint64(0), maxTime - view.getBigUint64(8)]
      return { key, value, order: value.slice(0, 8), sequence, expires, fields: value }
    },
    verify: () => ({ status: 'accept' })
  }
}

describe('republishing records', () => {
  test('stores a publication, and publishes the record immediately when it never was', async () => {
    const { manager, store, name, signer, time } = await createTestManager()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + 9n * hour },
      { signer, now: 0n }
    )
    await manager.receive(name, value)
    expect(await manager.republish(name)).toBe(true)
    expect(await store.publication(name)).toEqual({ key: name, network: true })
    expect(manager.republishQueue).toEqual([{ key: name, next: time.now, failures: 0 }])
    await manager.start()
    await flushMicrotasks()
    expect((await store.publication(name))?.published).toBe(time.now)
    await manager.stop()
  })

  test('republishes a record that displaced ours when requested, unchanged', async () => {
    const wall = signed('wall', { authors: anyAuthor(), algorithms: [ed25519Portable] })
    const { manager, network, store, time } = await createTestManager({ namespaces: [wall] })
    const key = joinRecordKey('wall', 'x')
    const { record } = await manager.put(key, bytes('ours'))
    const sequence = (record.sequence ?? 0n) + 1n
    const signer = portableSigner(new Uint8Array(32).fill(66))
    const fields = { key, content: bytes('theirs'), issued: time.now, ttl: 0n, revoked: false }
    const value = await sealSignedRecord({ ...fields, sequence, expires: time.now + 99n * hour }, { signer, now: 0n })
    expect(await manager.receive(key, value)).toMatchObject({ status: 'stored' })
    expect(await manager.republish(key)).toBe(true)
    expect((await store.publication(key))?.signer).toBeUndefined()
    await manager.start()
    await time.advance(23n * hour)
    await manager.stop()
    expect(network.values.get(mapKey(key))).toEqual(value)
  })

  test('does not publish what is put offline while a renewal waits for the signature', async () => {
    let putOffline: (() => Promise<unknown>) | undefined
    const { engine, store, network, name, time, signer } = await createTestManager()
    const { clock, setTimer } = time
    const slowSigner = {
      ...signer,
      async sign(message: Uint8Array): Promise<Uint8Array> {
        const put = putOffline
        putOffline = undefined
        await put?.()
        return signer.sign(message)
      }
    }
    const replicated = replication(network, { random: () => 0 })
    const manager = new RecordManager({ engine, store, signer: slowSigner, network: replicated, clock, setTimer })
    const { record } = await manager.put(name, bytes('/ipfs/bafkqaaa'))
    await manager.start()
    putOffline = () => manager.put(name, bytes('/ipfs/bafkqaba'), { offline: true })
    await time.advance(5n * hour)
    await flushMicrotasks()
    await manager.stop()
    expect(putOffline).toBeUndefined()
    expect(network.values.get(mapKey(name))).toEqual(record.value)
    expect(await store.publication(name)).toMatchObject({ network: false })
  })

  test('stores a publication without a network too', async () => {
    const { local, store, name, signer, time } = await createTestManager()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer, now: 0n }
    )
    await local.receive(name, value)
    expect(await local.republish(name)).toBe(true)
    expect(await store.publication(name)).toEqual({ key: name, network: true })
  })

  test('signs our own record again with the same sequence, lifetime and TTL', async () => {
    const { manager, network, engine, key, time, store } = await createTestManager()
    await manager.put(key, bytes('green'), { lifetime: 30 * 3_600_000, ttl: 60_000 })
    const first = network.values.get(mapKey(key)) as Uint8Array
    await manager.start()
    // two thirds of the lifetime
    await time.advance(20n * hour)
    const again = network.values.get(mapKey(key)) as Uint8Array
    expect(again).not.toEqual(first)
    expect(engine.parse(key, again)).toMatchObject({
      sequence: sequenceAt(time.now - 20n * hour),
      expires: time.now + 30n * hour,
      ttl: minute
    })
    expect((await store.get(key))?.value).toEqual(again)
    expect(await store.publication(key)).toMatchObject({ network: true, published: time.now })
    expect(manager.republishQueue).toEqual([{ key, next: time.now + 20n * hour, failures: 0 }])
    await manager.stop()
  })

  test('publishes the same bytes when signing again would not extend the expiry', async () => {
    const { manager, network, key, time } = await createTestManager()
    const { record } = await manager.put(key, bytes('green'), { offline: true })
    // the record was signed by a clock that was ahead
    time.now -= 4n * minute
    await manager.republish(key)
    await manager.start()
    await flushMicrotasks()
    expect(network.values.get(mapKey(key))).toEqual(record.value)
    await manager.stop()
  })

  test('publishes the same bytes without a signer, without seal, or when sealing is forbidden or fails to parse', async () => {
    const forbidden = (name: string, code: 'AUTHOR_DENIED' | 'AUTHOR_FORBIDDEN'): Namespace => ({
      ...expiringNamespace(name),
      seal: () => {
        throw new RecordError(code, 'not the author')
      }
    })
    const garbage: Namespace = { ...expiringNamespace('garbage'), seal: () => Uint8Array.of(1) }
    const { manager, readOnly, network, key, time, local, store } = await createTestManager({
      namespaces: [forbidden('denied', 'AUTHOR_DENIED'), forbidden('forbidden', 'AUTHOR_FORBIDDEN'), garbage]
    })
    await local.put(key, bytes('green'))
    await local.republish(key)
    const ours = (await local.getRecord(key))?.value
    await readOnly.start()
    await time.advance(minute)
    expect(network.values.get(mapKey(key))).toEqual(ours)
    expect(readOnly.republishQueue).toMatchObject([{ key, failures: 0 }])
    await readOnly.stop()

    await manager.putSigned('/plain/x', Uint8Array.of(1))
    const value = expiringValue(1n, time.now + 30n * hour)
    const { signer } = (await store.publication(key)) ?? {}
    for (const name of ['denied', 'forbidden', 'garbage']) {
      const recordKey = joinRecordKey(name, 'x')
      await manager.putSigned(recordKey, value)
      await store.touch(recordKey, { publication: { key: recordKey, signer, network: true } })
    }
    network.values.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(network.values.get(mapKey(bytes('/plain/x')))).toEqual(Uint8Array.of(1))
    for (const name of ['denied', 'forbidden', 'garbage'])
      expect(network.values.get(mapKey(joinRecordKey(name, 'x'))), name).toEqual(value)
    expect(manager.republishQueue.map(({ failures }) => failures)).toEqual([0, 0, 0, 0, 0])
    await manager.stop()
  })

  test('publishes the same bytes of a revocation, and of records without an expiry or a sequence', async () => {
    const sealed: string[] = []
    const incomplete = (name: string, without: 'expires' | 'sequence'): Namespace => {
      const { parse, ...rest } = expiringNamespace(name)
      return {
        ...rest,
        parse(key, value) {
          const parsed = parse(key, value)
          if ('status' in parsed) return parsed
          const { [without]: _, ...record } = parsed
          return record
        },
        seal: ({ sequence }, { now }) => {
          sealed.push(name)
          return expiringValue(sequence, now + 90n * hour)
        }
      }
    }
    const { manager, network, key, signer, time } = await createTestManager({
      namespaces: [incomplete('endless', 'expires'), incomplete('unnumbered', 'sequence')]
    })
    const { value: revocation } = (await manager.revoke(key)).record
    const value = expiringValue(1n, time.now + 50n * hour)
    for (const name of ['endless', 'unnumbered']) await manager.putSigned(joinRecordKey(name, 'x'), value)
    Object.assign(signer, { sign: async () => sealed.push('config') })
    network.values.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(sealed).toEqual([])
    expect(network.values.get(mapKey(key))).toEqual(revocation)
    for (const name of ['endless', 'unnumbered'])
      expect(network.values.get(mapKey(joinRecordKey(name, 'x')))).toEqual(value)
    await manager.stop()
  })

  test('never replaces a record by one that expires earlier', async () => {
    const long = 1_790_000_000_000_000_000n + 60n * hour
    const short: Namespace = {
      ...expiringNamespace('short'),
      seal: ({ sequence }, { now }) => expiringValue(sequence, now + hour)
    }
    const { manager, store, network, time, engine, signer } = await createTestManager({ namespaces: [short] })
    const key = joinRecordKey('short', 'x')
    await manager.putSigned(key, expiringValue(1n, long))
    await store.touch(key, { publication: { key, signer: engine.authorOf(signer), network: true } })
    network.values.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(network.values.get(mapKey(key))).toEqual(expiringValue(1n, long))
    expect((await store.get(key))?.expires).toBe(long)
    await manager.stop()
  })

  test('records a failure with QUOTA when the store is too full for the renewed record', async () => {
    const { manager, store, key, time } = await createTestManager()
    await manager.put(key, bytes('green'))
    Object.assign(store, { put: async () => ({ status: 'quota' }) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.republishQueue).toMatchObject([
      {
        key,
        failures: 1,
        error: { code: 'QUOTA', key, message: expect.stringContaining('the store is full') as unknown }
      }
    ])
    await manager.stop()
  })

  test('continues with a later record of the same author that was received', async () => {
    const { manager, network, engine, signer, name, time } = await createTestManager()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    await manager.receive(
      name,
      await createIpnsRecord(
        { value: '/ipfs/bafkqaaa/2', sequence: laterSequence, validity: time.now + 60n * hour },
        { signer, now: 0n }
      )
    )
    network.values.clear()
    await time.advance(5n * hour)
    const published = engine.parse(name, network.values.get(mapKey(name)) as Uint8Array)
    expect(published).toMatchObject({ sequence: laterSequence })
    expect(manager.republishQueue).toMatchObject([{ key: name, failures: 0 }])
    await manager.stop()
  })

  test('ends when a record of another author has replaced ours, and never signs it', async () => {
    const { manager, network, signer, time } = await createTestManager({
      namespaces: [signed('open', { authors: anyAuthor(), algorithms: [ed25519Portable] })]
    })
    const key = joinRecordKey('open', 'x')
    await manager.put(key, bytes('ours'))
    await manager.start()
    const other = portableSigner(new Uint8Array(32).fill(3))
    const theirs = await sealSignedRecord(
      {
        key,
        content: bytes('theirs'),
        sequence: laterSequence,
        issued: time.now,
        expires: time.now + 60n * hour,
        ttl: 0n,
        revoked: false
      },
      { signer: other, now: time.now }
    )
    expect((await manager.receive(key, theirs)).status).toBe('stored')
    Object.assign(signer, { sign: async () => Promise.reject(new Error('signed')) })
    network.values.clear()
    await time.advance(23n * hour)
    expect(network.values.size).toBe(0)
    expect(manager.republishQueue).toEqual([])
    await manager.stop()
  })

  test('ends when the record is deleted', async () => {
    const { manager, key } = await createTestManager()
    await manager.put(key, bytes('green'))
    expect(manager.republishQueue.length).toBe(1)
    await manager.delete(key)
    expect(manager.republishQueue).toEqual([])
  })

  test('ends when the manager stops, and leaves no timer', async () => {
    const { manager, network, key, time } = await createTestManager()
    await manager.put(key, bytes('green'))
    await manager.start()
    await manager.stop()
    expect(time.pending).toBe(0)
    network.values.clear()
    await time.advance(50n * hour)
    expect(network.values.size).toBe(0)
  })

  test('records a failure with its error when our record cannot be signed again', async () => {
    const { manager, signer, key, time } = await createTestManager()
    await manager.put(key, bytes('green'))
    const failure = new Error('the key is locked')
    Object.assign(signer, { sign: async () => Promise.reject(failure) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.republishQueue).toMatchObject([{ key, failures: 1, error: failure }])
    await manager.stop()
  })

  test('publishes a later record that was received while ours was signed again', async () => {
    const { manager, network, store, signer, name, time } = await createTestManager()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    const later = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa/2', sequence: laterSequence, validity: time.now + 60n * hour },
      { signer, now: 0n }
    )
    const put = store.put.bind(store)
    let raced = false
    Object.assign(store, {
      put: async (record: StoredRecord, options?: StorePutOptions) => {
        if (!raced && options?.ifRank !== undefined && time.now > 1_790_000_000_000_000_000n) {
          raced = true
          await manager.receive(name, later)
        }
        return put(record, options)
      }
    })
    await time.advance(4n * hour)
    expect(raced).toBe(true)
    expect(network.values.get(mapKey(name))).toEqual(later)
    await manager.stop()
  })
})
