import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { replication, RecordManager } from '@recordkit/record-manager'
import type { ReceiveResult, RecordManagerOptions } from '@recordkit/record-manager'
import { hour, minute } from '@recordkit/testing'
import { mapKey } from '@recordkit/record-types/internal'
import type { AccessControl } from '@recordkit/record-types'
import { unsigned, ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { ToyNetwork } from './toy-network.ts'

const start = 1_790_000_000_000_000_000n
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A manager on a clock that stands still until it is moved. */
async function house(seed = 1, parts: Partial<RecordManagerOptions> = {}) {
  const time = { now: start }
  const clock = (): bigint => time.now
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(seed))
  const plain = unsigned('plain', { sequence: (value) => BigInt(value[0] ?? 0) })
  const engine = new ValidationEngine([ipns(), publicKeys(), signed('config', { authors: ownerInKey() }), plain], {
    clock
  })
  const store = parts.store ?? new MemoryRecordStore({ clock })
  const network = new ToyNetwork(engine)
  const manager = new RecordManager({ engine, store, signer, clock, ...parts })
  const online = new RecordManager({ engine, store, signer, clock, network: replication(network), ...parts })
  return {
    time,
    signer,
    engine,
    store,
    network,
    manager,
    online,
    key: configKey(signer),
    name: ipnsRoutingKey(signer.peerId)
  }
}

function configKey({ peerId }: KeyPair): Uint8Array {
  return joinRecordKey('config', `${ipnsNameToString(peerId)}/app`)
}

describe('put and get', () => {
  test('what was put is got, signed by us', async () => {
    const { manager, key, signer } = await house()
    const { record, status } = await manager.put(key, bytes('green'))
    expect(status).toBe('stored')
    expect(record).toMatchObject({
      sequence: 0n,
      issued: start,
      expires: start + 48n * hour,
      author: signer.peerId,
      timeReceived: start
    })
    expect(text(await manager.get(key))).toBe('green')
    expect(await manager.has(key)).toBe(true)
    expect((await manager.getRecord(key))?.value).toEqual(record.value)
  })

  test('a key may be text', async () => {
    const { manager, signer } = await house()
    const key = `/config/${ipnsNameToString(signer.peerId)}/app`
    await manager.put(key, bytes('green'))
    expect(text(await manager.get(key))).toBe('green')
  })

  test('the same call publishes an IPNS name, and a public key', async () => {
    const { manager, name, signer } = await house()
    await manager.put(name, bytes('/ipfs/bafkqaaa'))
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
    const path = joinRecordKey('pk', signer.peerId)
    await manager.put(path, new Uint8Array())
    expect(await manager.has(path)).toBe(true)
  })

  test('a miss is undefined', async () => {
    const { manager, key } = await house()
    expect(await manager.get(key)).toBeUndefined()
    expect(await manager.has(key)).toBe(false)
    expect(await manager.delete(key)).toBe(false)
  })

  test('a record that has expired is not returned', async () => {
    const { manager, key, time } = await house()
    await manager.put(key, bytes('green'), { lifetime: minute })
    time.now += minute
    expect(text(await manager.get(key))).toBe('green')
    time.now += 1n
    expect(await manager.get(key)).toBeUndefined()
  })

  test('what cannot be put says why, and nothing is stored', async () => {
    const { manager, engine, store, key } = await house()
    const other = await generateKeyPair()
    await expect(manager.put(configKey(other), bytes('x'))).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
    await expect(manager.put('/unknown/x', bytes('x'))).rejects.toMatchObject({ code: 'NAMESPACE_UNKNOWN' })
    await expect(manager.put('/plain/x', bytes('x'))).rejects.toMatchObject({ code: 'NOT_SEALABLE' })
    await expect(manager.put(key, new Uint8Array(70_000))).rejects.toMatchObject({
      code: expect.stringMatching(/TOO_LARGE/) as unknown
    })
    await expect(new RecordManager({ engine, store }).put(key, bytes('x'))).rejects.toMatchObject({
      code: 'NOT_SEALABLE'
    })
    expect((await store.stats()).entries).toBe(0)
  })
})

