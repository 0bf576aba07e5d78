import { checkOptions, checkPart } from '@recordkit/record-types/internal'
import { RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { Clock, SetTimer } from '@recordkit/record-types'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { answeredRecord, encodeDhtMessage, messageTypes, readKademliaMessages } from './dht-message.ts'
import type { DhtMessage } from './dht-message.ts'
import { shown } from './create-test-node.ts'

/**
 * How a peer misbehaves. Every malicious peer answers peer lookups and pings, so that it stays in routing tables.
 *
 * - `stale`: answers a get with the value of `respondWith`, and acknowledges a put without storing it
 * - `refusing`: like `stale` for a get; resets the stream of a put
 * - `echoing`: like `stale` for a get; acknowledges a put with another value
 * - `wrong-key`: answers a get with the value of `respondWith` in a record for another key
 * - `garbage`: answers a get with random bytes
 * - `oversize`: answers a get with a value of 1 MiB
 * - `slow`: like `stale`, after `delay`
 * - `silent`: reads gets and puts and does not respond
 * - `flooding`: announces a message of 1 GiB and sends up to 16 MiB
 * - `leaving`: closes the connection on a get or put
 */
export type MaliciousBehaviour = (typeof behaviours)[number]

const behaviours = [
  'stale',
  'refusing',
  'echoing',
  'wrong-key',
  'garbage',
  'oversize',
  'slow',
  'silent',
  'flooding',
  'leaving'
] as const

/** Options of {@link MaliciousPeer}. */
export interface MaliciousPeerOptions {
  /** ms before a `slow` peer responds. @default 300 */
  readonly delay?: number | undefined
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
}

/**
 * A libp2p node that speaks the Kademlia protocol with a malicious behaviour.
 *
 * @example
 * ```ts
 * const peer = new MaliciousPeer(await createTestNode(), 'stale')
 * peer.respondWith = () => olderRecord
 * await peer.serve('/recordkit/test/kad/1.0.0')
 * ```
 */
export class MaliciousPeer {
  readonly libp2p: Libp2p
  readonly behaviour: MaliciousBehaviour
  /** Returns the value for a get. Set by the test, as this package cannot sign records. */
  respondWith: (key: Uint8Array) => Uint8Array | undefined = () => undefined
  /** number of received messages by type, with the names in the specification */
  readonly requestCounts: Map<string, number> = new Map()
  readonly #options: MaliciousPeerOptions

  /** @throws RecordError `INVALID_ARGUMENT` naming the argument */
  constructor(libp2p: Libp2p, behaviour: MaliciousBehaviour, options: MaliciousPeerOptions = {}) {
    checkPart(libp2p, 'libp2p', ['handle', 'dial'], 'a started node, such as `await createTestNode()`,')
    checkBehaviour(behaviour, 'behaviour')
    checkOptions(options, { delay: 0, clock: 0, setTimer: 0 })
    checkDelay(options.delay)
    this.libp2p = libp2p
    this.behaviour = behaviour
    this.#options = options
  }

  /** Starts to serve a protocol. */
  async serve(protocol: string): Promise<void> {
    const handle = async (stream: Stream, connection: Connection): Promise<void> => {
      try {
        for await (const message of readKademliaMessages(stream)) await this.#answer(message, stream, connection)
        await stream.close()
      } catch (error) {
        stream.abort(error instanceof Error ? error : new Error(String(error)))
      }
    }
    await this.libp2p.handle(protocol, handle)
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
      connection.abort(new Error('malicious peer: leaving'))
      return
    }
    if (this.behaviour === 'flooding') {
      await flood(stream)
      return
    }
    if (this.behaviour === 'slow') await this.#wait()
    if (name === 'PUT_VALUE') this.#answerPut(message, stream)
    else send(stream, { ...message, record: this.#record(message.key) ?? message.record })
  }

  #answerPut(message: DhtMessage, stream: Stream): void {
    if (this.behaviour === 'refusing') stream.abort(new Error('malicious peer: refusing'))
    else if (this.behaviour !== 'echoing') send(stream, message)
    else send(stream, { ...message, record: answeredRecord(message.key, Uint8Array.of(0), this.#now()) })
  }

  /** The encoded record that answers a get, or `undefined`. */
  #record(key: Uint8Array): Uint8Array | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    const recordKey = this.behaviour === 'wrong-key' ? Uint8Array.of(...key, 0x21) : key
    return answeredRecord(recordKey, value, this.#now())
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

/** @throws RecordError `INVALID_ARGUMENT` naming the argument */
export function checkBehaviour(behaviour: unknown, name: string): void {
  if (behaviours.includes(behaviour as MaliciousBehaviour)) return
  throw new RecordError('INVALID_ARGUMENT', `${name} is ${shown(behaviour)}; expected one of: ${behaviours.join(', ')}`)
}

/** @throws RecordError `INVALID_ARGUMENT` */
export function checkDelay(delay: number | undefined): void {
  if (delay === undefined || (Number.isFinite(delay) && delay >= 0)) return
  throw new RecordError('INVALID_ARGUMENT', `delay is ${shown(delay)}; a number of milliseconds is expected`)
}

function send(stream: Stream, message: DhtMessage): void {
  stream.send(encodeDhtMessage(message))
}

async function flood(stream: Stream): Promise<void> {
  // the length prefix of a message of 1 GiB
  stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04))
  const chunk = new Uint8Array(65_536)
  for (let sent = 0; sent < 256 && stream.status === 'open'; sent++) {
    if (!stream.send(chunk)) await stream.onDrain()
  }
}
