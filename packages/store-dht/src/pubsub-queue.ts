/** bytes that a message takes besides its data */
const overhead = 512

/** Bounds of {@link MessageQueue}. */
export interface MessageQueueOptions {
  /** maximum number of topics whose messages are verified at the same time: one message of each */
  readonly concurrency: number
  /** maximum number of messages that wait */
  readonly maxMessages: number
  /** maximum size of the messages that wait, in bytes */
  readonly maxBytes: number
}

interface Waiting<Result> {
  readonly topic: string
  readonly sender: string
  readonly size: number
  readonly work: () => Promise<Result>
  readonly resolve: (result: Promise<Result> | undefined) => void
}

/**
 * The messages that wait to be verified. Of each sender the latest message of each topic waits; senders take turns, and so do topics.
 * When the queue is full, the sender of which most is waiting loses its oldest message: a flood displaces nothing but itself.
 */
export class MessageQueue<Result> {
  readonly #options: MessageQueueOptions
  readonly #running = new Map<string, Promise<Result>>()
  /** by topic and sender */
  readonly #waiting = new Map<string, Map<string, Waiting<Result>>>()
  readonly #ofSender = new Map<string, Set<Waiting<Result>>>()
  #size = 0
  #bytes = 0

  constructor(options: MessageQueueOptions) {
    this.#options = options
  }

  /** Number of messages that wait. */
  get size(): number {
    return this.#size
  }

  /**
   * Verifies a message when its turn comes.
   *
   * @param size - size of the message in bytes
   * @returns the result of `work`; `undefined` when the message was dropped
   */
  async add(topic: string, sender: string, size: number, work: () => Promise<Result>): Promise<Result | undefined> {
    if (!this.#running.has(topic) && this.#running.size < this.#options.concurrency) return this.#run(topic, work)
    return new Promise<Result | undefined>((resolve) => {
      this.#insert({ topic, sender, size: size + overhead, work, resolve })
    })
  }

  /** Drops all messages that wait. */
  clear(): void {
    for (const senders of this.#waiting.values()) for (const message of senders.values()) this.#drop(message)
  }

  /** Resolves when the messages that are being verified have been. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }

  #insert(message: Waiting<Result>): void {
    const { topic, sender, size } = message
    const senders = this.#waiting.get(topic) ?? new Map<string, Waiting<Result>>()
    this.#waiting.set(topic, senders)
    const earlier = senders.get(sender)
    // in its place: a sender that sends again does not lose its turn
    senders.set(sender, message)
    this.#ofSender.set(sender, (this.#ofSender.get(sender) ?? new Set()).add(message))
    this.#size++
    this.#bytes += size
    if (earlier !== undefined) {
      this.#forget(earlier)
      earlier.resolve(undefined)
    }
    while (this.#size > this.#options.maxMessages || this.#bytes > this.#options.maxBytes) this.#dropLargest()
  }

  /** Drops the oldest message of the sender of which most is waiting. */
  #dropLargest(): void {
    let largest: Iterable<Waiting<Result>> = []
    let most = -1
    for (const messages of this.#ofSender.values()) {
      let bytes = 0
      for (const { size } of messages) bytes += size
      if (bytes <= most) continue
      most = bytes
      largest = messages
    }
    for (const message of largest) return this.#drop(message)
  }

  #drop(message: Waiting<Result>): void {
    this.#remove(message)
    message.resolve(undefined)
  }

  #remove(message: Waiting<Result>): void {
    const senders = this.#waiting.get(message.topic)
    senders?.delete(message.sender)
    if (senders?.size === 0) this.#waiting.delete(message.topic)
    this.#forget(message)
  }

  #forget(message: Waiting<Result>): void {
    const messages = this.#ofSender.get(message.sender)
    messages?.delete(message)
    if (messages?.size === 0) this.#ofSender.delete(message.sender)
    this.#size--
    this.#bytes -= message.size
  }

  async #run(topic: string, work: () => Promise<Result>): Promise<Result> {
    const running = work()
    this.#running.set(topic, running)
    try {
      return await running
    } finally {
      this.#running.delete(topic)
      this.#next()
    }
  }

  /** Starts what can start. */
  #next(): void {
    for (const [topic, senders] of this.#waiting) {
      if (this.#running.size >= this.#options.concurrency) return
      if (this.#running.has(topic)) continue
      for (const message of senders.values()) {
        this.#remove(message)
        // the other topics are next
        if (this.#waiting.delete(topic)) this.#waiting.set(topic, senders)
        message.resolve(this.#run(topic, message.work))
        break
      }
    }
  }
}