describe('sequences', () => {
  test('rise with every change, and stay with the same value, whose life is lengthened', async () => {
    const { manager, key, time } = await house()
    expect((await manager.put(key, bytes('green'))).record.sequence).toBe(0n)
    expect((await manager.put(key, bytes('blue'))).record.sequence).toBe(1n)
    time.now += hour
    const again = await manager.put(key, bytes('blue'))
    expect(again.record).toMatchObject({ sequence: 1n, expires: start + 49n * hour })
  })

  test('are distinct under concurrency', async () => {
    const { manager, key } = await house()
    const reports = await Promise.all(
      Array.from({ length: 64 }, (_, index) => manager.put(key, bytes(`value ${index}`)))
    )
    expect(new Set(reports.map(({ record }) => record.sequence)).size).toBe(64)
    expect((await manager.getRecord(key))?.sequence).toBe(63n)
  })

  test('go on above the mark of a record that was deleted', async () => {
    const { manager, key } = await house()
    await manager.put(key, bytes('green'))
    const { record } = await manager.put(key, bytes('blue'))
    expect(await manager.delete(key)).toBe(true)
    expect(await manager.has(key)).toBe(false)
    expect((await manager.put(key, bytes('red'))).record.sequence).toBe((record.sequence ?? 0n) + 1n)
  })

  test('go on above what the network holds, when nothing is known here', async () => {
    const first = await house()
    await first.online.put(first.key, bytes('green'))
    await first.online.put(first.key, bytes('blue'))
    const second = await house()
    second.network.held.set(mapKey(first.key), first.network.held.get(mapKey(first.key)) ?? new Uint8Array())
    expect((await second.online.put(second.key, bytes('red'))).record.sequence).toBe(2n)
  })

  test('never start again at 0 because the network could not be asked', async () => {
    const { online, network, key, store } = await house()
    network.away = true
    await expect(online.put(key, bytes('green'))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    expect((await store.stats()).entries).toBe(0)
    await expect(online.put(key, bytes('green'), { checkNetwork: false })).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES'
    })
    expect(text(await online.get(key, { offline: true }))).toBe('green')
  })

  test('compare and set', async () => {
    const { manager, key } = await house()
    await manager.put(key, bytes('green'))
    await manager.put(key, bytes('blue'), { ifSequence: 0n })
    await expect(manager.put(key, bytes('red'), { ifSequence: 0n })).rejects.toMatchObject({
      code: 'SEQUENCE_CONFLICT'
    })
    expect(text(await manager.get(key))).toBe('blue')
  })
})

