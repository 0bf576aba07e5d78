import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'

/** What a process of the fleet is started with. */
export interface Task {
  readonly index: number
  /** the port of the database, and that of the network */
  readonly database: number
  readonly network: number
  /** ms between two publications of a record */
  readonly interval: number
  /** the keys that are put again and again */
  readonly liveKeys: number
  /** ms between two puts of one process */
  readonly putInterval: number
}

/** A copy of a record, as the network received it. Times are those of `Date.now()`, which all processes share. */
export interface Publication {
  readonly key: string
  readonly sequence: string
  readonly at: number
  readonly process: number
}

/** A record that was acknowledged to a caller, or that a watcher returned. */
export interface Seen {
  readonly key: string
  readonly sequence: string
  readonly at: number
}

export type ProcessMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'put' | 'watched'; readonly records: readonly Seen[] }
  | { readonly type: 'swept' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'late'; readonly at: number; readonly milliseconds: number }

export type NetworkMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'published'; readonly publications: readonly Publication[] }

export const namespace = 'config'

export function createEngine(): ValidationEngine {
  return new ValidationEngine([signed(namespace, { authors: ownerInKey() })])
}

/** The key pair of all processes. */
export function fleetSigner(): Promise<KeyPair> {
  return keyPairFromSeed(new Uint8Array(32).fill(18))
}

export function keyOf({ peerId }: KeyPair, name: string): Uint8Array {
  return joinRecordKey(namespace, `${ipnsNameToString(peerId)}/${name}`)
}

/** The last part of a key. */
export function nameOf(key: Uint8Array): string {
  return new TextDecoder().decode(key).split('/').at(-1) ?? ''
}

/** Sends lists of items to the parent, several at a time. */
export class Outbox<Item> {
  #items: Item[] = []
  readonly #send: (items: readonly Item[]) => void

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send
  }

  add(item: Item): void {
    if (this.#items.push(item) === 1) setTimeout(() => this.flush(), 20)
  }

  flush(): void {
    if (this.#items.length === 0) return
    this.#send(this.#items)
    this.#items = []
  }
}
