import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
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
import { FakeNetwork } from './fake-network.ts'
import { sequenceAt } from './test-manager.ts'

const start = 1_790_000_000_000_000_000n
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Managers with and without a network. Time passes only when the test changes it. */
async function setUp(options: Partial<RecordManagerOptions> = {}) {
  const time = { now: start }
  const clock = (): bigint => time.now
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const plain = unsigned('plain', { sequence: (value) => BigInt(value[0] ?? 0) })
  const engine = new ValidationEngine([ipns(), publicKeys(), signed('config', { authors: ownerInKey() }), plain], {
    clock
  })
  const store = options.store ?? new MemoryRecordStore({ clock })
  const network = new FakeNetwork(engine)
  const manager = new RecordManager({ engine, store, signer, clock, ...options })
  const online = new RecordManager({ engine, store, signer, clock, network: replication(network), ...options })
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
  test('get returns the content that was put, in a record signed by the manager', async () => {
    const { manager, key, signer } = await setUp()
    const { record, status } = await manager.put(key, bytes('green'))
    expect(status).toBe('stored')
    expect(record).toMatchObject({
      sequence: sequenceAt(start),
      issued: start,
      expires: start + 48n * hour,
      author: signer.peerId,
      timeReceived: start
    })
    expect(text(await manager.get(key))).toBe('green')
    expect(await manager.has(key)).toBe(true)
    expect((await manager.getRecord(key))?.value).toEqual(record.value)
  })

  test('put and get accept a key as text', async () => {
    const { manager, signer } = await setUp()
    const key = `/config/${ipnsNameToString(signer.peerId)}/app`
    await manager.put(key, bytes('green'))
    expect(text(await manager.get(key))).toBe('green')
  })

  test('put makes IPNS records and public key records', async () => {
    const { manager, name, signer } = await setUp()
    await manager.put(name, bytes('/ipfs/bafkqaaa'))
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa')
    const path = joinRecordKey('pk', signer.peerId)
    await manager.put(path, new Uint8Array())
    expect(await manager.has(path)).toBe(true)
  })

  test('get, has and delete report a key without a record', async () => {
    const { manager, key } = await setUp()
    expect(await manager.get(key)).toBeUndefined()
    expect(await manager.has(key)).toBe(false)
    expect(await manager.delete(key)).toBe(false)
  })

  test('get does not return a record that has expired', async () => {
    const { manager, key, time } = await setUp()
    await manager.put(key, bytes('green'), { lifetime: 60_000 })
    time.now += minute
    expect(text(await manager.get(key))).toBe('green')
    time.now += 1n
    expect(await manager.get(key)).toBeUndefined()
  })

  test('put rejects with a code for a forbidden author, namespace, signer or size, and stores nothing', async () => {
    const { manager, engine, store, key } = await setUp()
    const other = await generateKeyPair()
    await expect(manager.put(configKey(other), bytes('x'))).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
    await expect(manager.put('/unknown/x', bytes('x'))).rejects.toMatchObject({ code: 'NAMESPACE_UNKNOWN' })
    await expect(manager.put('/plain/x', bytes('x'))).rejects.toMatchObject({ code: 'NAMESPACE_READ_ONLY' })
    await expect(manager.put(key, new Uint8Array(70_000))).rejects.toMatchObject({
      code: expect.stringMatching(/TOO_LARGE/) as unknown
    })
    await expect(new RecordManager({ engine, store }).put(key, bytes('x'))).rejects.toMatchObject({
      code: 'SIGNER_MISSING'
    })
    expect((await store.stats()).entries).toBe(0)
  })
})

