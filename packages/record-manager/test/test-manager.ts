import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { replication, RecordManager } from '@recordkit/record-manager'
import type { RecordManagerOptions } from '@recordkit/record-manager'
import type {
  Clock,
  Namespace,
  NetworkGetOptions,
  NetworkPutOptions,
  RecordNetwork,
  RecordPubsub
} from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import { unsigned, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { FakeNetwork } from './fake-network.ts'

export const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
/** The sequence of a first record that is put at `time`, in ns. */
export const sequenceAt = (time: bigint): bigint => time / 1_000_000n
const algorithms = [ed25519Portable]

/** A store that records its calls. */
function recordingStore(store: RecordStore): { readonly store: RecordStore; readonly calls: unknown[][] } {
  const calls: unknown[][] = []
  const recording = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...parameters: unknown[]): unknown => {
        calls.push([name, ...parameters])
        return Reflect.apply(member, target, parameters)
      }
    }
  })
  return { store: recording, calls }
}

export interface TestManagerOptions extends Partial<Omit<RecordManagerOptions, 'network'>> {
  readonly namespaces?: readonly Namespace[]
  readonly pubsub?: RecordPubsub | undefined
  readonly storeOf?: ((clock: Clock) => RecordStore) | undefined
}

/** Managers with and without a network on one store. Time passes only when the test advances it. */
export async function createTestManager({ namespaces = [], pubsub, storeOf, ...options }: TestManagerOptions = {}) {
  const time = new FakeTimers()
  const { clock, setTimer } = time
  const engine = new ValidationEngine(
    [
      ipns({ algorithms }),
      signed('config', { authors: ownerInKey(), algorithms }),
      unsigned('plain', { sequence: (value) => BigInt(value[0] ?? 0) }),
      ...namespaces
    ],
    { clock }
  )
  const { store, calls } = recordingStore(options.store ?? storeOf?.(clock) ?? new MemoryRecordStore({ clock }))
  const signer = portableSigner(new Uint8Array(32).fill(33))
  const network = new FakeNetwork(engine)
  const getCalls: NetworkGetOptions[] = []
  const putCalls: NetworkPutOptions[] = []
  const recording: RecordNetwork = {
    get: async (key, options = {}) => {
      getCalls.push(options)
      return network.get(key, options)
    },
    put: async (key, value, options = {}) => {
      putCalls.push(options)
      return network.put(key, value, options)
    }
  }
  const withoutSigner = { engine, clock, setTimer, ...options, store }
  const withSigner = { ...withoutSigner, signer }
  const replicated = replication(recording, { random: () => 0, pubsub })
  const peerId = peerIdFromPublicKey(signer.publicKey)
  return {
    time,
    engine,
    store,
    calls,
    signer,
    network,
    /** options of the `get` calls of the network */
    getCalls,
    /** options of the `put` calls of the network */
    putCalls,
    /** without a network */
    local: new RecordManager(withSigner),
    manager: new RecordManager({ ...withSigner, network: replicated }),
    /** without a signer */
    readOnly: new RecordManager({ ...withoutSigner, network: replicated }),
    key: joinRecordKey('config', `${ipnsNameToString(peerId)}/app`),
    name: ipnsRoutingKey(peerId)
  }
}
