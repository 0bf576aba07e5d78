import { ipnsNameToString, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { publishIpns, resolveIpns, resolveIpnsWithTtl } from '@recordkit/record-manager/ipns'
import { replication, RecordManager } from '@recordkit/record-manager'
import { RecordError } from '@recordkit/record-types'
import type { RecordNetwork, ReplicationReceipt } from '@recordkit/record-types'
import { minute, portableSigner } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { createTestManager } from './test-manager.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const [first, second, third] = [1, 2, 3].map((seed) => {
  const signer = portableSigner(new Uint8Array(32).fill(seed))
  const peerId = peerIdFromPublicKey(signer.publicKey)
  return { signer, peerId, name: ipnsNameToString(peerId) }
}) as [Named, Named, Named]
interface Named {
  readonly signer: ReturnType<typeof portableSigner>
  readonly peerId: Uint8Array
  readonly name: string
}

test('a path that is published under a name is what the name resolves to, in every form of the name', async () => {
  const { local } = await createTestManager({ signers: [first.signer] })
  expect((await publishIpns(local, path, { signer: first.peerId })).status).toBe('stored')
  for (const name of [
    first.name,
    `/ipns/${first.name}`,
    `/ipns/${first.name}/`,
    peerIdToString(first.peerId),
    first.peerId
  ])
    expect(await resolveIpns(local, name)).toBe(path)
  expect(await resolveIpns(local, `/ipns/${first.name}/docs/index.html`)).toBe(`${path}/docs/index.html`)
})

test('names that point to names are followed, and their paths are joined', async () => {
  const { local } = await createTestManager({ signers: [first.signer, second.signer, third.signer] })
  await publishIpns(local, `/ipns/${second.name}/a/`, { signer: first.signer })
  await publishIpns(local, third.name, { signer: second.signer })
  await publishIpns(local, `${path}/b`, { signer: third.peerId })
  expect(await resolveIpns(local, `${first.name}/c`)).toBe(`${path}/b/a/c`)
})

test('names that point to each other end with IPNS_TOO_DEEP', async () => {
  const { local } = await createTestManager({ signers: [first.signer, second.signer] })
  await publishIpns(local, `/ipns/${second.name}`, { signer: first.signer })
  await publishIpns(local, `/ipns/${first.name}`, { signer: second.signer })
  await expect(resolveIpns(local, first.name)).rejects.toMatchObject({ code: 'IPNS_TOO_DEEP' })
  await expect(resolveIpns(local, first.peerId, { maxDepth: 1 })).rejects.toMatchObject({ code: 'IPNS_TOO_DEEP' })
})

test('a name without a record is undefined, also behind another name', async () => {
  const { local } = await createTestManager({ signers: [first.signer] })
  expect(await resolveIpns(local, first.name)).toBeUndefined()
  await publishIpns(local, second.name, { signer: first.signer })
  expect(await resolveIpns(local, first.name)).toBeUndefined()
})

test('the smallest TTL of all records on the way is that of the result, and at most the time until the first expires', async () => {
  const { local, time } = await createTestManager({ signers: [first.signer, second.signer] })
  const { clock } = time
  await publishIpns(local, `/ipns/${second.name}`, { signer: first.signer, ttl: 60_000 })
  await publishIpns(local, path, { signer: second.signer, ttl: 30_000, lifetime: 3_600_000 })
  expect(await resolveIpnsWithTtl(local, first.name, { clock })).toEqual({ path, ttl: minute / 2n })
  await time.advance(60n * minute - minute / 3n)
  expect(await resolveIpnsWithTtl(local, first.name, { clock })).toEqual({ path, ttl: minute / 3n })
})

test('a path that a record contains is in no error', async () => {
  const { local } = await createTestManager({ signers: [first.signer] })
  for (const value of ['/ipns/a.\u001B[31m\nline', '/ipns/\u001B[31m\nline', '/ipns/']) {
    await publishIpns(local, value, { signer: first.signer })
    const error = await resolveIpns(local, first.name).then(String, String)
    // oxlint-disable-next-line no-control-regex -- that is what must not be in it
    expect(error).toMatch(/^RecordError[^\u0000-\u001F]*$/)
    expect(error).not.toContain('[31m')
  }
})

test('what is not a name or a value is refused, and nothing is stored', async () => {
  const { local, readOnly } = await createTestManager()
  await expect(resolveIpns(local, 'hello')).rejects.toMatchObject({ code: 'IPNS_NAME_INVALID' })
  await expect(resolveIpns(local, '')).rejects.toMatchObject({ code: 'IPNS_NAME_INVALID' })
  await expect(publishIpns(local, 'hello')).rejects.toMatchObject({ code: 'IPNS_VALUE_INVALID' })
  await expect(publishIpns(readOnly, path)).rejects.toMatchObject({ code: 'SIGNER_MISSING' })
  await expect(publishIpns(local, path, { signer: second.peerId })).rejects.toMatchObject({ code: 'SIGNER_MISSING' })
  expect((await local.stats()).store.entries).toBe(0)
  expect(parsePeerId(first.name)).toEqual(first.peerId)
})

test('without peers the record is stored here, 0 copies are not a failure, and it is published when a peer appears', async () => {
  const { engine, store, signer, time } = await createTestManager()
  const state = { peers: 0, puts: 0 }
  const network: RecordNetwork = {
    get: async () => {
      if (state.peers === 0) throw new RecordError('NO_PEERS', 'there is no peer to ask')
      return undefined
    },
    put: async (): Promise<ReplicationReceipt> => {
      state.puts += state.peers
      const peers = Array.from({ length: state.peers }, () => ({ from: first.peerId, status: 'stored' as const }))
      return { copies: { requested: 0, reached: state.peers }, peers }
    }
  }
  const { clock, setTimer } = time
  const manager = new RecordManager({ engine, store, signer, clock, setTimer, network: replication(network) })
  await manager.start()
  const { receipt, status } = await publishIpns(manager, path)
  expect(status).toBe('stored')
  expect(receipt?.copies.reached).toBe(0)
  state.peers = 1
  await time.advance(2n * minute)
  expect(state.puts).toBe(1)
  await expect(publishIpns(manager, path, { ifSequence: null })).rejects.toMatchObject({ code: 'SEQUENCE_CONFLICT' })
  await manager.close()
})
