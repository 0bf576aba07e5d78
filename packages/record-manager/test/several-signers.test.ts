import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { createIpnsRecord, peerIdFromPublicKey, sealSignedRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { logEvents, RecordManager, replication } from '@recordkit/record-manager'
import { mapKey } from '@recordkit/record-types/internal'
import { anyAuthor, exceptAuthors, ownedKey, ownerInKey, publicKeys, signed } from '@recordkit/record-validators'
import { hour, portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes, createTestManager } from './test-manager.ts'
import type { TestManagerOptions } from './test-manager.ts'

const algorithms = [ed25519Portable]
const signers = [51, 52].map((seed) => {
  const signer = portableSigner(new Uint8Array(32).fill(seed))
  return { ...signer, peerId: peerIdFromPublicKey(signer.publicKey) }
})
const [alice, bob] = signers as [(typeof signers)[0], (typeof signers)[0]]
const value = bytes('/ipfs/bafkqaaa')
const wall = joinRecordKey('wall', 'x')

const setUp = async (options: TestManagerOptions = {}) => {
  const namespaces = [
    signed('wall', { authors: anyAuthor(), algorithms }),
    signed('notes', { authors: exceptAuthors(ownerInKey(), []), algorithms }),
    publicKeys()
  ]
  const setUpManager = await createTestManager({ namespaces, signers: [alice, bob], ...options })
  const { signer, manager } = setUpManager
  const displaced: Uint8Array[] = []
  manager.events.addEventListener('record:displaced', ({ detail }) => displaced.push(detail.key))
  return { ...setUpManager, displaced, defaultPeerId: peerIdFromPublicKey(signer.publicKey) }
}

describe('a manager with several signers', () => {
  test('signs with the signer of the owner whom the key names, else with the default', async () => {
    const { manager, store, name, key, defaultPeerId } = await setUp()
    for (const [recordKey, author] of [
      [wall, defaultPeerId],
      [key, defaultPeerId],
      [name, defaultPeerId],
      [ipnsRoutingKey(alice.peerId), alice.peerId],
      [ownedKey('config', bob.peerId, 'app'), bob.peerId],
      [ownedKey('notes', alice.peerId, 'app'), alice.peerId],
      [joinRecordKey('pk', bob.peerId), bob.peerId]
    ] as const) {
      const { record } = await manager.put(recordKey, value)
      expect(record.author).toEqual(author)
      expect((await store.publication(recordKey))?.signer).toEqual(author)
    }
  })

  test('signs with the signer of the put, which is one of its own, its peer ID, or another one', async () => {
    const { manager, store, defaultPeerId, displaced } = await setUp()
    const carol = portableSigner(new Uint8Array(32).fill(53))
    for (const [signer, author] of [
      [alice, alice.peerId],
      [bob.peerId, bob.peerId],
      [defaultPeerId, defaultPeerId],
      [carol, peerIdFromPublicKey(carol.publicKey)]
    ] as const) {
      expect((await manager.put(wall, value, { signer })).record.author).toEqual(author)
      expect((await store.publication(wall))?.signer).toEqual(author)
    }
    expect(displaced).toEqual([])
  })

  test('revokes with the key of the owner', async () => {
    const { manager } = await setUp()
    const key = ownedKey('config', alice.peerId, 'app')
    await expect(manager.revoke(key, { signer: bob })).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN', key })
    expect((await manager.revoke(key)).record).toMatchObject({ revoked: true, author: alice.peerId })
  })

  test('signs, stores and sends nothing with a key that is not the owner’s, or that it does not have', async () => {
    let signatures = 0
    const counting = { ...bob, sign: (message: Uint8Array) => (signatures++, bob.sign(message)) }
    const { manager, store, network, defaultPeerId } = await setUp({ signers: [alice, counting] })
    const absent = peerIdFromPublicKey(portableSigner(new Uint8Array(32).fill(54)).publicKey)
    for (const [key, signer, code] of [
      [ipnsRoutingKey(alice.peerId), counting, 'AUTHOR_FORBIDDEN'],
      [ownedKey('config', alice.peerId, 'app'), bob.peerId, 'AUTHOR_FORBIDDEN'],
      [ownedKey('notes', defaultPeerId, 'app'), bob.peerId, 'AUTHOR_FORBIDDEN'],
      [joinRecordKey('pk', alice.peerId), bob.peerId, 'AUTHOR_FORBIDDEN'],
      [ipnsRoutingKey(absent), undefined, 'AUTHOR_FORBIDDEN'],
      [wall, absent, 'SIGNER_MISSING'],
      [wall, bytes('x'), 'PEER_ID_INVALID'],
      [wall, {} as never, 'INVALID_ARGUMENT']
    ] as const) {
      await expect(manager.put(key, value, { signer })).rejects.toMatchObject({ code })
      expect(await store.publication(key)).toBeUndefined()
    }
    expect(signatures).toBe(0)
    expect(await store.stats()).toMatchObject({ entries: 0 })
    expect(network.values.size).toBe(0)
  })

  test('without a default signer, signs only under keys of its signers', async () => {
    const { engine, store, name } = await setUp()
    const manager = new RecordManager({ engine, store, signers: [alice] })
    expect((await manager.put(ipnsRoutingKey(alice.peerId), value)).record.author).toEqual(alice.peerId)
    for (const key of [name, wall])
      await expect(manager.put(key, value)).rejects.toMatchObject({ code: 'SIGNER_MISSING', key })
  })

  test('takes a signed value of any of its signers for its own', async () => {
    const { manager, store, time } = await setUp()
    const key = ipnsRoutingKey(bob.peerId)
    const validity = time.now + 30n * hour
    await manager.putSigned(
      key,
      await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity }, { signer: bob, now: 0n })
    )
    expect((await store.publication(key))?.signer).toEqual(bob.peerId)
    await manager.start()
    await time.advance(29n * hour)
    expect((await manager.getRecord(key, { offline: true }))?.expires).toBeGreaterThan(validity)
    await manager.stop()
  })

  test('renews each name with its own key, and after a restart too', async () => {
    const first = await setUp()
    const { engine, store, network, time, signer, defaultPeerId } = first
    const names = [defaultPeerId, alice.peerId, bob.peerId].map((peerId) => ipnsRoutingKey(peerId))
    for (const key of names) await first.manager.put(key, value)
    await first.manager.put(wall, value, { signer: bob })
    const published = new Map(network.values)
    const { clock, setTimer } = time
    // another default signer than before
    const parts = { engine, store, clock, setTimer, network: replication(network, { random: () => 0 }) }
    const manager = new RecordManager({ ...parts, signer: alice, signers: [bob, signer] })
    for (const restarted of [first.manager, manager]) {
      await restarted.start()
      await time.advance(40n * hour)
      await restarted.stop()
    }
    for (const [index, author] of [defaultPeerId, alice.peerId, bob.peerId, bob.peerId].entries()) {
      const key = [...names, wall][index] as Uint8Array
      expect(network.values.get(mapKey(key))).not.toEqual(published.get(mapKey(key)))
      expect(await first.manager.getRecord(key, { offline: true })).toMatchObject({ author })
    }
  })

  test('publishes the record of a removed signer unchanged, reports it, and renews it when the signer is back', async () => {
    const { manager, store, network, time } = await setUp()
    const unrenewed: unknown[] = []
    const lines: string[] = []
    const write = (...values: unknown[]): void => void lines.push(values.map(String).join(' '))
    logEvents(manager.events, Object.assign(write, { error: write }))
    manager.events.addEventListener('record:unrenewed', ({ detail }) => unrenewed.push(detail))
    const key = ipnsRoutingKey(alice.peerId)
    await manager.start()
    await manager.put(key, value, { lifetime: 360_000_000 })
    const published = network.values.get(mapKey(key))
    manager.signers.remove(alice.peerId)
    network.values.clear()
    await time.advance(5n * hour)
    expect(network.values.get(mapKey(key))).toEqual(published)
    expect(unrenewed).toEqual([{ key, signer: alice.peerId }])
    expect(
      lines.filter((line) => line.includes(ipnsNameToString(alice.peerId)) && line.includes('unchanged'))
    ).toHaveLength(1)
    expect((await store.publication(key))?.signer).toEqual(alice.peerId)
    manager.signers.add(alice)
    await time.advance(5n * hour)
    expect(network.values.get(mapKey(key))).not.toEqual(published)
    expect(unrenewed).toHaveLength(1)
    await manager.stop()
  })

  test('reports a record by another of its signers that came from outside, which ends the publication', async () => {
    const { manager, displaced, time } = await setUp()
    await manager.put(wall, value, { signer: alice })
    const fields = {
      key: wall,
      content: value,
      issued: time.now,
      expires: time.now + 99n * hour,
      ttl: 0n,
      revoked: false
    }
    const sequence = time.now / 1_000_000n + 1n
    await manager.receive(wall, await sealSignedRecord({ ...fields, sequence }, { signer: bob, now: time.now }))
    expect(displaced).toEqual([wall])
    const later = await sealSignedRecord({ ...fields, sequence: sequence + 1n }, { signer: alice, now: time.now })
    await manager.putSigned(wall, later)
    expect(displaced).toEqual([wall])
  })
})
