import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { encodeUvarint, ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { exportPrivateKey, keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { InboundLimitsOptions, RecordsService } from '@recordkit/record-libp2p'
import {
  answeredRecord,
  createTestNetwork,
  createTestNode,
  encodeDhtMessage,
  messageTypes
} from '@recordkit/record-test-network'
import { mapKey } from '@recordkit/record-types/internal'
import { systemClock } from '@recordkit/record-types'
import type { AccessControl } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

const protocol = '/recordkit/test/kad/1.0.0'
const config = signed('config', { authors: ownerInKey() })

/** A network of nodes with records; each store keeps the groups of the records that it stored. */
async function startNodes(nodes: number, access: AccessControl, inbound?: InboundLimitsOptions | false) {
  const pairs = await Promise.all(
    Array.from({ length: nodes }, async (_, index) => keyPairFromSeed(new Uint8Array(32).fill(index + 1)))
  )
  const stores = pairs.map(() => new MemoryRecordStore())
  const groups: (Uint8Array | undefined)[][] = stores.map(() => [])
  for (const [index, store] of stores.entries()) {
    const put = store.put.bind(store)
    store.put = async (record, options) => {
      groups[index]?.push(options?.group)
      return put(record, options)
    }
  }
  const network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes,
    node: (index) => ({
      privateKey: privateKeyFromProtobuf(exportPrivateKey(pairs[index] as KeyPair)),
      kadDhtInit: { initialQuerySelfInterval: 10 },
      configure: ({ services = {}, ...options }) =>
        withRecords(
          { ...options, datastore: new MemoryDatastore(), services },
          {
            engine: new ValidationEngine([config]),
            store: stores[index] as MemoryRecordStore,
            signer: pairs[index],
            access,
            inbound
          }
        )
    })
  })
  return { network, pairs, stores, groups }
}

function keyOf({ peerId }: KeyPair, path: string): Uint8Array {
  return joinRecordKey('config', `${ipnsNameToString(peerId)}/${path}`)
}

test.each([undefined, false] as const)(
  'a record that a stock peer puts is stored with its sender and group, and access lists see it (inbound: %s)',
  async (inbound) => {
    let denied = ''
    const seen: string[] = []
    const reports: string[] = []
    const access: AccessControl = {
      checkSender(sender) {
        seen.push(mapKey(sender))
        if (mapKey(sender) !== denied) return undefined
        return { status: 'ignore', code: 'SENDER_DENIED', message: 'the sender is on the deny list' }
      },
      report: (sender, status) => void reports.push(`${mapKey(sender)} ${status}`)
    }
    const { network, pairs, stores, groups } = await startNodes(1, access, inbound)
    await using _network = network
    const [node] = network.honest
    const [signer] = pairs
    const [store] = stores
    if (node === undefined || signer === undefined || store === undefined) throw new Error('no node')
    const stock = await createTestNode({}, { transport: 'memory' })
    try {
      const peer = stock.peerId.toMultihash().bytes
      /** Puts a record as a stock node does. @returns whether it was acknowledged */
      const put = async (path: string): Promise<boolean> => {
        const key = keyOf(signer, path)
        const value = await config.seal({ key, content: text(path), sequence: 1n }, { now: systemClock(), signer })
        const record = answeredRecord(key, value, systemClock())
        const stream = await stock.dialProtocol(node.getMultiaddrs(), protocol)
        const message = encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key, record })
        // in two chunks
        stream.send(message.subarray(0, 9))
        stream.send(message.subarray(9))
        try {
          for await (const _ of stream) return true
        } catch {
          // the stream was reset
        }
        return false
      }
      expect(await put('first')).toBe(true)
      expect((await store.get(keyOf(signer, 'first')))?.sender).toEqual(peer)
      // a peer without an IP address is a group of its own
      expect(groups).toEqual([[peer]])
      denied = mapKey(peer)
      expect(await put('second')).toBe(false)
      expect(await store.get(keyOf(signer, 'second'))).toBeUndefined()
      expect(seen).toEqual([denied, denied])
      // a decision of this node is not reported: it must not change a score
      expect(reports).toEqual([`${denied} accept`])
    } finally {
      await stock.stop()
    }
  }
)

test('an answer to a read belongs to the peer that gave it, and a put of this node to no peer', async () => {
  const denied = new Set<string>()
  const reports: string[] = []
  const access: AccessControl = {
    checkSender: async (sender) =>
      denied.has(mapKey(sender)) ? { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } : undefined,
    report: (sender, status) => void reports.push(`${mapKey(sender)} ${status}`)
  }
  const { network, pairs, stores, groups } = await startNodes(2, access)
  await using _network = network
  const [author, reader] = network.honest
  const [signer] = pairs
  if (author === undefined || reader === undefined || signer === undefined) throw new Error('no nodes')
  const key = keyOf(signer, 'app')
  await author.services.records.manager.put(key, text('content'))
  const id = author.peerId.toMultihash().bytes
  expect((await stores[0]?.get(key))?.sender).toBeUndefined()
  expect((await stores[1]?.get(key))?.sender).toEqual(id)

  await stores[1]?.delete(key)
  groups[1]?.splice(0)
  reports.splice(0)
  const { manager } = reader.services.records
  expect(new TextDecoder().decode(await manager.get(key, { noCache: true }))).toBe('content')
  expect((await stores[1]?.get(key))?.sender).toEqual(id)
  expect(groups[1]).toEqual([id])
  expect(reports).toEqual([`${mapKey(id)} accept`])

  // answers of a peer from which no records are accepted are not used
  await stores[1]?.delete(key)
  denied.add(mapKey(id))
  expect(await manager.get(key, { noCache: true })).toBeUndefined()
  expect(reports).toEqual([`${mapKey(id)} accept`])
})

test('a record in an encoding that only js-libp2p reads is not stored without its sender', async () => {
  const { network, pairs, stores } = await startNodes(1, { report: () => {} })
  await using _network = network
  const [node] = network.honest
  const [signer] = pairs
  const [store] = stores
  if (node === undefined || signer === undefined || store === undefined) throw new Error('no node')
  const stock = await createTestNode({}, { transport: 'memory' })
  try {
    const key = keyOf(signer, 'hidden')
    const value = await config.seal({ key, content: text('x'), sequence: 1n }, { now: systemClock(), signer })
    const record = answeredRecord(key, value, systemClock())
    const put = writeFields([8, 0, 18, key, 26, record])
    const send = async (message: readonly number[]): Promise<void> => {
      const stream = await stock.dialProtocol(node.getMultiaddrs(), protocol)
      stream.send(Uint8Array.from([...encodeUvarint(BigInt(message.length)), ...message]))
      try {
        for await (const _ of stream) return
      } catch {
        // the stream was reset
      }
    }
    // js-libp2p reads field 2 as bytes, though it is an integer here: a length, and so many bytes. Others skip what is behind it
    const hidden = [0x7a, ...encodeUvarint(BigInt(put.length))]
    await send([16, hidden.length, ...hidden, ...put])
    expect(await store.get(key)).toBeUndefined()
    // repeated fields and long lengths are read by all: the last one counts
    await send([8, 5, 8, 128, 128, 0, ...put.subarray(2), 0x78, 1])
    expect((await store.get(key))?.sender).toEqual(stock.peerId.toMultihash().bytes)
  } finally {
    await stock.stop()
  }
})
