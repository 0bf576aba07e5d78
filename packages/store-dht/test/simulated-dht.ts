import { encodeRecord, encodeUvarint } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently, writeFields } from '@recordkit/record-codec/protobuf'
import { FakeTimers } from '@recordkit/record-conformance'
import { compareBytes } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting } from '@recordkit/record-types'
import { raceAbort } from '@recordkit/record-types/internal'
import { kadDhtRouting } from '@recordkit/store-dht/libp2p'
import type { ByteStream, KadDht, KadDhtRoutingOptions } from '@recordkit/store-dht/libp2p'

type Event = Readonly<Record<string, unknown>>

/** A peer of a simulated DHT. */
export class SimulatedPeer {
  readonly number: number
  readonly bytes: Uint8Array
  /** what it does with PUT_VALUE */
  behaviour: 'stores' | 'refuses' | 'is silent' = 'stores'
  /** the first byte of each value that it received */
  readonly received: number[] = []

  constructor(number: number) {
    this.number = number
    this.bytes = Uint8Array.of(0, 2, number >> 8, number & 255)
  }

  toMultihash(): { readonly bytes: Uint8Array } {
    return { bytes: this.bytes }
  }

  /** A stream that receives one PUT_VALUE. */
  stream(): ByteStream {
    let respond: (response: Uint8Array | Error) => void = () => undefined
    const response = new Promise<Uint8Array | Error>((resolve) => (respond = resolve))
    return {
      send: (bytes) => {
        const fields = readFieldsLeniently(bytes.subarray(1), 10_000, 'message', [18, 26])
        const [key, record] = [readBytes(fields, 0), readBytes(fields, 1)]
        if (key === undefined || record === undefined) throw new Error('the message is not a PUT_VALUE')
        const value = readBytes(readFieldsLeniently(record, 10_000, 'record', [18]), 0) as Uint8Array
        this.received.push(value[0] as number)
        const body = writeFields([18, key, 26, encodeRecord({ key, value })])
        if (this.behaviour === 'stores') respond(Uint8Array.of(...encodeUvarint(BigInt(body.length)), ...body))
        if (this.behaviour === 'refuses') respond(new Error('reset'))
        return true
      },
      close: async () => undefined,
      abort: respond,
      async *[Symbol.asyncIterator]() {
        const chunk = await response
        if (chunk instanceof Error) throw chunk
        yield chunk
      }
    }
  }
}

const ids = new Map<string, Promise<Uint8Array>>()

function idOf(bytes: Uint8Array): Promise<Uint8Array> {
  const name = bytes.toString()
  const id =
    ids.get(name) ?? crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)).then((hash) => new Uint8Array(hash))
  ids.set(name, id)
  return id
}

/** The peers, the closest to a key first. */
export async function byDistance(peers: readonly SimulatedPeer[], key: Uint8Array): Promise<SimulatedPeer[]> {
  const keyId = await idOf(key)
  const peerIds = await Promise.all(peers.map((peer) => idOf(peer.bytes)))
  const distances = peerIds.map((peerId) => peerId.map((byte, at) => byte ^ (keyId[at] as number)))
  const order = distances.map((distance, index) => ({ distance, peer: peers[index] as SimulatedPeer }))
  return order.toSorted((a, b) => compareBytes(a.distance, b.distance)).map(({ peer }) => peer)
}

/** A kad-dht whose walks emit what the test passes, and its peers. */
export class SimulatedDht {
  readonly time = new FakeTimers()
  readonly peers: readonly SimulatedPeer[]
  readonly routing: RecordRouting
  /** the routing table */
  readonly table = { size: 1 }
  /** number of walks that were started */
  walks = 0
  /** the signal of the latest walk */
  signal: AbortSignal | undefined
  /** the events of a walk; `undefined` ends it. Without it, walks find the 30 closest peers at once */
  next: ((key: Uint8Array) => Promise<Event | undefined>) | undefined

  constructor(count: number, options: KadDhtRoutingOptions = {}) {
    this.peers = Array.from({ length: count }, (_, number) => new SimulatedPeer(number))
    const dialer = {
      dialProtocol: async (peer: SimulatedPeer) => {
        const { bytes } = peer.toMultihash()
        return this.peers[(bytes[2] as number) * 256 + (bytes[3] as number)]?.stream()
      }
    }
    const { table } = this
    const dht = {
      routingTable: {
        get size() {
          return table.size
        }
      },
      put: () => {
        throw new Error('the put of kad-dht is not used')
      },
      getClosestPeers: (key: Uint8Array, { signal }: AbortOptions = {}) => this.#walk(key, signal)
    }
    const { clock, setTimer } = this.time
    this.routing = kadDhtRouting(dht as unknown as KadDht, {
      dialer: dialer as unknown as NonNullable<KadDhtRoutingOptions['dialer']>,
      clock,
      setTimer,
      ...options
    })
  }

  async *#walk(key: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Event> {
    this.walks++
    this.signal = signal
    if (this.next === undefined) {
      for (const peer of (await byDistance(this.peers, key)).slice(0, 30)) {
        yield dials(peer)
        yield answers(peer)
      }
      return
    }
    for (;;) {
      const event = await raceAbort(this.next(key), signal)
      if (event === undefined) return
      yield event
    }
  }
}

export const dials = (peer: SimulatedPeer): Event => ({ name: 'DIAL_PEER', peer, path: { index: 0 } })
export const answers = (peer: SimulatedPeer, closer: readonly SimulatedPeer[] = []): Event => ({
  name: 'PEER_RESPONSE',
  messageName: 'FIND_NODE',
  from: peer,
  closer: closer.map((id) => ({ id })),
  path: { index: 0 }
})
export const fails = (peer: SimulatedPeer): Event => ({
  name: 'QUERY_ERROR',
  from: peer,
  error: new Error('reset'),
  path: { index: 0 }
})

/** The events of a walk, which the test pushes one by one. `undefined` ends the walk. */
export class ScriptedWalk {
  readonly #events: (Event | undefined)[] = []
  #wake = (): void => undefined

  push(...events: (Event | undefined)[]): void {
    this.#events.push(...events)
    this.#wake()
  }

  readonly next = async (): Promise<Event | undefined> => {
    while (this.#events.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#events.shift()
  }
}
