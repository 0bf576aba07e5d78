import { ipnsNameToString } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { createTestNetwork } from '@recordkit/record-test-network'
import { timeFromDate } from '@recordkit/record-types'
import { ownedKey } from '@recordkit/record-validators'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { heights } from '../src/6-own-namespace.ts'
import { putHeight } from '../src/guides/height.ts'
import { createMeasuredManager, logRecords, watchPublications } from '../src/guides/logs.ts'
import { publishProvider, startClient, startServer } from '../src/guides/node.ts'
import { verifyAnywhere } from '../src/guides/page.ts'
import { checks, createEngine } from '../src/guides/policies.ts'
import { scores } from '../src/guides/score.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('the policies of the guide decide who writes', async () => {
  const [alice, bob, mallory] = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()])
  const engine = createEngine(alice.peerId, bob.peerId, mallory.peerId)
  await using manager = await createRecordManager({ engine, signer: alice, signers: [bob, mallory] })
  await manager.put('/news/today', bytes('a'))
  await manager.put('/news/today', bytes('b'), { signer: bob.peerId })
  expect(new TextDecoder().decode(await manager.get('/news/today'))).toBe('b')
  const refused = (key: string | Uint8Array, signer = mallory) =>
    manager.put(key, bytes('x'), { signer: signer.peerId })
  await expect(refused('/news/today')).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  await expect(refused('/wall/1')).rejects.toMatchObject({ code: 'AUTHOR_DENIED' })
  await refused('/wall/1', bob)
  await expect(refused(ownedKey('profile', alice.peerId, 'x'))).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  await refused(ownedKey('profile', mallory.peerId, 'x'))
  for (const tag of ['one', 'two']) await manager.put('/tags/article', bytes(tag))
  expect((await manager.get('/tags/article'))?.length).toBeGreaterThan(6)
})

test('a namespace of the application makes values, and refuses a put of a lower one', async () => {
  await using manager = await createRecordManager({ namespaces: [heights] })
  await putHeight(manager, 9n)
  await expect(putHeight(manager, 5n)).rejects.toMatchObject({ code: 'STALE' })
  await putHeight(manager, 10n)
  expect(await manager.get('/height/main')).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 10))
})

test('a namespace of the application verifies its own signatures, and orders by its own rule', async () => {
  const [alice, bob] = await Promise.all([generateKeyPair(), generateKeyPair()])
  await using manager = await createRecordManager({ namespaces: [scores], signer: alice, signers: [bob] })
  const key = `/score/${ipnsNameToString(alice.peerId)}`
  const score = (points: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, points)
  const { record } = await manager.put(key, score(9))
  await expect(manager.put(key, score(5))).rejects.toMatchObject({ code: 'STALE' })
  await expect(manager.put(key, score(10), { signer: bob.peerId })).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  await manager.put(key, score(10))
  expect(await manager.get(key)).toEqual(score(10))
  const forged = record.value.with(record.value.length - 1, (record.value.at(-1) ?? 0) ^ 1)
  expect(await manager.receive(record.key, forged)).toMatchObject({ code: 'SIGNATURE_INVALID' })
  expect(await manager.receive(record.key, Uint8Array.of(1))).toMatchObject({ code: 'CONTENT_INVALID' })
})

test('the checks of the guide refuse content', async () => {
  const [alice, bob] = await Promise.all([generateKeyPair(), generateKeyPair()])
  await using manager = await createRecordManager({ namespaces: checks(alice.peerId), signer: alice, signers: [bob] })
  const put = (name: string, content: Uint8Array) => manager.put(ownedKey(name, alice.peerId, 'x'), content)
  await put('theme', bytes('{"colour":"red"}'))
  await expect(put('theme', bytes('{"color":"red"}'))).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  await put('note', bytes('short'))
  await expect(put('note', new Uint8Array(2000))).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' })
  await put('image', Uint8Array.of(0x89))
  await expect(put('image', Uint8Array.of(1))).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  await publishIpns(manager, path)
  const name = `/ipns/${ipnsNameToString(bob.peerId)}`
  await expect(manager.put(name, bytes(path), { signer: bob.peerId })).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
})

test('a client publishes through a server of the guide, which a restart does not forget', async () => {
  const server = await startServer(['/ip4/127.0.0.1/tcp/0'])
  const client = await startClient()
  try {
    await client.dial(server.getMultiaddrs())
    const { receipt } = await publishIpns(client.services.records.manager, path)
    expect(receipt?.copies.reached).toBe(1)
    const name = client.peerId.toString()
    expect(await resolveIpns(server.services.records.manager, name)).toBe(path)
    const announced = await publishProvider(client, new Uint8Array([0x12, 0x20, ...new Uint8Array(32)]))
    expect(announced).toBe(1)
    await server.stop()
    await server.start()
    expect(await resolveIpns(server.services.records.manager, name)).toBe(path)
  } finally {
    await Promise.all([client.stop(), server.stop()])
    await Promise.all([client.services.records.close(), server.services.records.close()])
  }
})

test('a name that one node of a test network publishes is resolved by another', async () => {
  await using network = await createTestNetwork({
    nodes: 3,
    malicious: ['stale'],
    node() {
      const components = createRecordComponents()
      return {
        kadDhtInit: components.kadDhtInit,
        datastore: components.datastore(new MemoryDatastore()),
        services: { records: components.service() }
      }
    }
  })
  const [author, reader] = network.honest
  const published = await publishIpns(author!.services.records.manager, path)
  expect(published.receipt?.copies.reached).toBeGreaterThan(0)
  expect(await resolveIpns(reader!.services.records.manager, author!.peerId.toString())).toBe(path)
})

test('the logger of a node receives the events, and the instruments of a meter the numbers', async () => {
  const counts: string[] = []
  const lines: string[] = []
  const histogram = { record: () => undefined }
  await using manager = await createMeasuredManager({
    createCounter: (name) => ({ add: () => void counts.push(name) }),
    createHistogram: () => histogram,
    createObservableGauge: () => ({ addCallback: () => undefined })
  })
  const log = Object.assign((...line: unknown[]) => void lines.push(line.join(' ')), {
    error: (...line: unknown[]) => void lines.push(`error ${line.join(' ')}`)
  })
  logRecords(manager, { forComponent: () => log })
  const alarms: string[] = []
  watchPublications(manager, (text) => alarms.push(text))
  const { record } = await publishIpns(manager, path)
  await manager.receive(record.key, Uint8Array.of(1))
  const publication = { key: record.key, network: true }
  manager.events.dispatch('record:displaced', { ...record, ours: undefined, publication })
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['stored', 'error', 'error'])
  expect(alarms).toEqual(['another author has replaced a record'])
  expect(counts).toContain('record.puts')
})

test('the portable algorithm verifies an IPNS record', async () => {
  const signer = await generateKeyPair()
  const validity = timeFromDate(new Date(Date.now() + 3_600_000))
  const value = await createIpnsRecord({ value: path, sequence: 1n, validity }, { signer })
  expect(await verifyAnywhere(value, ipnsNameToString(signer.peerId))).toEqual(bytes(path))
})
