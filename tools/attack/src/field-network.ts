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
/** Maximum number of records of others in the store of a node. */
export const maxRecords = 500

/** Real js-libp2p nodes on loopback, malicious ones among them, and honest traffic between the honest ones. */
export interface FieldNetwork extends AsyncDisposable {
  readonly network: TestNetwork<Services>
  readonly records: readonly RecordsService[]
  readonly stores: readonly RecordStore[]
  readonly pairs: readonly KeyPair[]
  readonly malicious: readonly MaliciousPeer[]
  /** the address of the node that attackers in another process attack */
  readonly target: string
  readonly honest: Tally
  /** one node puts a new record, another one reads it; returns the time that took, ms */
  round(): Promise<number>
}

export async function startField(
  random: Random,
  nodes: number,
  behaviours: readonly MaliciousBehaviour[],
  inbound: NonNullable<RecordsOptions['inbound']> = {}
): Promise<FieldNetwork> {
  // the default of js-libp2p, which few enough honest nodes can share until attackers in another process dial
  const inboundThreshold = behaviours.length === 0 ? { inboundConnectionThreshold: 5 } : {}
  const pairs = await Promise.all(Array.from({ length: nodes }, async () => keyPair(random)))
  const stores = pairs.map(() => new MemoryRecordStore({ maxRecords }))
  const network = await createTestNetwork<Services>({
    nodes,
    malicious: behaviours,
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
      const options: RecordsOptions = {
        engine,
        store: stores[index],
        signer,
        network: { timeout: 20_000, quorum: 99 },
        inbound
      }
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(signer)),
        kadDhtInit: { networkDialTimeout: { minTimeout: 2_000, maxTimeout: 2_000 } },
        configure: ({ services = {}, connectionManager, ...node }) =>
          withRecords(
            {
              ...node,
              datastore: new MemoryDatastore(),
              connectionManager: { ...connectionManager, ...inboundThreshold },
              services
            },
            options
          )
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
    malicious: network.malicious,
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

/** A message that asks a node to store a record. The key of the message and that of the record may differ. */
export function putMessage(messageKey: Uint8Array, recordKey: Uint8Array, value: Uint8Array): Uint8Array {
  const record = answeredRecord(recordKey, value, systemClock())
  return encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key: messageKey, record })
}

/** Counts the values under these keys that a node stores and that are not `allowed`. */
export async function countUnexpected(
  network: FieldNetwork,
  keys: readonly Uint8Array[],
  allowed: (value: Uint8Array) => boolean
): Promise<number> {
  let unexpected = 0
  for (const store of network.stores) {
    for (const key of keys) {
      const record = await store.get(key)
      if (record !== undefined && !allowed(record.value)) unexpected++
    }
  }
  return unexpected
}
