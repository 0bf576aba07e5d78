import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { copyBytes, RecordError } from '@recordkit/record-types'
import type {
  AbortOptions,
  Clock,
  PubsubReceiver,
  PubsubSubscription,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  SetTimer
} from '@recordkit/record-types'
import { mapKey, nanosecondsOf } from '@recordkit/record-types/internal'
import { asCompleted } from './as-completed.ts'
import { answerFetches } from './pubsub-answers.ts'
import { besideRouting } from './pubsub-beside-routing.ts'
import { Fetches } from './pubsub-fetches.ts'
import { MessageQueue } from './pubsub-queue.ts'
import { topicFromKey } from './pubsub-topic.ts'
import type { Topic } from './pubsub-topic.ts'
import { Topics } from './pubsub-topics.ts'
import type {
  Pubsub,
  PubsubBudget,
  PubsubFetch,
  PubsubRouting,
  SubscriptionChange,
  TopicVerdict
} from './pubsub-types.ts'

/** number of peers that a get, and a topic that was joined, asks; each of them counts as one answer */
const askedPeers = 3
/** parts of the rebroadcast interval after which it is checked what is due */
const ticks = 10
/** ms: timers of the platform overflow above */
const maxTimer = 2_147_483_647
/** µs: what a message costs besides its validation: gossipsub verifies a signature of its own */
const messageWork = 200
/** µs: the most that a message counts. What takes longer waits for something else */
const maxWork = 10_000
const queueBounds = { concurrency: 4, maxMessages: 256, maxBytes: 1_048_576 }
const self = /* @__PURE__ */ new TextEncoder().encode('pubsub')

/** The checked options of `pubsubRouting`. */
export interface PubsubRecordsOptions {
  readonly fetch: PubsubFetch | undefined
  readonly maxTopics: number
  /** ms */
  readonly rebroadcastInterval: number
  /** ms */
  readonly fetchTimeout: number
  readonly groupOf: (sender: Uint8Array) => Uint8Array
  readonly budget: PubsubBudget
  readonly measure: () => number
  readonly clock: Clock
  readonly setTimer: SetTimer
  readonly random: () => number
}

/** Receives and publishes records on PubSub topics: the result of `pubsubRouting`. */
export class PubsubRecords implements PubsubRouting {
  readonly #pubsub: Pubsub
  readonly #options: PubsubRecordsOptions
  readonly #topics: Topics
  readonly #fetches: Fetches
  readonly #queue = new MessageQueue<TopicVerdict | 'seen'>(queueBounds)
  /** publications in the background */
  readonly #running = new Set<Promise<unknown>>()
  #endAnswers: (() => void) | undefined
  #receiver: PubsubReceiver | undefined
  #started = new AbortController()
  #cancel: (() => void) | undefined