describe('receive', () => {
  async function records() {
    const { signer, name, manager, ...rest } = await house()
    const of = (sequence: bigint, validity = start + hour): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity }, { signer })
    return { ...rest, name, manager, older: await of(1n), newer: await of(2n), past: await of(3n, start - 1n) }
  }

  test('stores, refreshes, and refuses what is older', async () => {
    const { manager, name, older, newer } = await records()
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stored' })
    expect(await manager.receive(name, newer)).toMatchObject({ status: 'stored' })
    expect(await manager.receive(name, newer.slice())).toMatchObject({ status: 'refreshed' })
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stale', code: 'STALE' })
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa/2')
  })

  test('refuses what is older than a record that has left', async () => {
    const { manager, name, older, newer } = await records()
    await manager.receive(name, newer)
    await manager.delete(name)
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stale' })
    expect(await manager.receive(name, newer)).toMatchObject({ status: 'stored' })
  })

  test('blames for a forgery, and for nothing that time did', async () => {
    const { manager, name, newer, past } = await records()
    const forged = newer.slice()
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
    expect((await manager.receive(name, forged)).status).toBe('rejected')
    expect(await manager.receive(name, past)).toMatchObject({ status: 'ignored', code: 'EXPIRED' })
    expect(await manager.has(name)).toBe(false)
  })

  test('asks who the sender is before anything is decoded, and reports what came of it', async () => {
    const reports: string[] = []
    const sender = Uint8Array.of(0, 1, 7)
    const denied = Uint8Array.of(0, 1, 8)
    const access: AccessControl = {
      admit: (peer) => (peer[2] === 8 ? { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } : undefined),
      report: (peer, verdict) => reports.push(`${peer[2]} ${verdict}`)
    }
    const { manager, name } = await house(1, { access })
    expect(await manager.receive(name, bytes('garbage'), { sender: denied })).toMatchObject({
      status: 'ignored',
      code: 'SENDER_DENIED'
    })
    expect(await manager.receive(name, bytes('garbage'), { sender })).toMatchObject({ status: 'rejected' })
    expect(reports).toEqual(['8 ignore', '7 reject'])
  })

  test('two values at one rank come along as evidence', async () => {
    const { signer, name, manager } = await house()
    const of = (value: string): Promise<Uint8Array> =>
      createIpnsRecord({ value, sequence: 1n, validity: start }, { signer })
    const [one, two] = await Promise.all([of('/ipfs/bafkqaaa/1'), of('/ipfs/bafkqaaa/2')])
    await manager.receive(name, one)
    const outcome: ReceiveResult = await manager.receive(name, two)
    expect(outcome.equivocation?.values).toEqual([one, two])
  })

  test('copies what it keeps: the caller’s bytes stay the caller’s', async () => {
    const { manager, name, newer } = await records()
    const handed = newer.slice()
    await manager.receive(name, handed)
    handed.fill(0)
    expect((await manager.getRecord(name))?.value).toEqual(newer)
  })
})

describe('the network', () => {
  test('a get takes the better of what is here and what is there, and keeps it', async () => {
    const { online, network, store, name, signer } = await house()
    const of = (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity: start }, { signer })
    await online.receive(name, await of(1n))
    network.held.set(mapKey(name), await of(5n))
    expect(text(await online.get(name))).toBe('/ipfs/bafkqaaa/5')
    expect((await store.get(name))?.value).toEqual(await of(5n))
    network.held.set(mapKey(name), await of(3n))
    expect(text(await online.get(name))).toBe('/ipfs/bafkqaaa/5')
  })

  test('what ranks below a record that was deleted here is no answer, however many peers have it', async () => {
    const { online, network, name, signer } = await house()
    const of = (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity: start }, { signer })
    await online.receive(name, await of(5n))
    await online.delete(name)
    network.held.set(mapKey(name), await of(3n))
    expect(await online.get(name)).toBeUndefined()
    network.held.set(mapKey(name), await of(5n))
    expect(text(await online.get(name, { noCache: true }))).toBe('/ipfs/bafkqaaa/5')
  })

  test('tells how far a call has come', async () => {
    const { online, key } = await house()
    const seen: string[] = []
    const onProgress = ({ type }: { readonly type: string }): void => void seen.push(type)
    await online.put(key, bytes('green'), { onProgress })
    await online.get(key, { onProgress })
    await online.get(key, { onProgress, offline: true })
    expect(seen).toEqual([
      'record:put:stored',
      'record:put:copied',
      'record:get:held',
      'record:get:asking',
      'record:get:found',
      'record:get:held'
    ])
  })

  test('offline touches no network', async () => {
    const { online, network, key } = await house()
    expect(await online.get(key, { offline: true })).toBeUndefined()
    await online.put(key, bytes('green'), { offline: true })
    expect(network.gets).toBe(0)
    expect(network.held.size).toBe(0)
  })

  test('a network that is away is an error when nothing is here, and no harm when something is', async () => {
    const { online, network, key } = await house()
    network.away = true
    await expect(online.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    await online.put(key, bytes('green'), { offline: true })
    expect(text(await online.get(key))).toBe('green')
  })

  test('too few copies fail the put, with the receipt, and the record is kept', async () => {
    const { online, network, key } = await house()
    await online.put(key, bytes('green'))
    network.away = true
    await expect(online.put(key, bytes('blue'))).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES',
      details: { copies: { reached: 0 } }
    })
    expect(text(await online.get(key, { offline: true }))).toBe('blue')
  })
})
