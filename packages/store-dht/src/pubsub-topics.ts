import { copyBytes, RecordError } from '@recordkit/record-types'
import type { Clock, SetTimer } from '@recordkit/record-types'
import { ForwardLimit } from './pubsub-forward-limit.ts'
import { topicFromKey } from './pubsub-topic.ts'
import type { Topic } from './pubsub-topic.ts'
import type { Pubsub, TopicValidator } from './pubsub-types.ts'

/** Options of {@link Topics}. */
export interface TopicsOptions {
  readonly pubsub: Pubsub
  readonly maxTopics: number
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** the validator of a topic */
  readonly validatorOf: (topic: Topic) => TopicValidator
  /** called when a topic was joined */
  readonly onJoin: (topic: Topic) => void
}

/** The topics of the keys that this node watches or publishes, joined while it runs. */
export class Topics {
  readonly #options: TopicsOptions
  readonly #topics = new Map<string, Topic>()
  #isRunning = false

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#topics.size
  }

  /** The topic of a key, if it is watched or published. */
  find(key: Uint8Array): Topic | undefined {
    return this.#topics.get(topicFromKey(key))
  }

  named(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  /** The topics of the keys that are published. */
  get published(): Topic[] {
    return [...this.#topics.values()].filter(({ isPublished }) => isPublished)
  }

  /**
   * Changes the reasons for which a topic exists. It is joined when there is the first one, and left after the last one.
   *
   * @returns the topic; `undefined` when there is no reason for it
   * @throws RecordError `QUOTA` when there are too many topics; `ROUTING_FAILED` when it could not be joined
   */
  change(key: Uint8Array, change: (topic: Topic) => void): Topic | undefined {
    const topic = this.find(key) ?? this.#create(key)
    change(topic)
    if (topic.watchers === 0 && !topic.isPublished) {
      this.#topics.delete(topic.name)
      this.#leave(topic)
      return undefined
    }
    const isNew = !this.#topics.has(topic.name)
    if (isNew) {
      const { maxTopics } = this.#options
      if (this.#topics.size >= maxTopics)
        throw new RecordError('QUOTA', `${maxTopics} topics are subscribed; the limit is the option maxTopics`, {
          key,
          limit: maxTopics
        })
      this.#topics.set(topic.name, topic)
    }
    try {
      if (this.#isRunning) this.#join(topic)
    } catch (cause) {
      if (isNew) this.#topics.delete(topic.name)
      throw new RecordError('ROUTING_FAILED', 'the topic of the key could not be joined', { key, cause })
    }
    return topic
  }

  /** Joins all topics. @throws RecordError `ROUTING_FAILED` */
  start(): void {
    this.#isRunning = true
    for (const topic of this.#topics.values()) this.change(topic.key, () => {})
  }

  /** Leaves all topics. Those that are watched are joined again at the next start. */
  stop(): void {
    this.#isRunning = false
    for (const topic of this.#topics.values()) {
      this.#leave(topic)
      topic.isPublished = false
      if (topic.watchers === 0) this.#topics.delete(topic.name)
    }
  }

  #create(key: Uint8Array): Topic {
    const { clock, setTimer } = this.#options
    const forwarding = new ForwardLimit(clock, setTimer)
    return {
      key: copyBytes(key),
      name: topicFromKey(key),
      forwarding,
      watchers: 0,
      isPublished: false,
      isJoined: false,
      due: clock()
    }
  }

  #join(topic: Topic): void {
    if (topic.isJoined) return
    const { pubsub, validatorOf, onJoin } = this.#options
    // before the subscription: no message is forwarded unread
    pubsub.topicValidators.set(
      topic.name,
      validatorOf(topic) as (...parameters: Parameters<TopicValidator>) => Promise<never>
    )
    topic.isJoined = true
    try {
      pubsub.subscribe(topic.name)
    } catch (error) {
      topic.isJoined = false
      pubsub.topicValidators.delete(topic.name)
      throw error
    }
    onJoin(topic)
  }

  #leave(topic: Topic): void {
    topic.forwarding.end()
    if (!topic.isJoined) return
    topic.isJoined = false
    const { pubsub } = this.#options
    pubsub.topicValidators.delete(topic.name)
    try {
      pubsub.unsubscribe(topic.name)
    } catch {
      // a service that has stopped has left all topics
    }
  }
}