  constructor(pubsub: Pubsub, options: PubsubRecordsOptions) {
    const { clock, setTimer, fetch, maxTopics, fetchTimeout: timeout } = options
    this.#pubsub = pubsub
    this.#options = options
    this.#fetches = new Fetches({
      fetch,
      timeout,
      clock,
      setTimer,
      onValue: (topic, peer, value) => this.#receive(topic, peer, value)
    })
    this.#topics = new Topics({
      pubsub,
      maxTopics,
      clock,
      setTimer,
      validatorOf: (topic) => (peer, message) => this.#validate(topic, peer, message.data),
      onJoin: (topic) => {
        for (const peer of this.#someSubscribers(topic.name)) this.#fetches.add(topic, peer, this.#started.signal)
      }
    })
  }

  get stats(): { readonly topics: number; readonly waiting: number; readonly fetches: number } {
    return { topics: this.#topics.size, waiting: this.#queue.size, fetches: this.#fetches.size }
  }

  async start(receiver: PubsubReceiver): Promise<void> {
    if (this.#receiver !== undefined) await this.stop()
    const started = new AbortController()
    this.#started = started
    this.#receiver = receiver
    try {
      this.#endAnswers = answerFetches(this.#options.fetch, receiver, this.#topics, this.#started.signal)
      this.#pubsub.addEventListener('subscription-change', this.#onSubscriptionChange)
      this.#topics.start()
      await this.#readPublished()
    } catch (error) {
      if (this.#started === started) await this.stop()
      throw error
    }
    // it may have been stopped meanwhile
    if (!started.signal.aborted) this.#schedule(1)
  }

  async stop(): Promise<void> {
    this.#started.abort(new RecordError('ROUTING_FAILED', 'PubSub was stopped'))
    this.#cancel?.()
    this.#pubsub.removeEventListener('subscription-change', this.#onSubscriptionChange)
    this.#endAnswers?.()
    this.#endAnswers = undefined
    this.#receiver = undefined
    this.#topics.stop()
    this.#queue.clear()
    await this.#fetches.stop()
    await this.#queue.settled()
    await Promise.allSettled(this.#running)
  }

  subscribe(key: Uint8Array): PubsubSubscription {
    const topic = this.#topics.change(key, (of) => of.watchers++) as Topic
    let isEnded = false
    const pubsub = this.#pubsub
    return {
      get isShared() {
        return topic.isJoined && pubsub.getSubscribers(topic.name).length > 0
      },
      end: () => {
        if (isEnded) return
        isEnded = true
        this.#topics.change(topic.key, (of) => of.watchers--)
      }
    }
  }

  unpublished(key: Uint8Array): void {
    if (this.#topics.find(key) !== undefined) this.#topics.change(key, (topic) => (topic.isPublished = false))
  }

  async *get(key: Uint8Array, { signal }: AbortOptions = {}): AsyncGenerator<RoutingAnswer> {
    signal?.throwIfAborted()
    const ownKey = copyBytes(key)
    const peers = this.#options.fetch === undefined ? [] : this.#someSubscribers(topicFromKey(ownKey))
    if (peers.length === 0) throw noPeers(ownKey)
    yield* asCompleted(peers.map((peer) => this.#fetches.ask(ownKey, peer, signal)))
  }

  async *put(key: Uint8Array, value: Uint8Array, { signal }: AbortOptions = {}): AsyncGenerator<RoutingAck> {
    signal?.throwIfAborted()
    const [ownKey, data] = [copyBytes(key), copyBytes(value)]
    const topic = this.#publish(ownKey)
    const passes = topic === undefined || topic.forwarding.pass()
    if (passes === true) {
      await this.#send(ownKey, data, topic)
      yield { from: self, status: 'sent' }
    } else this.#inBackground(passes.then(async (isLatest) => (isLatest ? this.#send(ownKey, data, topic) : undefined)))
  }

  alongside(routing: RecordRouting): RecordRouting {
    return besideRouting(routing, this)
  }

  /** The topic of a key that is published from now on; `undefined` when this node cannot subscribe to it. */
  #publish(key: Uint8Array): Topic | undefined {
    if (this.#receiver === undefined) return undefined
    try {
      return this.#topics.change(key, (topic) => (topic.isPublished = true))
    } catch {
      return undefined
    }
  }

  async #send(key: Uint8Array, data: Uint8Array, topic: Topic | undefined): Promise<void> {
    const name = topicFromKey(key)
    if (this.#pubsub.getSubscribers(name).length === 0) throw noPeers(key)
    try {
      await this.#pubsub.publish(name, data)
    } catch (cause) {
      throw new RecordError('ROUTING_FAILED', 'the record could not be published on its topic', { key, cause })
    }
    this.#seen(topic)
  }

  /** The verdict on a message of a topic. Never rejects: gossipsub would ignore the message too. */
  async #validate(topic: Topic, peer: Libp2pPeerId, data: Uint8Array): Promise<TopicVerdict> {
    const verdict = await this.#receive(topic, peer, data).catch(() => undefined)
    if (verdict === 'accept') return (await topic.forwarding.pass()) ? 'accept' : 'ignore'
    return verdict === 'reject' ? 'reject' : 'ignore'
  }

  /** Passes the value of a peer to the receiver, when its turn comes. `undefined` when it is dropped unread. */
  async #receive(topic: Topic, peer: Libp2pPeerId, value: Uint8Array): Promise<TopicVerdict | 'seen' | undefined> {
    const { groupOf, budget, measure } = this.#options
    const { signal } = this.#started
    const receiver = this.#receiver
    const sender = peer.toMultihash().bytes
    const group = groupOf(sender)
    if (receiver === undefined || !topic.isJoined || budget.isEmpty(sender, group)) return undefined
    return this.#queue.add(topic.name, mapKey(group), value.length, async () => {
      // the budget may have been spent while the message waited
      if (budget.isEmpty(sender, group)) return 'ignore'
      const started = measure()
      // an author who publishes more often than once a second uses the budget, too
      const isDue = topic.forwarding.isOpen
      const { status } = await receiver.receive(topic.key, value, { sender, group, signal })
      if (status === 'stored' || status === 'refreshed') this.#seen(topic)
      if (status === 'stored' && isDue) return 'accept'
      const isVerified = status !== 'refreshed' && status !== 'stale'
      const work = isVerified ? Math.min(measure() - started, maxWork) : 0
      budget.spend(sender, group, messageWork + work)
      return status === 'stored' ? 'accept' : status === 'rejected' ? 'reject' : 'ignore'
    })
  }

  /** The latest record of a topic was published, by this node or another: not again before an interval has passed, more or less. */
  #seen(topic: Topic | undefined): void {
    if (topic === undefined) return
    const { clock, rebroadcastInterval, random } = this.#options
    topic.due = clock() + nanosecondsOf(rebroadcastInterval * (0.75 + random() / 2))
  }

  readonly #onSubscriptionChange = ({ detail }: SubscriptionChange): void => {
    for (const { topic: name, subscribe } of detail.subscriptions) {
      const topic = subscribe ? this.#topics.named(name) : undefined
      if (topic !== undefined) this.#fetches.add(topic, detail.peerId, this.#started.signal)
    }
  }

  #schedule(tick: number): void {
    const delay = this.#options.rebroadcastInterval / ticks
    if (delay === Number.POSITIVE_INFINITY) return
    const run = async (): Promise<void> => {
      if (tick % ticks === 0) await this.#readPublished().catch(() => undefined)
      await this.#rebroadcast()
      if (!this.#started.signal.aborted) this.#schedule(tick + 1)
    }
    this.#cancel = this.#options.setTimer(() => this.#inBackground(run()), Math.min(delay, maxTimer))
  }

  /** Publishes the records of ours that no peer has published for an interval. */
  async #rebroadcast(): Promise<void> {
    const { clock, rebroadcastInterval } = this.#options
    const latest = clock() + nanosecondsOf(rebroadcastInterval * 2)
    for (const topic of this.#topics.published) {
      // due too late: the clock was set back
      if (topic.due > clock() && topic.due < latest) continue
      this.#seen(topic)
      const record = await this.#receiver?.getForPeers(topic.key).catch(() => undefined)
      if (record === undefined || !topic.isPublished || !(await topic.forwarding.pass())) continue
      await this.#send(topic.key, record.value, topic).catch(() => undefined)
    }
  }

  /** Joins the topics of what the receiver publishes, as many as there may be, and leaves those of what it does not publish any more. */
  async #readPublished(): Promise<void> {
    const { signal } = this.#started
    const before = this.#topics.published
    const names = new Set<string>()
    for await (const key of this.#receiver?.publishedKeys({ signal }) ?? []) {
      if (signal.aborted) return
      const topic = this.#publish(key)
      if (topic === undefined) break
      names.add(topic.name)
    }
    // what was published meanwhile is not among them
    for (const topic of before) if (!names.has(topic.name)) this.unpublished(topic.key)
  }

  /** At most three of the peers on a topic, at random: all of them could be malicious. */
  #someSubscribers(name: string): Libp2pPeerId[] {
    const peers = this.#pubsub.getSubscribers(name)
    const some: Libp2pPeerId[] = []
    while (some.length < askedPeers && peers.length > 0)
      some.push(...peers.splice(Math.floor(this.#options.random() * peers.length), 1))
    return some
  }

  #inBackground(work: Promise<unknown>): void {
    const running = work.catch(() => undefined).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }
}

function noPeers(key: Uint8Array): RecordError {
  return new RecordError('NO_PEERS', 'no peer is subscribed to the topic of the key', { key })
}
