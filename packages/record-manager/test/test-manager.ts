import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { FakeTimers } from '@recordkit/record-conformance'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { replication, RecordManager } from '@recordkit/record-manager'
import type { RecordManagerOptions } from '@recordkit/record-manager'
import type { Namespace, NetworkGetOptions, NetworkPutOptions, RecordNetwork } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-store'
import { unsigned, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { portableSigner } from '@recordkit/testing'
import { ToyNetwork } from './toy-network.ts'

export const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const algorithms = [ed25519Portable]

/** A store that remembers what it was called with. */
function watchedStore(store: RecordStore): { readonly store: RecordStore; readonly calls: unknown[][] } {
  const calls: unknown[][] = []
  const watched = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        calls.push([name, ...given])
        return Reflect.apply(member, target, given)
      }
    }
  })
  return { store: watched, calls }
}

export interface Parts extends Partial<Omit<RecordManagerOptions, 'network'>> {
  readonly namespaces?: readonly Namespace[]
}

/** A manager with and without peers on one store, on a clock that stands still until it is moved. */
export async function house({ namespaces = [], ...parts }: Parts = {}) {
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
  const { store, calls } = watchedStore(parts.store ?? new MemoryRecordStore({ clock }))
  const signer = portableSigner(new Uint8Array(32).fill(33))
  const network = new ToyNetwork(engine)
  const asked: NetworkGetOptions[] = []
  const copied: NetworkPutOptions[] = []
  const watched: RecordNetwork = {
    get: async (key, options = {}) => {
      asked.push(options)
      return network.get(key, options)
    },
    put: async (key, value, options = {}) => {
      copied.push(options)
      return network.put(key, value, options)
    }
  }
  const unsignedParts = { engine, clock, setTimer, ...parts, store }
  const all = { ...unsignedParts, signer }
  const peers = replication(watched, { random: () => 0 })
  const peerId = peerIdFromPublicKey(signer.publicKey)
  return {
    time,
    engine,
    store,
    calls,
    signer,
    network,
    asked,
    copied,
    local: new RecordManager(all),
    manager: new RecordManager({ ...all, network: peers }),
    /** without a signer */
    unsigned: new RecordManager({ ...unsignedParts, network: peers }),
    key: joinRecordKey('config', `${ipnsNameToString(peerId)}/app`),
    name: ipnsRoutingKey(peerId)
  }
}
