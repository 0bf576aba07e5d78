import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { PubsubReceiver } from '@recordkit/record-types'
import { compareBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { PubsubFetch, SubscriptionChange, TopicValidator } from '@recordkit/store-dht/pubsub'

type Listener = (event: SubscriptionChange) => void

interface Message {
  readonly id: number
  readonly topic: string
  readonly data: Uint8Array
}

let messages = 0
let nodes = 0

/** The PubSub and fetch services of a node in memory. Messages go to linked nodes that are subscribed, as soon as they are verified. */
export class MemoryNode {
  readonly id: Uint8Array = Uint8Array.of(0, 2, ++nodes >> 8, nodes & 255)
  readonly peerId = {
    toMultihash: () => ({ bytes: this.id }),
    toString: () => String(this.id)
  } as unknown as Libp2pPeerId
  readonly topicValidators = new Map<string, TopicValidator>()
  readonly links = new Set<MemoryNode>()
  readonly topics = new Set<string>()
  readonly listeners = new Set<Listener>()
  readonly published: Message[] = []
  /** the verdicts on messages that arrived, in the order in which they were made */
  readonly verdicts: string[] = []
  readonly lookups = new Map<string, (key: Uint8Array) => Promise<Uint8Array | undefined>>()
  /** the peers that were asked */
  readonly fetched: MemoryNode[] = []
  /** answers fetches in place of the lookup functions */
  respond: ((key: Uint8Array, signal: AbortSignal | undefined) => Promise<Uint8Array | undefined>) | undefined
  failing = false
  readonly #seen = new Set<number>()

  link(other: MemoryNode): void {
    this.links.add(other)
    other.links.add(this)
    this.#announce(other, [...other.topics], true)
    other.#announce(this, [...this.topics], true)
  }

  #announce(peer: MemoryNode, topics: readonly string[], subscribe: boolean): void {
    const subscriptions = topics.map((topic) => ({ topic, subscribe }))
    for (const listener of this.listeners) listener({ detail: { peerId: peer.peerId, subscriptions } })
  }

  addEventListener(_type: string, listener: Listener): void {
    this.listeners.add(listener)
  }

  removeEventListener(_type: string, listener: Listener): void {
    this.listeners.delete(listener)
  }

  subscribe(topic: string): void {
    if (this.failing) throw new Error('Pubsub has not started')
    this.topics.add(topic)
    for (const peer of this.links) peer.#announce(this, [topic], true)
  }

  unsubscribe(topic: string): void {
    if (this.failing) throw new Error('Pubsub is not started')
    this.topics.delete(topic)
    for (const peer of this.links) peer.#announce(this, [topic], false)
  }

  getSubscribers(topic: string): Libp2pPeerId[] {
    return [...this.links].filter((peer) => peer.topics.has(topic)).map(({ peerId }) => peerId)
  }

  async publish(topic: string, data: Uint8Array): Promise<unknown> {
    if (this.failing) throw new Error('Pubsub has not started')
    const message = { id: ++messages, topic, data }
    this.published.push(message)
    this.#seen.add(message.id)
    this.#forward(message)
    return undefined
  }

  #forward(message: Message, source?: MemoryNode): void {
    for (const peer of this.links)
      if (peer !== source && peer.topics.has(message.topic)) void peer.receive(message, this)
  }

  /** Receives a message, and forwards it when its validator accepts it. */
  async receive(message: Message, source: MemoryNode): Promise<string> {
    if (this.#seen.has(message.id)) return 'seen'
    this.#seen.add(message.id)
    const verdict = (await this.topicValidators.get(message.topic)?.(source.peerId, message)) ?? 'accept'
    this.verdicts.push(verdict)
    if (verdict === 'accept') this.#forward(message, source)
    return verdict
  }

  /** Sends a message to one node, which a malicious peer can do. */
  async sendTo(node: MemoryNode, topic: string, data: Uint8Array): Promise<string> {
    return node.receive({ id: ++messages, topic, data }, this)
  }

  /** The fetch service of this node. */
  readonly fetch: PubsubFetch = {
    fetch: async (peer, key, { signal } = {}) => {
      const node = [...this.links].find(({ peerId }) => peerId === peer) as MemoryNode
      this.fetched.push(node)
      if (node.respond !== undefined) return node.respond(key, signal)
      const text = new TextDecoder().decode(key)
      for (const [prefix, lookup] of node.lookups) if (text.startsWith(prefix)) return lookup(key)
      throw new Error('No lookup function registered for key')
    },
    registerLookupFunction: (prefix, lookup) => {
      if (this.lookups.has(prefix)) throw new Error('already registered')
      this.lookups.set(prefix, lookup)
    },
    unregisterLookupFunction: (prefix) => {
      this.lookups.delete(prefix)
    }
  }
}

/** A receiver of toy values: an order, then `g` for a valid or `b` for a forged signature. Shorter values are ignored. */
export class ToyReceiver implements PubsubReceiver {
  readonly namespaces = ['toy']
  readonly records = new Map<string, Uint8Array>()
  readonly publications = new Map<string, Uint8Array>()
  /** the values that were received */
  readonly received: Uint8Array[] = []
  /** the keys that were put offline */
  readonly offline = new Set<string>()
  /** called before each result */
  wait: () => Promise<unknown> = async () => undefined

  async receive(key: Uint8Array, value: Uint8Array): ReturnType<PubsubReceiver['receive']> {
    this.received.push(value)
    await this.wait()
    if (value.length < 2) return { status: 'ignored' }
    if (value[1] !== 0x67) return { status: 'rejected' }
    const before = this.records.get(mapKey(key))
    const order = before === undefined ? 1 : compareBytes(value, before)
    if (order > 0) this.records.set(mapKey(key), value)
    return { status: order > 0 ? 'stored' : order === 0 ? 'refreshed' : 'stale' }
  }

  async getForPeers(key: Uint8Array): Promise<{ readonly value: Uint8Array } | undefined> {
    const value = this.records.get(mapKey(key))
    return value === undefined || this.offline.has(mapKey(key)) ? undefined : { value }
  }

  async *publishedKeys(): AsyncGenerator<Uint8Array> {
    yield* this.publications.values()
  }

  /** The stored value of a key. */
  valueOf(key: Uint8Array): Uint8Array | undefined {
    return this.records.get(mapKey(key))
  }

  /** Stores a value and publishes its key. */
  publish(key: Uint8Array, value: Uint8Array): void {
    this.records.set(mapKey(key), value)
    this.publications.set(mapKey(key), key)
  }
}
