import { joinRecordKey } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { hour, minute } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { Namespace } from '@recordkit/record-types'
import type { StoredRecord } from '@recordkit/record-store'
import { describe, expect, test } from 'vitest'
import { bytes, house } from './test-manager.ts'

const never = (1n << 64n) - 1n

/** A record that says its sequence and when it ends, ordered by its sequence; of two with one, the shorter has larger bytes. */
function timedValue(sequence: bigint, expires: bigint): Uint8Array {
  const value = new Uint8Array(16)
  new DataView(value.buffer).setBigUint64(0, sequence)
  new DataView(value.buffer).setBigUint64(8, never - expires)
  return value
}

function timed(name: string): Namespace {
  return {
    name,
    limits: { key: 100, value: 100 },
    parse(key, value) {
      if (value.length !== 16) return { status: 'reject', code: 'CONTENT_INVALID', message: 'no such record' }
      const view = new DataView(value.buffer, value.byteOffset)
      const [sequence, expires] = [view.getBigUint64(0), never - view.getBigUint64(8)]
      return { key, value, rank: value.slice(0, 8), sequence, expires, fields: value }
    },
    verify: () => ({ status: 'accept' })
  }
}

describe('keeping alive', () => {
  test('marks a record as ours to keep, from when it was published', async () => {
    const { manager, store, name, signer, time } = await house()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + 9n * hour },
      { signer }
    )
    await manager.receive(name, value)
    expect(await manager.republish(name)).toBe(true)
    expect((await store.get(name))?.local).toBe(true)
    expect(manager.republishQueue).toEqual([{ key: name, next: time.now, failures: 0 }])
    await manager.start()
    await flushMicrotasks()
    expect((await store.get(name))?.published).toBe(time.now)
    await manager.stop()
  })

  test('is remembered without a network, too', async () => {
    const { local, store, name, signer, time } = await house()
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 1n, validity: time.now + hour },
      { signer }
    )
    await local.receive(name, value)
    expect(await local.republish(name)).toBe(true)
    expect((await store.get(name))?.local).toBe(true)
  })

  test('publishes a record of ours again under the same sequence, for as long as it was made for', async () => {
    const { manager, network, engine, key, time, store } = await house()
    await manager.put(key, bytes('green'), { lifetime: 30n * hour, ttl: minute })
    const first = network.held.get(mapKey(key)) as Uint8Array
    await manager.start()
    await time.advance(22n * hour)
    const again = network.held.get(mapKey(key)) as Uint8Array
    expect(again).not.toEqual(first)
    expect(engine.parse(key, again)).toMatchObject({ sequence: 0n, expires: time.now + 30n * hour, ttl: minute })
    expect(await store.get(key)).toMatchObject({ value: again, local: true, published: time.now })
    expect(manager.republishQueue).toEqual([{ key, next: time.now + 22n * hour, failures: 0 }])
    await manager.stop()
  })

  test('publishes as it is what would not live longer by being signed anew', async () => {
    const { manager, network, key, time } = await house()
    const { record } = await manager.put(key, bytes('green'), { offline: true })
    // a clock that was ahead
    time.now -= 4n * minute
    await manager.republish(key)
    await manager.start()
    await flushMicrotasks()
    expect(network.held.get(mapKey(key))).toEqual(record.value)
    await manager.stop()
  })

  test('publishes as it is what is not ours to sign: without a signer, a form to make it in, or leave', async () => {
    const forbidden = (name: string, code: 'AUTHOR_DENIED' | 'AUTHOR_FORBIDDEN'): Namespace => ({
      ...timed(name),
      seal: () => {
        throw new RecordError(code, 'not you')
      }
    })
    const garbage: Namespace = { ...timed('garbage'), seal: () => Uint8Array.of(1) }
    const { manager, unsigned, network, key, time, local } = await house({
      namespaces: [forbidden('denied', 'AUTHOR_DENIED'), forbidden('forbidden', 'AUTHOR_FORBIDDEN'), garbage]
    })
    await local.put(key, bytes('green'))
    const ours = (await local.getRecord(key))?.value
    await unsigned.start()
    await time.advance(minute)
    expect(network.held.get(mapKey(key))).toEqual(ours)
    expect(unsigned.republishQueue).toMatchObject([{ key, failures: 0 }])
    await unsigned.stop()

    await manager.putSigned('/plain/x', Uint8Array.of(1), { offline: true })
    const value = timedValue(1n, time.now + 30n * hour)
    for (const name of ['denied', 'forbidden', 'garbage'])
      await manager.putSigned(joinRecordKey(name, 'x'), value, { offline: true })
    network.held.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(network.held.get(mapKey(bytes('/plain/x')))).toEqual(Uint8Array.of(1))
    for (const name of ['denied', 'forbidden', 'garbage'])
      expect(network.held.get(mapKey(joinRecordKey(name, 'x'))), name).toEqual(value)
    expect(manager.republishQueue.map(({ failures }) => failures)).toEqual([0, 0, 0, 0, 0])
    await manager.stop()
  })

  test('signs nothing anew that cannot live longer: a closed key, a record without an end, one without a sequence', async () => {
    const sealed: string[] = []
    const odd = (name: string, without: 'expires' | 'sequence'): Namespace => {
      const { parse, ...rest } = timed(name)
      return {
        ...rest,
        parse(key, value) {
          const parsed = parse(key, value)
          if ('status' in parsed) return parsed
          const { [without]: _, ...opened } = parsed
          return opened
        },
        seal: ({ sequence }, { now }) => {
          sealed.push(name)
          return timedValue(sequence, now + 90n * hour)
        }
      }
    }
    const { manager, network, key, signer, time } = await house({
      namespaces: [odd('endless', 'expires'), odd('unnumbered', 'sequence')]
    })
    const { value: closed } = (await manager.revoke(key)).record
    const value = timedValue(1n, time.now + 50n * hour)
    for (const name of ['endless', 'unnumbered']) await manager.putSigned(joinRecordKey(name, 'x'), value)
    Object.assign(signer, { sign: async () => sealed.push('config') })
    network.held.clear()
    await manager.start()
    await time.advance(23n * hour)
    expect(sealed).toEqual([])
    expect(network.held.get(mapKey(key))).toEqual(closed)
    for (const name of ['endless', 'unnumbered'])
      expect(network.held.get(mapKey(joinRecordKey(name, 'x')))).toEqual(value)
    await manager.stop()
  })

  test('never shortens a life, whatever a namespace orders its records by', async () => {
    const long = 1_790_000_000_000_000_000n + 60n * hour
    const short: Namespace = { ...timed('short'), seal: ({ sequence }, { now }) => timedValue(sequence, now + hour) }
    const { manager, store, network, time } = await house({ namespaces: [short] })
    const key = joinRecordKey('short', 'x')
    await manager.putSigned(key, timedValue(1n, long), { offline: true })
    await manager.start()
    await time.advance(minute)
    expect(network.held.get(mapKey(key))).toEqual(timedValue(1n, long))
    expect((await store.get(key))?.expires).toBe(long)
    await manager.stop()
  })

  test('of a record that a full store does not take for longer has failed, with the store’s word for it', async () => {
    const { manager, store, key, time } = await house()
    await manager.put(key, bytes('green'))
    Object.assign(store, { put: async () => ({ status: 'quota' }) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.republishQueue).toMatchObject([
      { key, failures: 1, error: { code: 'QUOTA', key, message: expect.stringContaining('no room') as unknown } }
    ])
    await manager.stop()
  })

  test('ends when somebody else has published a later record: that one is theirs to keep', async () => {
    const { manager, network, signer, name, time } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    await manager.receive(
      name,
      await createIpnsRecord({ value: '/ipfs/bafkqaaa/2', sequence: 9n, validity: time.now + 60n * hour }, { signer })
    )
    network.held.clear()
    await time.advance(5n * hour)
    expect(network.held.size).toBe(0)
    expect(manager.republishQueue).toEqual([])
    await manager.stop()
  })

  test('ends with the record: what was deleted is in no schedule', async () => {
    const { manager, key } = await house()
    await manager.put(key, bytes('green'))
    expect(manager.republishQueue.length).toBe(1)
    await manager.delete(key)
    expect(manager.republishQueue).toEqual([])
  })

  test('ends when the manager stops, and leaves no timer', async () => {
    const { manager, network, key, time } = await house()
    await manager.put(key, bytes('green'))
    await manager.start()
    await manager.stop()
    expect(time.pending).toBe(0)
    network.held.clear()
    await time.advance(50n * hour)
    expect(network.held.size).toBe(0)
  })

  test('says what went wrong where a record of ours cannot be signed any more', async () => {
    const { manager, signer, key, time } = await house()
    await manager.put(key, bytes('green'))
    const fault = new Error('the key is locked')
    Object.assign(signer, { sign: async () => Promise.reject(fault) })
    await manager.start()
    await time.advance(22n * hour)
    expect(manager.republishQueue).toMatchObject([{ key, failures: 1, error: fault }])
    await manager.stop()
  })

  test('publishes a later record that came in meanwhile in place of its own', async () => {
    const { manager, network, store, signer, name, time } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa/1'))
    await manager.start()
    const later = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa/2', sequence: 9n, validity: time.now + 60n * hour },
      { signer }
    )
    const put = store.put.bind(store)
    let raced = false
    Object.assign(store, {
      put: async (record: StoredRecord, options?: object) => {
        if (!raced && record.local === true && time.now > 1_790_000_000_000_000_000n) {
          raced = true
          await manager.receive(name, later)
        }
        return put(record, options)
      }
    })
    await time.advance(4n * hour)
    expect(raced).toBe(true)
    expect(network.held.get(mapKey(name))).toEqual(later)
    await manager.stop()
  })
})