describe('sequences', () => {
  test('increase with a change of the content, and stay when the same content is put for longer', async () => {
    const { manager, key, time } = await setUp()
    expect((await manager.put(key, bytes('green'))).record.sequence).toBe(sequenceAt(start))
    expect((await manager.put(key, bytes('blue'))).record.sequence).toBe(sequenceAt(start) + 1n)
    time.now += hour
    const { record } = await manager.put(key, bytes('blue'))
    expect(record).toMatchObject({ sequence: sequenceAt(start) + 1n, expires: start + 49n * hour })
  })

  test('are distinct for concurrent puts', async () => {
    const { manager, key } = await setUp()
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, index) => manager.put(key, bytes(`value ${index}`)))
    )
    expect(new Set(results.map(({ record }) => record.sequence)).size).toBe(64)
    expect((await manager.getRecord(key))?.sequence).toBe(sequenceAt(start) + 63n)
  })

  test('continue above the mark of a deleted record', async () => {
    const { manager, key } = await setUp()
    await manager.put(key, bytes('green'))
    const { record } = await manager.put(key, bytes('blue'))
    expect(await manager.delete(key)).toBe(true)
    expect(await manager.has(key)).toBe(false)
    expect((await manager.put(key, bytes('red'))).record.sequence).toBe((record.sequence ?? 0n) + 1n)
  })

  test('continue above the record of the network when the store knows none', async () => {
    const first = await setUp()
    await first.online.put(first.key, bytes('green'))
    await first.online.put(first.key, bytes('blue'))
    const second = await setUp()
    second.network.values.set(mapKey(first.key), first.network.values.get(mapKey(first.key)) ?? new Uint8Array())
    expect((await second.online.put(second.key, bytes('red'))).record.sequence).toBe(sequenceAt(start) + 2n)
  })

  test('do not start at 0 when the network cannot be asked, unless checkNetwork is false', async () => {
    const { online, network, key, store } = await setUp()
    network.unreachable = true
    await expect(online.put(key, bytes('green'))).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    expect((await store.stats()).entries).toBe(0)
    await expect(online.put(key, bytes('green'), { checkNetwork: false })).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES'
    })
    expect(text(await online.get(key, { offline: true }))).toBe('green')
  })

  test('are compared with ifSequence, and a put with another sequence rejects with SEQUENCE_CONFLICT', async () => {
    const { manager, key } = await setUp()
    await manager.put(key, bytes('green'))
    const ifSequence = sequenceAt(start)
    await manager.put(key, bytes('blue'), { ifSequence })
    await expect(manager.put(key, bytes('red'), { ifSequence })).rejects.toMatchObject({
      code: 'SEQUENCE_CONFLICT'
    })
    expect(text(await manager.get(key))).toBe('blue')
  })
})

describe('receive', () => {
  async function setUpRecords() {
    const { signer, name, manager, ...rest } = await setUp()
    const sign = (sequence: bigint, validity = start + hour): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity }, { signer, now: 0n })
    return { ...rest, name, manager, older: await sign(1n), newer: await sign(2n), expired: await sign(3n, start - 1n) }
  }

  test('stores a newer record, refreshes an equal one and refuses an older one', async () => {
    const { manager, name, older, newer } = await setUpRecords()
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stored' })
    expect(await manager.receive(name, newer)).toMatchObject({ status: 'stored' })
    expect(await manager.receive(name, newer.slice())).toMatchObject({ status: 'refreshed' })
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stale', code: 'STALE' })
    expect(text(await manager.get(name))).toBe('/ipfs/bafkqaaa/2')
  })

  test('refuses a record that ranks below the mark of a deleted one', async () => {
    const { manager, name, older, newer } = await setUpRecords()
    await manager.receive(name, newer)
    await manager.delete(name)
    expect(await manager.receive(name, older)).toMatchObject({ status: 'stale' })
    expect(await manager.receive(name, newer)).toMatchObject({ status: 'stored' })
  })

  test('rejects a forged record, and ignores an expired one', async () => {
    const { manager, name, newer, expired } = await setUpRecords()
    const forged = newer.slice()
    const { signatureV2 } = decodeIpnsRecord(forged)
    signatureV2[40] = (signatureV2[40] ?? 0) ^ 1
    expect(await manager.receive(name, forged)).toMatchObject({ status: 'rejected', code: 'SIGNATURE_INVALID' })
    expect(await manager.receive(name, expired)).toMatchObject({ status: 'ignored', code: 'EXPIRED' })
    expect(await manager.has(name)).toBe(false)
  })

  test('checks the sender before decoding, and reports results to access control, but no decision of access control', async () => {
    const reports: string[] = []
    const sender = Uint8Array.of(0, 1, 7)
    const denied = Uint8Array.of(0, 1, 8)
    const access: AccessControl = {
      checkSender: (peer) =>
        peer[2] === 8 ? { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } : undefined,
      report: (peer, status) => reports.push(`${peer[2]} ${status}`)
    }
    const { manager, name } = await setUp({ access })
    expect(await manager.receive(name, bytes('garbage'), { sender: denied })).toMatchObject({
      status: 'ignored',
      code: 'SENDER_DENIED'
    })
    expect(await manager.receive(name, bytes('garbage'), { sender })).toMatchObject({ status: 'ignored' })
    expect(reports).toEqual(['7 ignore'])
  })

  test('returns an equivocation for two contents under one sequence', async () => {
    const { signer, name, manager } = await setUp()
    const sign = (value: string): Promise<Uint8Array> =>
      createIpnsRecord({ value, sequence: 1n, validity: start }, { signer, now: 0n })
    const [one, two] = await Promise.all([sign('/ipfs/bafkqaaa/1'), sign('/ipfs/bafkqaaa/2')])
    await manager.receive(name, one)
    const result: ReceiveResult = await manager.receive(name, two)
    expect(result.equivocation?.values).toEqual([one, two])
  })

  test('copies the bytes that it stores, so that the caller can reuse them', async () => {
    const { manager, name, newer } = await setUpRecords()
    const buffer = newer.slice()
    await manager.receive(name, buffer)
    buffer.fill(0)
    expect((await manager.getRecord(name))?.value).toEqual(newer)
  })
})

