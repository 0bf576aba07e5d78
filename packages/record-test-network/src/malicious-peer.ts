import { systemClock, systemTimer } from '@recordkit/record-types'
import type { Clock, SetTimer } from '@recordkit/record-types'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { answeredRecord, encodeDhtMessage, messageTypes, readKademliaMessages } from './dht-message.ts'
import type { DhtMessage } from './dht-message.ts'

/**
 * How a peer misbehaves. Each answers look-ups of peers and pings, so that it stays in routing tables.
 *
 * - `stale`: answers a get with what it was given, and acknowledges a put without keeping it
 * - `refusing`: the same get; resets a put, and so a correction, too
 * - `echoing`: the same get; acknowledges a put with another value
 * - `wrong-key`: what it was given, in a record that names another key
 * - `garbage`: bytes that are no record of any kind
 * - `oversize`: a value of 1 MiB
 * - `slow`: the same as `stale`, each answer after `delay`
 * - `silent`: takes gets and puts and says nothing
 * - `flooding`: announces 1 GiB and sends for as long as it is listened to, 16 MiB at most
 * - `leaving`: cuts the connection when it is asked
 */
export type MaliciousBehaviour =
  | 'stale'
  | 'refusing'
  | 'echoing'
  | 'wrong-key'
  | 'garbage'
  | 'oversize'
  | 'slow'
  | 'silent'
  | 'flooding'
  | 'leaving'

export interface MaliciousPeerOptions {
  /** ms before a slow peer answers; 300 when absent */
  readonly delay?: number | undefined
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
}

/** A libp2p node that speaks Kademlia's protocol as its behaviour says. */
export class MaliciousPeer {
  readonly libp2p: Libp2p
  readonly behaviour: MaliciousBehaviour
  /** what it answers a get with, where its behaviour is to answer; set by the test, as the kit cannot sign */
  respondWith: (key: Uint8Array) => Uint8Array | undefined = () => undefined
  /** messages that came in, by the specification's names */
  readonly requestCounts: Map<string, number> = new Map()
  readonly #options: MaliciousPeerOptions

  constructor(libp2p: Libp2p, behaviour: MaliciousBehaviour, options: MaliciousPeerOptions = {}) {
    this.libp2p = libp2p
    this.behaviour = behaviour
    this.#options = options
  }

  /** Begins to speak the protocol. */
  async serve(protocol: string): Promise<void> {
    const speak = async (stream: Stream, connection: Connection): Promise<void> => {
      try {
        for await (const message of readKademliaMessages(stream)) await this.#answer(message, stream, connection)
        await stream.close()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error('failed'))
      }
    }
    await this.libp2p.handle(protocol, speak)
  }

  async #answer(message: DhtMessage, stream: Stream, connection: Connection): Promise<void> {
    const name = messageTypes[message.type] ?? 'UNKNOWN'
    this.requestCounts.set(name, (this.requestCounts.get(name) ?? 0) + 1)
    if (name !== 'GET_VALUE' && name !== 'PUT_VALUE') {
      send(stream, message)
      return
    }
    if (this.behaviour === 'silent') return
    if (this.behaviour === 'leaving') {
      connection.abort(new Error('gone'))
      return
    }
    if (this.behaviour === 'flooding') {
      await flood(stream)
      return
    }
    if (this.behaviour === 'slow') await this.#wait()
    if (name === 'PUT_VALUE') this.#answerPut(message, stream)
    else send(stream, { ...message, ...this.#record(message.key) })
  }

  #answerPut(message: DhtMessage, stream: Stream): void {
    if (this.behaviour === 'refusing') stream.abort(new Error('no'))
    else if (this.behaviour !== 'echoing') send(stream, message)
    else send(stream, { ...message, record: answeredRecord(message.key, Uint8Array.of(0), this.#now()) })
  }

  #record(key: Uint8Array): { readonly record?: Uint8Array | undefined } {
    const value = this.#value(key)
    if (value === undefined) return {}
    const named = this.behaviour === 'wrong-key' ? Uint8Array.of(...key, 0x21) : key
    return { record: answeredRecord(named, value, this.#now()) }
  }

  #value(key: Uint8Array): Uint8Array | undefined {
    if (this.behaviour === 'garbage') return crypto.getRandomValues(new Uint8Array(200))
    if (this.behaviour === 'oversize') return new Uint8Array(1 << 20)
    return this.respondWith(key)
  }

  #now(): bigint {
    return (this.#options.clock ?? systemClock)()
  }

  #wait(): Promise<void> {
    const { setTimer = systemTimer, delay = 300 } = this.#options
    return new Promise((resolve) => {
      setTimer(resolve, delay)
    })
  }
}

function send(stream: Stream, message: DhtMessage): void {
  stream.send(encodeDhtMessage(message))
}

async function flood(stream: Stream): Promise<void> {
  // the varint of 2^30
  stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04))
  const chunk = new Uint8Array(65_536)
  for (let sent = 0; sent < 256 && stream.status === 'open'; sent++) {
    if (!stream.send(chunk)) await stream.onDrain()
  }
}
