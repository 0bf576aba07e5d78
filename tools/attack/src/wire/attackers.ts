// The process of the attackers: sends what it is armed with, as fast as it can or as it is told. It ends with the process
// that started it, and every strike by itself.
import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createTestNode } from '@recordkit/record-test-network'
import { serve } from '../soak/calls.ts'
import type { Arms, AttackerCalls, Order } from './orders.ts'

/** ms that a stream may take to be opened and answered */
const patience = 3_000
/** ms that an attacker waits who is not let in */
const pause = 20

const { attackers } = JSON.parse(process.argv[2] ?? '{}') as { readonly attackers: number }
const peers: Libp2p[] = await Promise.all(Array.from({ length: attackers }, async () => createTestNode()))
let arms: Arms = { targets: [], protocol: '', messages: [] }
let halted = (): void => undefined
let tried = (): number => 0

/** One strike: what has been sent, and whether and when the next message is due. */
class Strike {
  tried = 0
  sent = 0
  answered = 0
  #going = true
  readonly #order: Order
  readonly #start = performance.now()

  constructor(order: Order) {
    this.#order = order
  }

  get going(): boolean {
    return this.#going && this.tried < this.#order.count && performance.now() - this.#start < this.#order.milliseconds
  }

  stop(): void {
    this.#going = false
  }

  /** The number of the next message, once it is due. */
  async next(): Promise<number | undefined> {
    if (!this.going) return undefined
    const number = this.tried++
    const { rate } = this.#order
    if (rate === undefined) return number
    for (;;) {
      const early = (1000 * number) / rate - (performance.now() - this.#start)
      if (early <= 0) return number
      if (!this.#going) {
        this.tried--
        return undefined
      }
      await sleep(Math.min(early, 50))
    }
  }
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

async function open(peer: Libp2p, target: string): Promise<Stream> {
  const signal = AbortSignal.timeout(patience)
  const stream = await peer.dialProtocol(multiaddr(target), arms.protocol, { signal })
  signal.addEventListener('abort', () => stream.abort(new Error('too late')), { once: true })
  return stream
}

/** Dials until it is let in: a node takes a few connections a second of one address. */
async function reach(peer: Libp2p, target: string, attempts = 10): Promise<boolean> {
  try {
    await peer.dial(multiaddr(target))
    return true
  } catch {
    await sleep(500)
    return attempts > 1 && reach(peer, target, attempts - 1)
  }
}

/** ms that a busy process without a purpose is busy at a time */
const slice = 10
const heap = new Map<number, object>()

/** Keeps a core and its caches busy for about so many ms. @returns how many ms of CPU that was */
function work(milliseconds: number): number {
  const start = process.cpuUsage()
  for (let done = 0; ;) {
    for (let item = 0; item < 1000; item++) heap.set(Math.floor(Math.random() * 50_000), { item })
    const { user, system } = process.cpuUsage(start)
    done = (user + system) / 1000
    if (done >= milliseconds) return done
  }
}

const targetOf = (number: number): string => arms.targets[number % arms.targets.length] as string
const messageOf = (number: number): Uint8Array => arms.messages[number % arms.messages.length] as Uint8Array

/** Each message on a stream of its own. */
async function streams(lane: Lane): Promise<void> {
  const { strike } = lane
  for (let number = await strike.next(); number !== undefined; number = await strike.next()) {
    const stream = await open(lane.peer, targetOf(number)).catch(async () => lane.refused())
    if (stream === undefined) continue
    try {
      stream.send(messageOf(number))
      strike.sent++
      await stream.close()
      for await (const _ of stream) {
        strike.answered++
        break
      }
    } catch {
      // reset, as it should be
    } finally {
      stream.abort(new Error('done'))
    }
  }
}

/** Messages on streams that stay open, each after the answer to the last. */
async function oneStream(lane: Lane): Promise<void> {
  const { strike } = lane
  while (strike.going) {
    try {
      const first = await strike.next()
      if (first === undefined) return
      const stream = await lane.peer.dialProtocol(multiaddr(targetOf(first)), arms.protocol)
      try {
        stream.send(messageOf(first))
        strike.sent++
        for await (const _ of stream) {
          strike.answered++
          const number = await strike.next()
          if (number === undefined) return
          stream.send(messageOf(number))
          strike.sent++
        }
      } finally {
        stream.abort(new Error('done'))
      }
    } catch {
      await lane.refused()
    }
  }
}

/** Streams that are opened, say something, and wait until the end. */
async function hanging(lane: Lane): Promise<void> {
  const { strike } = lane
  const held: Stream[] = []
  for (let number = await strike.next(); number !== undefined; number = await strike.next()) {
    try {
      const stream = await lane.peer.dialProtocol(multiaddr(targetOf(number)), arms.protocol)
      stream.send(messageOf(number))
      strike.sent++
      held.push(stream)
    } catch {
      await lane.refused()
    }
  }
  for (const stream of held) stream.abort(new Error('done'))
}

const manners = { streams, 'one-stream': oneStream, hanging }

/** What one attacker does at a time. */
class Lane {
  readonly strike: Strike
  readonly #index: number
  readonly #fresh: boolean

  constructor(strike: Strike, index: number, fresh: boolean) {
    this.strike = strike
    this.#index = index
    this.#fresh = fresh
  }

  get peer(): Libp2p {
    return peers[this.#index] as Libp2p
  }

  /** Comes again as it is, after a moment, or as somebody else. */
  async refused(): Promise<undefined> {
    const { peer } = this
    await sleep(pause)
    if (!this.#fresh || peer.getConnections().length > 0) return
    const other = await createTestNode()
    // another lane of this attacker may have been faster
    const gone = this.peer === peer ? peer : other
    if (gone === peer) peers[this.#index] = other
    await gone.stop()
  }
}

const calls: AttackerCalls = {
  async arm(given) {
    arms = given
    const dials = await Promise.all(peers.flatMap((peer) => arms.targets.map(async (target) => reach(peer, target))))
    return dials.filter(Boolean).length
  },
  async strike(order) {
    const strike = new Strike(order)
    tried = () => strike.tried
    const over = new Promise<void>((resolve) => {
      halted = () => {
        strike.stop()
        resolve()
      }
    })
    // a strike that hangs on what is never answered is over all the same
    const lanes = peers.flatMap((_peer, index) =>
      Array.from({ length: order.lanes ?? 8 }, async () =>
        manners[order.manner](new Lane(strike, index, order.fresh ?? false))
      )
    )
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    await Promise.race([Promise.all(lanes), over.then(async () => sleep(200)), sleep(order.milliseconds + 200)])
    strike.stop()
    const { user, system } = process.cpuUsage(cpu)
    const duty = Math.min(1, (user + system) / 1000 / (performance.now() - start))
    const { sent, answered } = strike
    return { tried: strike.tried, sent, answered, duty }
  },
  async tried() {
    return tried()
  },
  async idle({ duty, milliseconds }) {
    const end = performance.now() + milliseconds
    let going = true
    halted = () => {
      going = false
    }
    let slices = 0
    for (; going && performance.now() < end; slices++) {
      const worked = work(slice * duty)
      await sleep(worked * (1 / duty - 1))
    }
    return slices
  },
  async halt() {
    halted()
    return peers.length
  }
}
serve(calls)
