import { ipnsNameToString, ipnsRoutingKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { createIpnsRecord, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { createRecordHandler } from '@recordkit/record-http'
import type { RecordHandlerOptions } from '@recordkit/record-http'
import { replication, RecordManager } from '@recordkit/record-manager'
import { isRefusal, RecordError } from '@recordkit/record-types'
import type { NetworkRecord, RecordNetwork, ReplicationReceipt } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import type { MemoryRecordStoreOptions } from '@recordkit/store-memory'
import { hour, minute, portableSigner } from '@recordkit/testing'

export const recordType = 'application/vnd.ipfs.ipns-record'
const algorithms = [ed25519Portable]

/** A network of one peer that stores every value. */
export class OnePeer implements RecordNetwork {
  readonly values = new Map<string, Uint8Array>()
  readonly #engine: ValidationEngine
  isReachable = true
  gets = 0

  constructor(engine: ValidationEngine) {
    this.#engine = engine
  }

  async get(key: Uint8Array): Promise<NetworkRecord | undefined> {
    this.gets++
    if (!this.isReachable) throw new RecordError('ROUTING_FAILED', 'the network is unreachable', { key })
    const value = this.values.get(mapKey(key))
    const record = value && this.#engine.parse(key, value)
    if (record === undefined || isRefusal(record)) return undefined
    return { record: { ...record, status: 'accept' }, valid: 1, complete: true, from: [], refused: [] }
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<ReplicationReceipt> {
    if (!this.isReachable) throw new RecordError('TOO_FEW_COPIES', 'no peer stored the record', { key })
    this.values.set(mapKey(key), value)
    return { copies: { requested: 1, reached: 1 }, peers: [] }
  }
}

/** A handler of a manager in memory, whose time a test advances. */
export function createTestHandler(options: Partial<RecordHandlerOptions> = {}, bounds: MemoryRecordStoreOptions = {}) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine([ipns({ algorithms })], { clock })
  const store = new MemoryRecordStore({ ...bounds, clock })
  const signer = portableSigner(new Uint8Array(32).fill(7))
  const peer = new OnePeer(engine)
  const manager = new RecordManager({ engine, store, signer, network: replication(peer), clock, setTimer })
  const name = ipnsNameToString(peerIdFromPublicKey(signer.publicKey))
  const handler = createRecordHandler({ manager, clock, setTimer, ...options })
  const url = (path: string): string => `http://localhost/routing/v1/${path}`
  return {
    time,
    manager,
    store,
    peer,
    signer,
    name,
    key: ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey)),
    handler,
    get: (path: string, headers: Record<string, string> = {}) => handler(new Request(url(path), { headers })),
    put: (path: string, body: Uint8Array, headers: Record<string, string> = { 'content-type': recordType }) =>
      handler(new Request(url(path), { method: 'PUT', headers, body: new Uint8Array(body) })),
    send: (path: string, init: RequestInit, address?: string) => handler(new Request(url(path), init), { address }),
    /** a record of the signer */
    record: (sequence: bigint, { lifetime = 48n * hour, ttl = 5n * minute } = {}) =>
      createIpnsRecord(
        { value: '/ipfs/bafkqaaa', sequence, validity: time.clock() + lifetime, ttl },
        { signer, now: time.clock() }
      )
  }
}
