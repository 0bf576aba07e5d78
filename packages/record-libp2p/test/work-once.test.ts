import { ipnsRoutingKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager, replication } from '@recordkit/record-manager'
import type { Algorithm, Namespace, RecordRouting, Signer } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { expect, test } from 'vitest'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Managers on one network of five peers that store everything; counts the work of each. */
function setUp() {
  const values = new Map<string, Uint8Array>()
  const peers = Array.from({ length: 5 }, (_, index) => Uint8Array.of(0, 1, index))
  const routing: RecordRouting = {
    async *get(key) {
      for (const from of peers) yield { from, value: values.get(mapKey(key)) }
    },
    async *put(key, value) {
      values.set(mapKey(key), value)
      for (const from of peers) yield { from, status: 'stored' }
    }
  }
  const create = (signer?: Signer) => {
    const work = { parsed: 0, signatures: 0, stored: 0 }
    const algorithm: Algorithm = {
      ...ed25519Portable,
      verify(...parameters) {
        work.signatures++
        return ed25519Portable.verify(...parameters)
      }
    }
    const names = ipns({ algorithms: [algorithm], v1Compatible: false })
    // without the parser for many values of one key, which is not counted
    const { parser: _, ...rest } = names
    const namespace: Namespace = {
      ...(rest as Namespace),
      parse(key, value) {
        work.parsed++
        return names.parse(key, value)
      }
    }
    const engine = new ValidationEngine([namespace])
    const network = replication(new DhtRecordStore({ routing, engine }))
    const manager = new RecordManager({ engine, store: new MemoryRecordStore(), signer, network })
    manager.events.addEventListener('record:stored', () => work.stored++)
    return { manager, work }
  }
  return { create }
}

test('a put over the network decodes its record once and the replaced one once, verifies one signature, and is reported once', async () => {
  const signer = portableSigner(new Uint8Array(32).fill(3))
  const { manager, work } = setUp().create(signer)
  const key = ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
  await manager.put(key, bytes('/ipfs/bafkqaaa'))
  expect(work).toEqual({ parsed: 1, signatures: 1, stored: 1 })
  await manager.put(key, bytes('/ipfs/bafkqaab'))
  expect(work).toEqual({ parsed: 3, signatures: 2, stored: 2 })
  await manager.close()
})

test('a get of five equal answers decodes the record once and verifies one signature', async () => {
  const signer = portableSigner(new Uint8Array(32).fill(3))
  const { create } = setUp()
  const key = ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
  const writer = create(signer)
  await writer.manager.put(key, bytes('/ipfs/bafkqaaa'))
  const { manager, work } = create()
  expect(await manager.get(key)).toEqual(bytes('/ipfs/bafkqaaa'))
  expect(work).toEqual({ parsed: 1, signatures: 1, stored: 1 })
  await Promise.all([manager.close(), writer.manager.close()])
})
