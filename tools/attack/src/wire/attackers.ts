// The process of the attackers: sends messages as fast as it can or at a given rate. It ends with its parent process; every
// attack also ends by its own limits.
import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createTestNode } from '@recordkit/record-test-network'
import { serve } from '../soak/calls.ts'
import type { AttackerCalls, AttackSetup, Order } from './orders.ts'

/** ms in which a stream must be opened and answered */
const timeout = 3_000
/** ms that an attacker waits after it was refused */
const pause = 20

const { attackers } = JSON.parse(process.argv[2] ?? '{}') as { readonly attackers: number }
const peers: Libp2p[] = await Promise.all(Array.from({ length: attackers }, async () => createTestNode()))
let setup: AttackSetup = { targets: [], protocol: '', messages: [] }
let halt = (): void => undefined
let tried = (): number => 0

/** A running attack: counts its messages and decides when the next one is due. */
class RunningAttack {
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

  /** The number of the next message, once it is due; `undefined` when the attack is over. */
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
  const signal = AbortSignal.timeout(timeout)
  const stream = await peer.dialProtocol(multiaddr(target), setup.protocol, { signal })
  signal.addEventListener('abort', () => stream.abort(new Error('no answer within 3 s')), { once: true })
  return stream
}

/** Dials until the node accepts: it accepts only a few connections per second from one address. */
async function connect(peer: Libp2p, target: string, attempts = 10): Promise<boolean> {
  try {
    await peer.dial(multiaddr(target))
    return true
  } catch {
    await sleep(500)
    return attempts > 1 && connect(peer, target, attempts - 1)
  }
}

/** ms of work at a time while idling */
const slice = 10
const heap = new Map<number, object>()

/** Keeps a core and its caches busy for about this time. @returns the CPU time, ms */
function work(milliseconds: number): number {
  const start = process.cpuUsage()
  for (let done = 0; ;) {
    for (let item = 0; item < 1000; item++) heap.set(Math.floor(Math.random() * 50_000), { item })
    const { user, system } = process.cpuUsage(start)
    done = (user + system) / 1000
    if (done >= milliseconds) return done
  }
}

const targetOf = (number: number): string => setup.targets[number % setup.targets.length] as string
const messageOf = (number: number): Uint8Array => setup.messages[number % setup.messages.length] as Uint8Array

/** Each message on a stream of its own. */
async function streams(worker: Worker): Promise<void> {
  const { attack } = worker
  for (let number = await attack.next(); number !== undefined; number = await attack.next()) {
    const stream = await open(worker.peer, targetOf(number)).catch(async () => worker.refused())
    if (stream === undefined) continue
    try {
      stream.send(messageOf(number))
      attack.sent++
      await stream.close()
      for await (const _ of stream) {
        attack.answered++
        break
      }
    } catch {
      // the node resets the stream, as it should
    } finally {
      stream.abort(new Error('done'))
    }
  }
}

/** Messages on streams that stay open, each after the answer to the previous one. */
async function oneStream(worker: Worker): Promise<void> {
  const { attack } = worker
  while (attack.going) {
    try {
      const first = await attack.next()
      if (first === undefined) return
      const stream = await worker.peer.dialProtocol(multiaddr(targetOf(first)), setup.protocol)
      try {
        stream.send(messageOf(first))
        attack.sent++
        for await (const _ of stream) {
          attack.answered++
          const number = await attack.next()
          if (number === undefined) return
          stream.send(messageOf(number))
          attack.sent++
        }
      } finally {
        stream.abort(new Error('done'))
      }
    } catch {
      await worker.refused()
    }
  }
}

/** Streams that send one message and stay open until the end. */
async function hanging(worker: Worker): Promise<void> {
  const { attack } = worker
  const waiting: Stream[] = []
  for (let number = await attack.next(); number !== undefined; number = await attack.next()) {
    try {
      const stream = await worker.peer.dialProtocol(multiaddr(targetOf(number)), setup.protocol)
      stream.send(messageOf(number))
      attack.sent++
      waiting.push(stream)
    } catch {
      await worker.refused()
    }
  }
  for (const stream of waiting) stream.abort(new Error('done'))
}

const manners = { streams, 'one-stream': oneStream, hanging }

/** Sends the messages of one attacker, one at a time. */
class Worker {
  readonly attack: RunningAttack
  readonly #index: number
  readonly #newIdentities: boolean

  constructor(attack: RunningAttack, index: number, newIdentities: boolean) {
    this.attack = attack
    this.#index = index
    this.#newIdentities = newIdentities
  }

  get peer(): Libp2p {
    return peers[this.#index] as Libp2p
  }

  /** Waits; when the connection is gone and new identities are allowed, replaces the attacker by one with a new identity. */
  async refused(): Promise<undefined> {
    const { peer } = this
    await sleep(pause)
    if (!this.#newIdentities || peer.getConnections().length > 0) return
    const other = await createTestNode()
    // another worker of this attacker may have replaced it meanwhile
    const gone = this.peer === peer ? peer : other
    if (gone === peer) peers[this.#index] = other
    await gone.stop()
  }
}

const calls: AttackerCalls = {
  async prepare(given) {
    setup = given
    const dials = await Promise.all(peers.flatMap((peer) => setup.targets.map(async (target) => connect(peer, target))))
    return dials.filter(Boolean).length
  },
  async attack(order) {
    const attack = new RunningAttack(order)
    tried = () => attack.tried
    const over = new Promise<void>((resolve) => {
      halt = () => {
        attack.stop()
        resolve()
      }
    })
    // an attack whose messages are never answered ends all the same
    const workers = peers.flatMap((_peer, index) =>
      Array.from({ length: order.concurrency ?? 8 }, async () =>
        manners[order.manner](new Worker(attack, index, order.newIdentities ?? false))
      )
    )
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    await Promise.race([Promise.all(workers), over.then(async () => sleep(200)), sleep(order.milliseconds + 200)])
    attack.stop()
    const { user, system } = process.cpuUsage(cpu)
    const duty = Math.min(1, (user + system) / 1000 / (performance.now() - start))
    const { sent, answered } = attack
    return { tried: attack.tried, sent, answered, duty }
  },
  async tried() {
    return tried()
  },
  async idle({ duty, milliseconds }) {
    const end = performance.now() + milliseconds
    let going = true
    halt = () => {
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
    halt()
    return peers.length
  }
}
serve(calls)
