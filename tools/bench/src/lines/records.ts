import { multiaddr } from '@multiformats/multiaddr'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import * as noble from '@noble/ed25519'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed, openPeerRecord, sealPeerRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { RecordManager } from '@recordkit/record-manager'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { decode } from 'multiformats/hashes/digest'
import type { Contest, Line } from '../measure.ts'

const seed = new Uint8Array(32).fill(1)

async function opening(): Promise<Contest> {
  const signer = await keyPairFromSeed(seed)
  const addresses = [1, 2, 3, 4, 5].map((number) => multiaddr(`/ip4/10.0.0.${number}/tcp/4001`).bytes)
  const bytes = await sealPeerRecord({ peerId: signer.peerId, sequence: 7n, addresses }, { signer })
  const expected = peerIdFromMultihash(decode(signer.peerId))
  return {
    ours: () => openPeerRecord(bytes),
    theirs: async () => {
      const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
      const record = PeerRecord.createFromProtobuf(envelope.payload)
      if (!record.peerId.equals(expected)) throw new Error('the peer record is for another peer')
      return record
    }
  }
}

async function portable(): Promise<Contest> {
  const signer = await keyPairFromSeed(seed)
  const message = new Uint8Array(200).fill(3)
  const signature = await signer.sign(message)
  const publicKey = signer.publicKey.data
  const { sha512 } = await import('@noble/hashes/sha2.js')
  noble.hashes.sha512 = sha512
  return {
    ours: () => ed25519Portable.verify(publicKey, message, signature),
    theirs: () => noble.verify(signature, message, publicKey)
  }
}

/** A put of the manager, compared with the sum of its necessary parts: sign, verify, store. */
async function putting(concurrent: number): Promise<Contest> {
  const signer = await keyPairFromSeed(seed)
  const namespace = signed('config', { authors: ownerInKey() })
  const engine = new ValidationEngine([namespace])
  const manager = new RecordManager({ engine, store: new MemoryRecordStore(), signer })
  const store = new MemoryRecordStore()
  const key = (number: number): Uint8Array => joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/${number}`)
  const keys = Array.from({ length: concurrent }, (_, number) => key(number))
  let number = 0
  const content = (): Uint8Array => new TextEncoder().encode(`value ${number++}`)
  let sequence = 0n
  const parts = async (key: Uint8Array): Promise<void> => {
    const now = BigInt(Date.now()) * 1_000_000n
    const value = await namespace.seal({ key, content: content(), sequence: sequence++ }, { now, signer })
    const verdict = await engine.validate(key, value)
    if (verdict.status !== 'accept') throw new Error(verdict.message)
    await store.put({ key, value, rank: engine.rank(verdict), timeReceived: now })
  }
  return {
    ours: () => Promise.all(keys.map((one) => manager.put(one, content()))),
    theirs: () => Promise.all(keys.map((one) => parts(one))),
    after: () => manager.close()
  }
}

export const recordLines: readonly Line[] = [
  {
    name: 'open a peer record, five addresses',
    other: '@libp2p/peer-record',
    better: 'higher',
    target: 1.4,
    prepare: opening
  },
  { name: 'portable path, verify', other: '@noble/ed25519', better: 'lower', target: 1.1, prepare: portable },
  {
    name: 'manager put, signed, in memory',
    other: 'sign + verify + store',
    better: 'lower',
    target: 1.3,
    prepare: () => putting(1)
  },
  {
    name: 'manager put, 1,000 concurrent',
    other: 'sign + verify + store',
    better: 'lower',
    target: 1.3,
    prepare: () => putting(1000)
  }
]
