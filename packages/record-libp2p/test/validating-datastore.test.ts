import { decodeRecord, encodeRecord, ipnsRoutingKey, parseTime } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { validatingDatastore, kadDhtValidation } from '@recordkit/record-libp2p'
import { RecordManager } from '@recordkit/record-manager'
import { fromHex, hour } from '@recordkit/testing'
import { overwrite } from '@recordkit/testing/overwrite'
import { ipns, publicKeys, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'
import { describe, expect, test } from 'vitest'
import farValidity from '@recordkit/vectors/recordkit/ipns-far-validity.json' with { type: 'json' }

const now = parseTime('2026-11-23T12:00:00.000000001Z')

async function setUp() {
  const clock = (): bigint => now
  const engine = new ValidationEngine([ipns(), publicKeys()], { clock })
  const manager = new RecordManager({ engine, store: new MemoryRecordStore({ clock }), clock })
  const inner = new MemoryDatastore()
  const results: string[] = []
  const datastore = validatingDatastore(inner, manager, { onResult: (_key, { status }) => results.push(status) })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
  const name = ipnsRoutingKey(signer.peerId)
  const key = new Key(`/dht/record/${base32.encode(name).slice(1)}`)
  const recordOf = async (sequence: bigint): Promise<Uint8Array> =>
    encodeRecord({
      key: name,
      value: await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: now + hour }, { signer, now }),
      timeReceived: 1n
    })
  return { engine, inner, manager, datastore, results, name, key, recordOf }
}

