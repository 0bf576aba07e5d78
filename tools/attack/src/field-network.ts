import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { encodeDhtMessage, answeredRecord, messageTypes, createTestNetwork } from '@recordkit/record-test-network'
import type { MaliciousBehaviour, MaliciousPeer, TestNetwork } from '@recordkit/record-test-network'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsOptions, RecordsService } from '@recordkit/record-libp2p'
import { systemClock } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import { anyAuthor, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import type { Tally } from './attack.ts'
import { keyPair, ownKey } from './records.ts'
import type { Random } from './random.ts'

type Services = { readonly records: RecordsService }

export const protocol = '/recordkit/attack/kad/1.0.0'
/** Records of strangers that a node keeps here. */
export const maxRecords = 500

/** Real js-libp2p nodes on loopback, hostile ones among them, and honest traffic between the honest ones. */
export interface FieldNetwork extends AsyncDisposable {
  readonly network: TestNetwork<Services>
  readonly records: readonly RecordsService[]
  readonly stores: readonly RecordStore[]
  readonly pairs: readonly KeyPair[]
  readonly hostile: readonly MaliciousPeer[]
  /** where the node listens that attackers in a process of their own attack */
  readonly target: string
  readonly honest: Tally
  /** one node puts a new record, another one reads it; answers how long that took, ms */
  round(): Promise<number>
}

export async function startField(
  random: Random,
  nodes: number,
  behaviours: readonly MaliciousBehaviour[],
  senders: NonNullable<RecordsOptions['senders']> = {}
): Promise<FieldNetwork> {
  // so many of one address as by default, where few enough nodes share it until attackers in a process of their own dial
  const connectionsASecond = behaviours.length === 0 ? { inboundConnectionThreshold: 5 } : {}
  const pairs = await Promise.all(Array.from({ length: nodes }, async () => keyPair(random)))
  const stores = pairs.map(() => new MemoryRecordStore({ maxRecords }))
  const network = await createTestNetwork<Services>({
    nodes,
    hostile: behaviours,
    delay: 200,
    protocol,
    timeout: 60_000,
    node(index) {
      const signer = pairs[index] as KeyPair
      const engine = new ValidationEngine([
        ipns(),
        signed('config', { authors: ownerInKey() }),
        signed('open', { authors: anyAuthor() })
      ])
      const house = { engine, store: stores[index] as RecordStore, signer, timeout: 20_000, quorum: 99, senders }
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(signer)),
        kademlia: { networkDialTimeout: { minTimeout: 2_000, maxTimeout: 2_000 } },
        configure: ({ services = {}, connectionManager, ...options }) =>
          withRecords(house, {
            ...options,
            datastore: new MemoryDatastore(),
            connectionManager: { ...connectionManager, ...connectionsASecond },
            services
          })
      }
    }
  })
  const records = network.honest.map(({ services }) => services.records)
  const honest = { right: 0, of: 0 }
  let rounds = 0
  return {
    network,
    records,
    stores,
    pairs,
    hostile: network.hostile,
    target: String(network.honest[0]?.getMultiaddrs()[0]),
    honest,
    async round() {
      const author = rounds % nodes
      const reader = (rounds + 1 + random.below(nodes - 1)) % nodes
      const key = ownKey(pairs[author] as KeyPair, `r${rounds % 4}`)
      const content = `round ${rounds++}`
      const started = performance.now()
      honest.of += 2
      const put = await records[author]?.manager.put(key, new TextEncoder().encode(content)).catch(() => undefined)
      if (put !== undefined) honest.right++
      const found = await records[reader]?.manager.get(key, { noCache: true }).catch(() => undefined)
      if (new TextDecoder().decode(found) === content) honest.right++
      return performance.now() - started
    },
    [Symbol.asyncDispose]: async () => network[Symbol.asyncDispose]()
  }
}

/** A message that asks a node to keep a record, the key asked for and the key carried as they are given. */
export function putMessage(asked: Uint8Array, carried: Uint8Array, value: Uint8Array): Uint8Array {
  const record = answeredRecord(carried, value, systemClock())
  return encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key: asked, record })
}

/** How many of these nodes hold something under one of these keys that is not `allowed`. */
export async function heldWrongly(
  network: FieldNetwork,
  keys: readonly Uint8Array[],
  allowed: (value: Uint8Array) => boolean
): Promise<number> {
  let wrong = 0
  for (const store of network.stores) {
    for (const key of keys) {
      const held = await store.get(key)
      if (held !== undefined && !allowed(held.value)) wrong++
    }
  }
  return wrong
}
