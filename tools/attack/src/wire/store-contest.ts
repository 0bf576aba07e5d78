import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { PrivateKey } from '@libp2p/interface'
import { joinRecordKey } from '@recordkit/record-codec'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordStore, StoreBounds } from '@recordkit/record-store'
import { equalBytes, systemClock } from '@recordkit/record-types'
import { anyAuthor, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { SqliteRecordStore } from '@recordkit/store-sqlite'
import { day, minute } from '@recordkit/testing'
import { ClassicLevel } from 'classic-level'
import type { Field, Size, Tally } from '../attack.ts'
import { keyPair, ownKey, sealed } from '../records.ts'
import type { Time } from '../records.ts'
import { newKey, StockPeer } from './stock-peer.ts'
import { startRealNode } from './store-node.ts'
import type { RealNode, SenderAddresses } from './store-node.ts'

type Bounds = StoreBounds & { readonly clock: () => bigint }

const stores: readonly { readonly name: string; open(bounds: Bounds, field: Field): Promise<RecordStore> }[] = [
  { name: 'store-memory', open: async (bounds) => new MemoryRecordStore(bounds) },
  {
    name: 'store-sqlite',
    open: async (bounds, field) =>
      SqliteRecordStore.open(new DatabaseSync(join(await field.folder(), 'records.db')), {
        ...bounds,
        timeout: Infinity
      })
  },
  {
    name: 'store-level',
    open: async (bounds, field) => {
      const options = { keyEncoding: 'view', valueEncoding: 'view' }
      return LevelRecordStore.open(new ClassicLevel<Uint8Array, Uint8Array>(await field.folder(), options), bounds)
    }
  }
]

/** Number of peers of an attacker that are connected concurrently. */
const wave = 16
/** Number of messages that one peer sends concurrently. */
const concurrency = 8
/** Number of records that each node publishes. */
const published = 10

/** A peer with its own records, which it sends itself. */
export interface Owner {
  readonly pair: KeyPair
  readonly peer: StockPeer
}

/** A record of an owner: its path, the sequence, and the peer that sends it. @default the owner itself */
export interface OwnedPut {
  readonly path: string
  readonly sequence: number
  readonly relay?: StockPeer | undefined
}

/** Three real nodes, one on each store, that receive the same PUT_VALUE messages of attackers and owners. */
export class StoreContest implements AsyncDisposable, Tally {
  tried = 0
  right = 0
  of = 0
  readonly time: Time
  readonly #nodes: { readonly name: string; readonly node: RealNode; readonly store: RecordStore }[] = []
  readonly #senders: SenderAddresses = new Map()
  readonly #peers: StockPeer[] = []
  readonly #maxRecords: number
  readonly #author: KeyPair
  readonly #field: Field
  readonly #latest = new Map<string, Uint8Array>()

  private constructor(field: Field, maxRecords: number, author: KeyPair, time: Time) {
    this.#field = field
    this.#maxRecords = maxRecords
    this.#author = author
    this.time = time
  }

  /** Starts the nodes; the store of each may contain `maxRecords` beside what the node publishes. */
  static async start(field: Field, maxRecords: number): Promise<StoreContest> {
    const time = { now: systemClock() }
    const contest = new StoreContest(field, maxRecords, await keyPair(field.random), time)
    const clock = (): bigint => time.now
    for (const { name, open } of stores) {
      const store = await open({ clock, maxRecords: maxRecords + published }, field)
      const namespaces = [signed('config', { authors: ownerInKey() }), signed('open', { authors: anyAuthor() })]
      const engine = new ValidationEngine(namespaces, { clock })
      // without inbound limits, which would stop the flood before it reaches the store
      const node = await startRealNode({
        records: { engine, store, clock, inbound: false },
        senderAddresses: contest.#senders
      })
      contest.#nodes.push({ name, node, store })
    }
    await contest.#publish()
    return contest
  }

  /** A new owner, which appears to connect from this address; from loopback without one. */
  async owner(address?: string): Promise<Owner> {
    const pair = await keyPair(this.#field.random)
    const peer = await StockPeer.start(pair)
    this.#peers.push(peer)
    if (address !== undefined) this.#senders.set(peer.libp2p.peerId.toString(), address)
    return { pair, peer }
  }

  /** Keys of new peers, which appear to connect from this address. */
  async crowd(count: number, address?: string): Promise<PrivateKey[]> {
    const keys = await Promise.all(Array.from({ length: count }, async () => newKey()))
    if (address !== undefined) for (const key of keys) this.#senders.set(key.publicKey.toString(), address)
    return keys
  }

  /** Each of these peers connects and sends `each` records to every node, each record under a key of its own. */
  async flood(keys: readonly PrivateKey[], each: number): Promise<void> {
    for (let first = 0; first < keys.length; first += wave) {
      await Promise.all(
        keys.slice(first, first + wave).map(async (key) => {
          await using peer = await StockPeer.start(key)
          await this.#floodAs(peer, each)
        })
      )
    }
  }

  async #floodAs(peer: StockPeer, each: number): Promise<void> {
    for (let left = each; left > 0; left -= concurrency) {
      const shots = Array.from({ length: Math.min(left, concurrency) }, () => this.tried++)
      await Promise.all(
        shots.map(async (shot) => {
          const key = joinRecordKey('open', `a${shot}`)
          const value = await sealed({ key, signer: this.#author, sequence: 1n, now: this.time.now })
          await Promise.all(this.#nodes.map(async ({ node }) => peer.put(node.addresses, key, value)))
          if (shot % 64 === 0) this.time.now += minute
        })
      )
    }
  }

  /** A record of an owner is sent to every node; when the owner sends it, each node must acknowledge it. */
  async put({ pair, peer }: Owner, { path, sequence, relay }: OwnedPut): Promise<void> {
    const key = ownKey(pair, path)
    const name = `${key.join()} ${sequence}`
    const value =
      this.#latest.get(name) ??
      (await sealed({ key, signer: pair, sequence: BigInt(sequence), now: this.time.now, lifetime: 60n * day }))
    this.#latest.set(name, value).set(key.join(), value)
    const sender = relay ?? peer
    const acknowledged = await Promise.all(this.#nodes.map(async ({ node }) => sender.put(node.addresses, key, value)))
    if (relay === undefined) for (const isRight of acknowledged) this.#count(isRight)
  }

  /** What every node has of the attacker and the owners, asked with GET_VALUE, and what it publishes. */
  async sizes(
    mostOfAttacker: number,
    owned: readonly { readonly owner: Owner; readonly path: string }[]
  ): Promise<Size[]> {
    const sizes: Size[] = []
    await using reader = await StockPeer.start()
    for (const { name, node, store } of this.#nodes) {
      let missing = 0
      for (const { owner, path } of owned) {
        const key = ownKey(owner.pair, path)
        const found = await reader.get(node.addresses, key)
        const expected = this.#latest.get(key.join())
        if (!this.#count(found !== undefined && expected !== undefined && equalBytes(found, expected))) missing++
      }
      let occupied = 0
      for await (const _ of store.iterate({ prefix: new TextEncoder().encode('/open/a') })) occupied++
      let lost = 0
      for (let index = 0; index < published; index++) if (!(await store.has(publishedKey(index)))) lost++
      const { entries } = await store.stats()
      sizes.push(
        { what: `records of the attacker (${name})`, size: occupied, most: mostOfAttacker },
        { what: `honest records missing (${name})`, size: missing, most: 0 },
        { what: `published records missing (${name})`, size: lost, most: 0 },
        { what: `records (${name})`, size: entries, most: this.#maxRecords + published }
      )
    }
    return sizes
  }

  #count(isRight: boolean): boolean {
    this.of++
    if (isRight) this.right++
    return isRight
  }

  async #publish(): Promise<void> {
    for (let index = 0; index < published; index++) {
      const key = publishedKey(index)
      const value = await sealed({ key, signer: this.#author, sequence: 1n, now: this.time.now, lifetime: 60n * day })
      for (const { node } of this.#nodes) await node.records.manager.putSigned(key, value, { offline: true })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#peers.map(async (peer) => peer[Symbol.asyncDispose]()))
    for (const { node, store } of this.#nodes) {
      await node[Symbol.asyncDispose]()
      await store.close()
    }
  }
}

function publishedKey(index: number): Uint8Array {
  return joinRecordKey('open', `published${index}`)
}
