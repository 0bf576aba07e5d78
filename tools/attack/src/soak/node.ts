// The process of one node: a js-libp2p node whose records are on disk. Serves the calls of calls.ts.
import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { exportPrivateKey, keyPairFromSeed } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import type { ReplicationReceipt } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import { ownedKey, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'
import { MemoryDatastore } from 'datastore-core'
import { serve } from './calls.ts'
import type { NodeCalls } from './calls.ts'
import { dialAll, Partition, protocol, startLibp2p } from './libp2p-node.ts'

export interface NodeArgument {
  readonly folder: string
  /** the seed of its key pair, hex */
  readonly seed: string
  /** the seed of the key pair that signs its records, hex. @default its own */
  readonly author?: string | undefined
  readonly host?: string | undefined
  /** ms between two publications of one of its records */
  readonly republish: number
}

const { folder, seed, author = seed, host, republish } = JSON.parse(process.argv[2] ?? '{}') as NodeArgument
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

const [own, signer] = await Promise.all([seed, author].map((text) => keyPairFromSeed(bytes(text))))
if (own === undefined || signer === undefined) throw new Error('no key pair')
const namespace = signed('config', { authors: ownerInKey() })
const engine = new ValidationEngine([namespace])
const store = await LevelRecordStore.open(new ClassicLevel(folder), { closeDatabase: true })
const components = createRecordComponents({
  engine,
  store,
  signer,
  sweepInterval: 5_000,
  network: { timeout: 4_000 },
  republish: { interval: () => republish, retry: 2_000 }
})
const partition = new Partition()
const libp2p = await startLibp2p<{ records: RecordsService }>(
  {
    dht: kadDHT({
      protocol,
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      ...components.kadDhtInit,
      networkDialTimeout: { minTimeout: 1_000, maxTimeout: 1_000 }
    }),
    records: components.service()
  } as never,
  {
    privateKey: privateKeyFromProtobuf(exportPrivateKey(own)),
    datastore: components.datastore(new MemoryDatastore()),
    partition,
    host
  }
)
const { records } = libp2p.services
const keyOf = (name: string): Uint8Array => ownedKey('config', signer.peerId, name)

const calls: NodeCalls = {
  addresses: async () => libp2p.getMultiaddrs().map(String),
  dial: async (addresses) => dialAll(libp2p, addresses),
  partition: async (peers) => partition.set(peers, libp2p),
  async put(name, content, lifetime) {
    const key = keyOf(name)
    const value = new TextEncoder().encode(content)
    const options = { lifetime, timeout: 4_000, checkNetwork: false }
    let receipt: ReplicationReceipt | undefined
    try {
      ;({ receipt } = await records.manager.put(key, value, options))
    } catch (error) {
      // the record is stored locally and its copies are tried again
      if (!isRecordError(error, 'TOO_FEW_COPIES')) throw error
      receipt = error.details as ReplicationReceipt
    }
    const record = await records.manager.getRecord(key, { offline: true })
    if (record === undefined) throw new Error('the record is not stored after its put')
    const holders = receipt?.peers.filter(({ status }) => status === 'stored').map(({ from }) => hex(from)) ?? []
    return { key: hex(key), value: hex(record.value), sequence: String(record.sequence), holders }
  },
  delete: async (name) => records.manager.delete(keyOf(name)),
  async get(key, quorum) {
    const found = await records.manager.get(bytes(key), { noCache: true, timeout: 4_000, quorum })
    await records.network.settled()
    return found === undefined ? undefined : new TextDecoder().decode(found)
  },
  async inspect(key) {
    const record = await records.manager.getRecord(bytes(key), { offline: true })
    const mark = await store.mark(bytes(key))
    const marked = mark === undefined ? undefined : namespace.sequenceOf?.(mark.rank)
    return {
      sequence: record?.sequence?.toString(),
      value: record === undefined ? undefined : hex(record.value),
      mark: marked?.toString()
    }
  },
  async sample() {
    globalThis.gc?.()
    const { heapUsed, rss, external } = process.memoryUsage()
    const { entries, marks } = await store.stats()
    const { queue } = await records.manager.stats()
    const connections = libp2p.getConnections().length
    return { heap: heapUsed, rss, external, entries, marks, republished: queue.size, connections }
  },
  verify: async () => (await store.verify()).problems.map(({ kind, message }) => `${kind}: ${message}`)
}
serve(calls)
