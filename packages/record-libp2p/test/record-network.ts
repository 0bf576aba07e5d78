import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { createTestNetwork } from '@recordkit/record-test-network'
import type { MaliciousBehaviour, TestNetwork } from '@recordkit/record-test-network'
import { exportPrivateKey, generateKeyPair } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { ownerInKey, providers, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'

export type Services = { readonly records: RecordsService }

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** Starts honest nodes with a records service each, and malicious peers. Every read asks all of them. */
export async function startRecords(
  honest: number,
  malicious: readonly MaliciousBehaviour[] = [],
  signerOf: (pairs: readonly KeyPair[], index: number) => KeyPair = (pairs, index) => pairs[index] as KeyPair,
  timeout = 20_000
): Promise<{ network: TestNetwork<Services>; records: readonly RecordsService[]; key: Uint8Array }> {
  const pairs = await Promise.all(Array.from({ length: honest }, () => generateKeyPair()))
  const network = await createTestNetwork<Services>({
    nodes: honest,
    malicious: malicious,
    delay: 200,
    node(index) {
      const engine = new ValidationEngine([signed('config', { authors: ownerInKey() }), providers()])
      const store = new MemoryRecordStore()
      const signer = signerOf(pairs, index)
      const components = createRecordComponents({ engine, store, signer, network: { timeout, quorum: 99 } })
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(pairs[index] as KeyPair)),
        datastore: components.datastore(new MemoryDatastore()),
        kadDhtInit: {
          ...components.kadDhtInit,
          networkDialTimeout: { minTimeout: 2000, initialValue: 2000, maxTimeout: 2000 }
        },
        services: { records: components.service() }
      }
    }
  })
  const owner = ipnsNameToString((pairs[0] as KeyPair).peerId)
  return {
    network,
    records: network.honest.map(({ services }) => services.records),
    key: joinRecordKey('config', `${owner}/app`)
  }
}
