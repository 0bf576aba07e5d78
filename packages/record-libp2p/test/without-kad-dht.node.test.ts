import { delegatedRoutingV1HttpApiClientContentRouting } from '@helia/delegated-routing-v1-http-api-client'
import { ipnsRoutingKey } from '@recordkit/record-codec'
import { testRouting } from '@recordkit/record-conformance'
import { createTestNode } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { libp2pContentRouting, records } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import type { RecordRouting } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { startDelegatedServer } from './delegated-server.ts'
import { text } from './record-network.ts'

const path = text('/ipfs/bafkqaaa')

/** Starts a node without kad-dht; with a URL, it uses that Delegated Routing V1 server. */
async function start(url?: string) {
  const signer = await generateKeyPair()
  const store = new MemoryRecordStore()
  const engine = new ValidationEngine([ipns()])
  const node = await createTestNode<{ readonly records: RecordsService }>(
    {
      services: {
        ...(url === undefined ? {} : { delegated: delegatedRoutingV1HttpApiClientContentRouting({ url }) }),
        records: records({ engine, store, signer, dht: false })
      }
    },
    { transport: 'memory' }
  )
  return {
    node,
    records: node.services.records,
    key: ipnsRoutingKey(signer.peerId),
    async [Symbol.asyncDispose]() {
      await node.stop()
      await node.services.records.close()
    }
  }
}

test('a node without kad-dht publishes and finds records with its content routers', async () => {
  await using server = await startDelegatedServer()
  await using author = await start(server.url)
  await using reader = await start(server.url)
  const { receipt } = await author.records.manager.put(author.key, path)
  expect(receipt?.copies.reached).toBe(1)
  expect(await reader.records.manager.get(author.key)).toEqual(path)
  expect(await reader.records.manager.get(reader.key)).toBeUndefined()
})

test('a forged record of a server is a miss, and a server that is down fails the read', async () => {
  await using server = await startDelegatedServer()
  await using author = await start(server.url)
  await using reader = await start(server.url)
  const { record } = await author.records.manager.put(author.key, path)
  server.values.set(reader.key, record.value)
  expect(await reader.records.manager.get(reader.key, { noCache: true })).toBeUndefined()

  await server[Symbol.asyncDispose]()
  await expect(reader.records.manager.get(author.key, { noCache: true })).rejects.toMatchObject({
    code: 'ROUTING_FAILED'
  })
  await expect(author.records.manager.put(author.key, text('/ipfs/bafkqabi'))).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES'
  })
  // the record is stored here, and waits to be republished
  expect(await author.records.manager.get(author.key, { offline: true })).toEqual(text('/ipfs/bafkqabi'))
  expect(author.records.manager.republishQueue).toHaveLength(1)
})

test('a node without content routers stores records locally, and fails to put them with NO_PEERS as cause', async () => {
  await using alone = await start()
  await expect(alone.records.manager.get(alone.key)).rejects.toMatchObject({ code: 'NO_PEERS' })
  await alone.records.manager.put(alone.key, path, { offline: true })
  await expect(alone.records.manager.put(alone.key, path)).rejects.toMatchObject({
    code: 'TOO_FEW_COPIES',
    cause: { code: 'NO_PEERS' }
  })
  expect(await alone.records.manager.get(alone.key)).toEqual(path)
})

const cleanUps = new Map<RecordRouting, () => Promise<void>>()

async function open(withServer: boolean): Promise<RecordRouting> {
  const server = withServer ? await startDelegatedServer() : undefined
  const { node, ...rest } = await start(server?.url)
  const { contentRouting } = node
  const routing = libp2pContentRouting(contentRouting)
  cleanUps.set(routing, async () => {
    await rest[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })
  return routing
}

testRouting(
  { test, describe },
  {
    name: 'content routers of a real node',
    putToPeer: false,
    providers: false,
    open: () => open(true),
    openAlone: () => open(false),
    record: (number) => ({
      key: ipnsRoutingKey(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...new Uint8Array(32).fill(number))),
      value: Uint8Array.of(number, 1, 2)
    }),
    async close(routing) {
      await cleanUps.get(routing)?.()
      cleanUps.delete(routing)
    }
  }
)