describe('a manager with a network', () => {
  test('returns and stores the better one of its record and that of peers', async () => {
    const { online, network, store, name, signer } = await setUp()
    const sign = (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity: start }, { signer, now: 0n })
    await online.receive(name, await sign(1n))
    network.values.set(mapKey(name), await sign(5n))
    expect(text(await online.get(name))).toBe('/ipfs/bafkqaaa/5')
    expect((await store.get(name))?.value).toEqual(await sign(5n))
    network.values.set(mapKey(name), await sign(3n))
    expect(text(await online.get(name))).toBe('/ipfs/bafkqaaa/5')
  })

  test('does not return a record of peers that ranks below the mark of a deleted one', async () => {
    const { online, network, name, signer } = await setUp()
    const sign = (sequence: bigint): Promise<Uint8Array> =>
      createIpnsRecord({ value: `/ipfs/bafkqaaa/${sequence}`, sequence, validity: start }, { signer, now: 0n })
    await online.receive(name, await sign(5n))
    await online.delete(name)
    network.values.set(mapKey(name), await sign(3n))
    expect(await online.get(name)).toBeUndefined()
    network.values.set(mapKey(name), await sign(5n))
    expect(text(await online.get(name, { noCache: true }))).toBe('/ipfs/bafkqaaa/5')
  })

  test('reports the progress of put and get', async () => {
    const { online, key } = await setUp()
    const seen: string[] = []
    const onProgress = ({ type }: { readonly type: string }): void => void seen.push(type)
    await online.put(key, bytes('green'), { onProgress })
    await online.get(key, { onProgress })
    await online.get(key, { onProgress, offline: true })
    expect(seen).toEqual([
      'record:put:stored',
      'record:put:copied',
      'record:get:stored',
      'record:get:lookup',
      'record:get:found',
      'record:get:stored'
    ])
  })

  test('does not call the network with the option offline', async () => {
    const { online, network, key } = await setUp()
    expect(await online.get(key, { offline: true })).toBeUndefined()
    await online.put(key, bytes('green'), { offline: true })
    expect(network.getCount).toBe(0)
    expect(network.values.size).toBe(0)
  })

  test('rejects a get when the network is unreachable and no record is stored, else returns the stored one', async () => {
    const { online, network, key } = await setUp()
    network.unreachable = true
    await expect(online.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    await online.put(key, bytes('green'), { offline: true })
    expect(text(await online.get(key))).toBe('green')
  })

  test('rejects a put with TOO_FEW_COPIES and the receipt, and keeps the record stored', async () => {
    const { online, network, key } = await setUp()
    await online.put(key, bytes('green'))
    network.unreachable = true
    await expect(online.put(key, bytes('blue'))).rejects.toMatchObject({
      code: 'TOO_FEW_COPIES',
      details: { copies: { reached: 0 } }
    })
    expect(text(await online.get(key, { offline: true }))).toBe('blue')
  })
})
