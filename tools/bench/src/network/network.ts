import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { MaliciousBehaviour, TestNetwork } from '@recordkit/record-test-network'
import { exportPrivateKey, generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { countMessages } from './messages.ts'
import type { Messages } from './messages.ts'

const protocol = '/recordkit/test/kad/1.0.0'

export type Services = { readonly records: RecordsService; readonly messages: Messages }

export interface Measured {
  readonly network: TestNetwork<Services>
  readonly records: readonly RecordsService[]
  readonly messages: readonly Messages[]
  keyOf(author: number, name: string): Uint8Array
}

/** Starts a network of honest nodes with a records service each, and malicious peers with these behaviours. */
export async function start(honest: number, malicious: readonly MaliciousBehaviour[]): Promise<Measured> {
  const pairs = await Promise.all(Array.from({ length: honest }, async () => generateKeyPair()))
  const pairOf = (index: number): KeyPair => pairs[index] as KeyPair
  const network = await createTestNetwork<Services>({
    nodes: honest,
    malicious: malicious,
    timeout: 120_000,
    node(index) {
      const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
      const components = createRecordComponents({ engine, store: new MemoryRecordStore(), signer: pairOf(index) })
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(pairOf(index))),
        datastore: components.datastore(new MemoryDatastore()),
        kadDhtInit: components.kadDhtInit,
        services: { records: components.service(), messages: countMessages(protocol) }
      }
    }
  })
  return {
    network,
    records: network.honest.map(({ services }) => services.records),
    messages: network.honest.map(({ services }) => services.messages),
    keyOf: (author, name) => joinRecordKey('config', `${ipnsNameToString(pairOf(author).peerId)}/${name}`)
  }
}

/** Makes a node accept the streams of the DHT and respond to nothing. */
export async function silence(node: Measured['network']['honest'][number] | undefined): Promise<void> {
  await node?.unhandle(protocol)
  await node?.handle(protocol, () => undefined)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Runs `work` and returns its duration in ms and its result. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const started = performance.now()
  const result = await work()
  return { ms: performance.now() - started, result }
}
