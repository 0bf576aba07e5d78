import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import type { KadDHT } from '@libp2p/kad-dht'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { TestNetwork } from '@recordkit/record-test-network'
import { exportPrivateKey, generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import { equalBytes } from '@recordkit/record-types'
import { providers, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { LevelDatastore } from 'datastore-level'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import type { Services } from './record-network.ts'

const day = 86_400_000_000_000n
const multihash = Uint8Array.of(0x12, 0x20, ...new Uint8Array(32).fill(7))
const cid = CID.createV1(0x55, create(0x12, new Uint8Array(32).fill(7)))

interface Setting {
  readonly signer: KeyPair
  readonly datastore: LevelDatastore
  readonly now?: () => bigint
}

/** A node with records and a datastore on disk, among three nodes of js-libp2p that know nothing of records. */
async function startAmongStockNodes({ signer, datastore, now }: Setting): Promise<TestNetwork<Services>> {
  return createTestNetwork<Services>({
    nodes: 4,
    node(index) {
      if (index > 0) return {}
      const engine = new ValidationEngine([providers()])
      const components = createRecordComponents({
        engine,
        store: new MemoryRecordStore(),
        signer,
        network: { timeout: 10_000 },
        clock: now
      })
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(signer)),
        datastore: components.datastore(datastore),
        kadDhtInit: components.kadDhtInit,
        services: { records: components.service() }
      }
    }
  })
}

/** The providers that a stock node finds, by its own API. */
async function foundBy(network: TestNetwork<Services>): Promise<string[]> {
  const found: string[] = []
  for await (const { id } of network.honest[3]?.contentRouting.findProviders(cid) ?? []) found.push(id.toString())
  return found
}

/** Makes the stock nodes forget every announcement, as they do when it is too old. */
async function forget(network: TestNetwork<Services>, provider: string): Promise<void> {
  for (const { services } of network.honest.slice(1)) {
    const dht = services.dht as KadDHT & {
      readonly providers: {
        getProviders(cid: CID): Promise<{ toString(): string }[]>
        removeProvider(cid: CID, peer: unknown): Promise<void>
      }
    }
    for (const peer of await dht.providers.getProviders(cid))
      if (peer.toString() === provider) await dht.providers.removeProvider(cid, peer)
  }
}

async function withFolder(work: (open: () => Promise<LevelDatastore>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'announced-content-'))
  try {
    await work(async () => {
      const datastore = new LevelDatastore(folder)
      await datastore.open()
      return datastore
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The announcements that kad-dht would repeat by itself: the provider entries of this node in its datastore. */
async function reprovided(datastore: LevelDatastore, self: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of datastore.queryKeys({ prefix: '/dht/provider' })) keys.push(key.toString())
  return keys.filter((key) => key.endsWith(self))
}

describe('a node with signed provider records among stock js-libp2p nodes', () => {
  test('announces its content, which they find, and reports that no peer stored the signed record', async () => {
    await withFolder(async (open) => {
      const datastore = await open()
      const signer = await generateKeyPair()
      const network = await startAmongStockNodes({ signer, datastore })
      try {
        const [node] = network.honest
        const receipt = await node?.services.records.providers.addProvider(multihash)
        expect(receipt).toMatchObject({ copies: { reached: 3 }, signedError: { code: 'TOO_FEW_COPIES' } })
        expect(await foundBy(network)).toEqual([node?.peerId.toString()])
        const found = await node?.services.records.providers.getProviders(multihash)
        expect(found?.some(({ id }) => equalBytes(id, signer.peerId))).toBe(true)
      } finally {
        await network[Symbol.asyncDispose]()
        await datastore.close()
      }
    })
  })

  test('announces it again after a restart, until it is removed, also for the reprovider of kad-dht', async () => {
    await withFolder(async (open) => {
      const signer = await generateKeyPair()
      let datastore = await open()
      let network = await startAmongStockNodes({ signer, datastore })
      const self = network.honest[0]?.peerId.toString() ?? ''
      await network.honest[0]?.services.records.providers.addProvider(multihash)
      await network[Symbol.asyncDispose]()
      await datastore.close()

      // a day later: the announcement is overdue
      const now = (): bigint => BigInt(Date.now()) * 1_000_000n + day
      datastore = await open()
      network = await startAmongStockNodes({ signer, datastore, now })
      try {
        const records = network.honest[0]?.services.records
        expect(records?.providers.provided.map((each) => each.multihash)).toEqual([multihash])
        await expect.poll(() => foundBy(network), { timeout: 20_000 }).toEqual([self])
        expect(await reprovided(datastore, self)).toHaveLength(1)

        expect(await records?.providers.removeProvider(multihash)).toBe(true)
        expect(await reprovided(datastore, self)).toEqual([])
        await forget(network, self)
        const { services } = network.honest[0] as (typeof network.honest)[number]
        // what its timer calls every hour
        await (
          services.dht as unknown as { reprovider: { processRecords(): Promise<void> } }
        ).reprovider.processRecords()
        expect(await foundBy(network)).toEqual([])
      } finally {
        await network[Symbol.asyncDispose]()
        await datastore.close()
      }

      datastore = await open()
      network = await startAmongStockNodes({ signer, datastore, now })
      try {
        expect(network.honest[0]?.services.records.providers.provided).toEqual([])
      } finally {
        await network[Symbol.asyncDispose]()
        await datastore.close()
      }
    })
  })
})

test('a search fails when the peers of the node are gone, and no longer returns an empty list', async () => {
  await withFolder(async (open) => {
    const datastore = await open()
    const network = await startAmongStockNodes({ signer: await generateKeyPair(), datastore })
    try {
      for (const node of network.honest.slice(1)) await node.stop()
      await expect(
        network.honest[0]?.services.records.providers.getProviders(multihash, { timeout: 8000 })
      ).rejects.toMatchObject({ code: expect.stringMatching(/^(NO_PEERS|ROUTING_FAILED|TIMEOUT)$/) as unknown })
    } finally {
      await network[Symbol.asyncDispose]()
      await datastore.close()
    }
  })
})