describe('validatingDatastore', () => {
  test('refuses an older record, refreshes an identical one and stores a newer one', async () => {
    const { datastore, key, recordOf, results } = await setUp()
    await datastore.put(key, await recordOf(2n))
    await expect(async () => datastore.put(key, await recordOf(1n))).rejects.toMatchObject({ code: 'STALE' })
    await datastore.put(key, await recordOf(2n))
    await datastore.put(key, await recordOf(3n))
    expect(results).toEqual(['stored', 'stale', 'refreshed', 'stored'])
  })

  test('reports with each refusal whether it counts against the sender', async () => {
    const { datastore, name, key, recordOf } = await setUp()
    await datastore.put(key, await recordOf(2n))
    await expect(async () => datastore.put(key, await recordOf(1n))).rejects.toMatchObject({
      details: { status: 'ignore' }
    })
    const garbage = encodeRecord({ key: name, value: new Uint8Array(50), timeReceived: 1n })
    await expect(async () => datastore.put(key, garbage)).rejects.toMatchObject({ details: { status: 'ignore' } })
    const empty = encodeRecord({ key: name, value: new Uint8Array(0), timeReceived: 1n })
    await expect(async () => datastore.put(key, empty)).rejects.toMatchObject({ details: { status: 'reject' } })
  })

  test('passes copies to its callbacks: what they overwrite changes neither what is stored nor the result', async () => {
    const { inner, manager, name, key, recordOf } = await setUp()
    const from = { sender: Uint8Array.of(0, 1, 7), group: Uint8Array.of(9) }
    const datastore = validatingDatastore(inner, manager, {
      senderOf: (...record) => {
        overwrite(record)
        return from
      },
      onResult: (...result) => overwrite(result)
    })
    const [first, second] = [await recordOf(1n), await recordOf(2n)]
    await datastore.put(key, second)
    expect(decodeRecord(await datastore.get(key)).value).toEqual(decodeRecord(second).value)
    await expect(async () => datastore.put(key, first)).rejects.toMatchObject({ code: 'STALE', key: name })
    expect(from).toEqual({ sender: Uint8Array.of(0, 1, 7), group: Uint8Array.of(9) })
  })

  test.each(farValidity.records)('stores and serves a record that is valid until $validity', async ({ valueHex }) => {
    const { engine, datastore, results } = await setUp()
    const name = fromHex(farValidity.routingKeyHex)
    const value = fromHex(valueHex)
    const key = new Key(`/dht/record/${base32.encode(name).slice(1)}`)
    await kadDhtValidation(engine).validators['ipns']?.(name, value)
    await datastore.put(key, encodeRecord({ key: name, value, timeReceived: 1n }))
    expect(results).toEqual(['stored'])
    expect(decodeRecord(await datastore.get(key)).value).toEqual(value)
  })

  test('replaces the receive time of a record by the time of this node', async () => {
    const { datastore, key, recordOf } = await setUp()
    await datastore.put(key, await recordOf(1n))
    expect(decodeRecord(await datastore.get(key)).timeReceived).toBe(now)
  })

  test('refuses a record whose key differs from the key under which it is put', async () => {
    const { datastore, recordOf } = await setUp()
    const other = new Key(`/dht/record/${base32.encode(new TextEncoder().encode('/ipns/x')).slice(1)}`)
    await expect(async () => datastore.put(other, await recordOf(1n))).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
  })

  test('throws a NotFoundError for a missing record, as interface-datastore requires', async () => {
    const { datastore, key } = await setUp()
    await expect(async () => datastore.get(key)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await datastore.has(key)).toBe(false)
  })

  test('ignores deletes of records', async () => {
    const { datastore, key, recordOf } = await setUp()
    await datastore.put(key, await recordOf(1n))
    await datastore.delete(key)
    expect(await datastore.has(key)).toBe(true)
  })

  test('passes everything but records to the inner datastore', async () => {
    const { datastore, inner, key, recordOf } = await setUp()
    const other = new Key('/peers/x')
    const batch = datastore.batch()
    batch.put(other, Uint8Array.of(1))
    batch.put(key, await recordOf(1n))
    await batch.commit()
    expect(await inner.get(other)).toEqual(Uint8Array.of(1))
    expect(inner.has(key)).toBe(false)
    expect(await datastore.has(key)).toBe(true)
    await datastore.delete(other)
    expect(await datastore.has(other)).toBe(false)
  })

  test('handles records and other values in putMany and getMany', async () => {
    const { datastore, key, recordOf } = await setUp()
    const other = new Key('/peers/y')
    const put = async function* () {
      yield { key, value: await recordOf(1n) }
      yield { key: other, value: Uint8Array.of(2) }
    }
    const keys: string[] = []
    for await (const done of datastore.putMany(put())) keys.push(done.toString())
    expect(keys).toEqual([key.toString(), other.toString()])
    const values: number[] = []
    for await (const { value } of datastore.getMany([key, other])) values.push(value.length)
    expect(values[1]).toBe(1)
  })
})

describe('kadDhtValidation', () => {
  test('has a validator and a selector for every namespace, on objects without inherited members', async () => {
    const { engine } = await setUp()
    const { validators, selectors } = kadDhtValidation(engine)
    expect(Object.keys(validators)).toEqual(['ipns', 'pk'])
    expect(Object.keys(selectors)).toEqual(['ipns', 'pk'])
    expect(validators['constructor']).toBeUndefined()
    expect(selectors['toString']).toBeUndefined()
  })

  test('has validators that throw the code of the refusal', async () => {
    const { engine, name } = await setUp()
    const { validators } = kadDhtValidation(engine)
    await expect(validators['ipns']?.(name, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ name: 'RecordError' })
  })

  test('has selectors that skip values which cannot be decoded, and throw when none is left', async () => {
    const { engine, name, recordOf } = await setUp()
    const { selectors } = kadDhtValidation(engine)
    const values = await Promise.all([1n, 3n, 2n].map(async (sequence) => decodeRecord(await recordOf(sequence)).value))
    expect(selectors['ipns']?.(name, [Uint8Array.of(9), ...values])).toBe(2)
    expect(() => selectors['ipns']?.(name, [Uint8Array.of(9)])).toThrow(/none of the 1 values/)
  })
})
