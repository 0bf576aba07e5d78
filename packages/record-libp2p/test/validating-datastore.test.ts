import { decodeRecord, encodeRecord, ipnsRoutingKey, parseTime } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { validatingDatastore, kadDhtValidation } from '@recordkit/record-libp2p'
import { RecordManager } from '@recordkit/record-manager'
import { hour } from '@recordkit/testing'
import { ipns, publicKeys, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore/key'
import { base32 } from 'multiformats/bases/base32'
import { describe, expect, test } from 'vitest'

const now = parseTime('2026-11-23T12:00:00.000000001Z')

async function house() {
  const clock = (): bigint => now
  const engine = new ValidationEngine([ipns(), publicKeys()], { clock })
  const keeper = new RecordManager({ engine, store: new MemoryRecordStore({ clock }), clock })
  const inner = new MemoryDatastore()
  const outcomes: string[] = []
  const guarded = validatingDatastore(inner, keeper, { onResult: (_key, { status }) => outcomes.push(status) })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
  const name = ipnsRoutingKey(signer.peerId)
  const key = new Key(`/dht/record/${base32.encode(name).slice(1)}`)
  const of = async (sequence: bigint): Promise<Uint8Array> =>
    encodeRecord({
      key: name,
      value: await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity: now + hour }, { signer }),
      timeReceived: 1n
    })
  return { engine, keeper, inner, guarded, outcomes, name, key, of }
}

describe('guardDatastore', () => {
  test('refuses an older record, refreshes an identical one, takes a newer one', async () => {
    const { guarded, key, of, outcomes } = await house()
    await guarded.put(key, await of(2n))
    await expect(async () => guarded.put(key, await of(1n))).rejects.toMatchObject({ code: 'STALE' })
    await guarded.put(key, await of(2n))
    await guarded.put(key, await of(3n))
    expect(outcomes).toEqual(['stored', 'stale', 'refreshed', 'stored'])
  })

  test('says of what it refuses whether it is to be held against the sender', async () => {
    const { guarded, name, key, of } = await house()
    await guarded.put(key, await of(2n))
    await expect(async () => guarded.put(key, await of(1n))).rejects.toMatchObject({ details: { status: 'ignore' } })
    const forged = encodeRecord({ key: name, value: new Uint8Array(50), timeReceived: 1n })
    await expect(async () => guarded.put(key, forged)).rejects.toMatchObject({ details: { status: 'reject' } })
  })

  test('the receive time is ours', async () => {
    const { guarded, key, of } = await house()
    await guarded.put(key, await of(1n))
    expect(decodeRecord(await guarded.get(key)).timeReceived).toBe(now)
  })

  test('refuses a record that names another key than the one it is put under', async () => {
    const { guarded, of } = await house()
    const other = new Key(`/dht/record/${base32.encode(new TextEncoder().encode('/ipns/x')).slice(1)}`)
    await expect(async () => guarded.put(other, await of(1n))).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
  })

  test('a record that is not there is a NotFoundError, as everywhere in interface-datastore', async () => {
    const { guarded, key } = await house()
    await expect(async () => guarded.get(key)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await guarded.has(key)).toBe(false)
  })

  test('does not pass on what Kademlia deletes for its age', async () => {
    const { guarded, key, of } = await house()
    await guarded.put(key, await of(1n))
    await guarded.delete(key)
    expect(await guarded.has(key)).toBe(true)
  })

  test('everything else is the datastore’s own', async () => {
    const { guarded, inner, key, of } = await house()
    const other = new Key('/peers/x')
    const batch = guarded.batch()
    batch.put(other, Uint8Array.of(1))
    batch.put(key, await of(1n))
    await batch.commit()
    expect(await inner.get(other)).toEqual(Uint8Array.of(1))
    expect(inner.has(key)).toBe(false)
    expect(await guarded.has(key)).toBe(true)
    await guarded.delete(other)
    expect(await guarded.has(other)).toBe(false)
  })

  test('the streaming calls take the same way', async () => {
    const { guarded, key, of } = await house()
    const other = new Key('/peers/y')
    const put = async function* () {
      yield { key, value: await of(1n) }
      yield { key: other, value: Uint8Array.of(2) }
    }
    const keys: string[] = []
    for await (const done of guarded.putMany(put())) keys.push(done.toString())
    expect(keys).toEqual([key.toString(), other.toString()])
    const values: number[] = []
    for await (const { value } of guarded.getMany([key, other])) values.push(value.length)
    expect(values[1]).toBe(1)
  })
})

describe('kademliaValidation', () => {
  test('has a validator and a selector for every namespace, on objects without members of their own kind', async () => {
    const { engine } = await house()
    const { validators, selectors } = kadDhtValidation(engine)
    expect(Object.keys(validators)).toEqual(['ipns', 'pk'])
    expect(Object.keys(selectors)).toEqual(['ipns', 'pk'])
    expect(validators['constructor']).toBeUndefined()
    expect(selectors['toString']).toBeUndefined()
  })

  test('a validator throws the code of the verdict', async () => {
    const { engine, name } = await house()
    const { validators } = kadDhtValidation(engine)
    await expect(validators['ipns']?.(name, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ name: 'RecordError' })
  })

  test('a selector passes over what it cannot read, and says when nothing is left', async () => {
    const { engine, name, of } = await house()
    const { selectors } = kadDhtValidation(engine)
    const values = await Promise.all([1n, 3n, 2n].map(async (sequence) => decodeRecord(await of(sequence)).value))
    expect(selectors['ipns']?.(name, [Uint8Array.of(9), ...values])).toBe(2)
    expect(() => selectors['ipns']?.(name, [Uint8Array.of(9)])).toThrow(/none of 1 values/)
  })
})
