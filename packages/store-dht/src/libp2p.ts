import {
  copyBytes,
  equalBytes,
  isRecordError,
  limits,
  RecordError,
  systemClock,
  systemTimer
} from '@recordkit/record-types'
import { BoundedMap, checkDuration, checkOptions, mapKey, nameOf } from '@recordkit/record-types/internal'
import type {
  Clock,
  PeerId,
  Provider,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  SetTimer
} from '@recordkit/record-types'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { copyPeerId } from './copied-peer-id.ts'
import { decodeMessage, getValueMessage } from './dht-message.ts'
import { walkToClosest } from './closest-walk.ts'
import { EclipseGuard } from './eclipse-guard.ts'
import { readFromKadDht } from './kad-dht-read.ts'
import { canAskPeers } from './kad-dht-walk.ts'
import { KnownRegions } from './known-regions.ts'
import { putValue } from './put-value.ts'
import { putToClosest } from './put-walk.ts'
import type { PutWalkParts } from './put-walk.ts'
import { sendRequest } from './rpc.ts'
import type { ProtocolDialer } from './rpc.ts'
import { signalOptions, waitForFirstPeer } from './wait-for-first-peer.ts'

export type { ByteStream, ProtocolDialer } from './rpc.ts'

/** The part of js-libp2p's kad-dht that is used: its public event streams. */
export type KadDht = Pick<KadDHT, 'get' | 'put'> &
  Partial<Pick<KadDHT, 'getClosestPeers' | 'provide' | 'cancelReprovide' | 'findProviders'>> & {
    /** number of peers that the DHT knows; without it the DHT is always asked, and may wait for a peer indefinitely */
    readonly routingTable?: { readonly size: number } | undefined
  }

export interface KadDhtRoutingOptions {
  /** opens a stream to one peer, as a libp2p node does; without it puts wait for every peer, stale copies are not repaired, and a peer
   * that refuses a put is not asked for its value */
  readonly dialer?: ProtocolDialer<Libp2pPeerId> | undefined
  /** protocol of the DHT. @default '/ipfs/kad/1.0.0' */
  readonly protocol?: string | undefined
  /**
   * ms for which a node with an empty routing table waits for its first peer before a call fails with `NO_PEERS`; 0 does not
   * wait, `Infinity` means no timeout. @default 5000
   */
  readonly firstPeerTimeout?: number | undefined
  /** measures how long peers take to answer. @default the clock of the platform */
  readonly clock?: Clock | undefined
  readonly setTimer?: SetTimer | undefined
  /** 0 to below 1; distributes the peers of the routing table over the paths of a read. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** maximum number of peers that `putToPeer` can address; the peer that answered longest ago is removed first */
const maxAddressablePeers = 1024
/** maximum number of providers that are read from the answer of one peer: a malicious peer names any number */
const maxProvidersPerAnswer = 20
/** the codec in the CID of provided content: kad-dht uses only the multihash of a CID */
const rawCodec = 0x55

/**
 * Js-libp2p's kad-dht as a routing.
 *
 * A get asks the peers itself, over the network of the DHT, and ends when the nearest have answered (see the README). With
 * `complete`, or with a DHT that cannot ask single peers, it is the `get` of kad-dht, which ends with corrections: after all answers it
 * sends the best value to stale peers, one after another, and throws when one refuses it. With a dialer the answers end before the corrections, because the reader repairs stale copies
 * itself; without a dialer the corrections run, and their errors are ignored. A value that the validators of kad-dht refuse
 * counts as an answer without value.
 *
 * An acknowledgement of `provide` means that the announcement was sent: the protocol has no response to it.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @see https://github.com/libp2p/js-libp2p/pull/3577
 * @example
 * ```ts
 * const routing = kadDhtRouting(libp2p.services.dht, { dialer: libp2p, protocol: '/my/kad/1.0.0' })
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function kadDhtRouting(dht: KadDht, options: KadDhtRoutingOptions = {}): RecordRouting {
  // a node instead of its service has `services`
  if (typeof dht !== 'object' || dht === null || 'services' in dht)
    throw new RecordError(
      'INVALID_ARGUMENT',
      `dht is ${nameOf(dht)}; the kad-dht service of a node, such as \`libp2p.services.dht\`, is expected`
    )
  checkOptions(options, { dialer: 0, protocol: 0, firstPeerTimeout: 0, clock: 0, setTimer: 0, random: 0 })
  const {
    dialer,
    protocol = '/ipfs/kad/1.0.0',
    firstPeerTimeout,
    clock = systemClock,
    setTimer = systemTimer,
    random = Math.random
  } = options
  const { routingTable } = dht
  const timeout = firstPeerTimeout === 0 ? 0 : checkDuration(firstPeerTimeout, 'firstPeerTimeout', 5000)
  const wait = { timeout, setTimer, routingTable }
  const addressable = new BoundedMap<string, Libp2pPeerId>(maxAddressablePeers)
  const bytesOf = (id: Libp2pPeerId): PeerId => {
    const bytes = copyBytes(id.toMultihash().bytes)
    if (dialer === undefined) return bytes
    const name = mapKey(bytes)
    const known = addressable.get(name) ?? copyPeerId(id)
    if (known !== undefined) addressable.set(name, known)
    return bytes
  }

  const guard = canAskPeers(dht)
    ? new EclipseGuard({ dht, clock, setTimer, random, tableSize: () => routingTable?.size ?? 0 })
    : undefined

  const routing: RecordRouting = {
    async *get(key, options) {
      // an empty table waits for its first peer, which the `get` of kad-dht does
      if (options?.complete !== true && guard !== undefined && canAskPeers(dht) && (routingTable?.size ?? 0) > 0) {
        options?.signal?.throwIfAborted()
        yield* readFromKadDht(dht, key, { ...options, clock, setTimer, random, bytesOf, guard })
        return
      }
      let answered = false
      try {
        for await (const event of waitForFirstPeer(wait, (abort) => dht.get(key, abort), options)) {
          if (dialer !== undefined && isCorrection(event)) return
          const answer = answerOf(event, bytesOf)
          if (answer === undefined) continue
          answered ||= !('error' in answer)
          yield answer
        }
      } catch (error) {
        options?.signal?.throwIfAborted()
        if (isRecordError(error, 'NO_PEERS')) throw error
        if (answered) return
        const isStarted = (dht as { readonly isStarted?: () => boolean }).isStarted?.() !== false
        const message = isStarted ? 'the DHT could not be asked' : 'the DHT is not started: start the node first'
        throw new RecordError('ROUTING_FAILED', message, { key, cause: error })
      }
    },

    put: (key, value, options) =>
      acknowledgements(
        waitForFirstPeer(wait, (abort) => dht.put(key, value, abort), options),
        'PUT_VALUE',
        bytesOf,
        value
      )
  }
  const { getClosestPeers } = dht
  if (dialer !== undefined && getClosestPeers !== undefined) {
    const findClosest: PutWalkParts['findClosest'] = (key, { signal, streams }) =>
      canAskPeers(dht) && (routingTable?.size ?? 0) > 0
        ? walkToClosest(dht, key, { dialer, protocol, streams, signal, clock, setTimer, random })
        : waitForFirstPeer(wait, (abort) => getClosestPeers.call(dht, key, abort), { signal })
    const walk = {
      findClosest,
      dialer,
      protocol,
      regions: new KnownRegions<Libp2pPeerId>(clock, () => routingTable?.size ?? 0),
      guard,
      clock,
      setTimer,
      bytesOf
    }
    routing.put = (key, value, options) => putToClosest(key, value, walk, options)
  }
  if (dialer !== undefined) {
    routing.putToPeer = async (peer, key, value, options = {}) => {
      const id = addressable.get(mapKey(peer))
      if (id === undefined) return { from: peer, status: 'refused', error: notAddressable(key) }
      return putValue({ dialer, protocol }, id, peer, { key, value }, options)
    }
    routing.getFromPeer = async (peer, key, options = {}) => {
      const id = addressable.get(mapKey(peer))
      if (id === undefined) return { from: peer, error: notAddressable(key) }
      try {
        const { record } = decodeMessage(
          await sendRequest(dialer, id, protocol, getValueMessage(key), options, limits.key + limits.value)
        )
        return record !== undefined && equalBytes(record.key, key)
          ? { from: peer, value: record.value }
          : { from: peer }
      } catch (error) {
        return { from: peer, error }
      }
    }
  }
  const { provide, cancelReprovide, findProviders } = dht
  if (provide !== undefined) {
    routing.provide = (multihash, options) =>
      acknowledgements(
        waitForFirstPeer(wait, (abort) => provide.call(dht, cidOf(multihash), abort), options),
        'ADD_PROVIDER',
        bytesOf
      )
  }
  if (cancelReprovide !== undefined)
    routing.cancelProvide = async (multihash, options = {}) =>
      cancelReprovide.call(dht, cidOf(multihash), signalOptions(options))
  if (findProviders !== undefined) {
    routing.findProviders = async function* (multihash, options = {}): AsyncGenerator<Provider> {
      const cid = cidOf(multihash)
      const events = waitForFirstPeer(wait, (abort) => findProviders.call(dht, cid, abort), options)
      let answered = false
      let failure: unknown
      for await (const event of events) {
        if (event.name === 'QUERY_ERROR') failure = event.error
        if (isProvidersAnswer(event)) {
          answered = true
          options.onAnswer?.(bytesOf(event.from))
        }
        if (event.name !== 'PROVIDER') continue
        for (const { id, multiaddrs } of event.providers.slice(0, maxProvidersPerAnswer)) {
          // not addressable: they were named, and did not answer
          yield { id: id.toMultihash().bytes, addresses: multiaddrs.map(({ bytes }) => bytes) }
        }
      }
      if (answered) return
      options.signal?.throwIfAborted()
      throw new RecordError('ROUTING_FAILED', 'no peer answered', { cause: failure })
    }
  }
  return routing
}

function notAddressable(key: Uint8Array): RecordError {
  return new RecordError('NO_PEERS', 'the peer cannot be addressed, because it did not answer recently', { key })
}

/** Whether kad-dht begins to correct stale peers: queries have a path index, corrections have -1. */
function isCorrection(event: QueryEvent): boolean {
  return event.name === 'DIAL_PEER' && event.path.index === -1
}

/** Whether a peer answered a search for providers. What the datastore of this node contains has the path index -1. */
function isProvidersAnswer(event: QueryEvent): event is Extract<QueryEvent, { name: 'PEER_RESPONSE' | 'PROVIDER' }> {
  const isAnswer =
    event.name === 'PROVIDER' || (event.name === 'PEER_RESPONSE' && event.messageName === 'GET_PROVIDERS')
  return isAnswer && event.path.index !== -1
}

function isEcho(record: { readonly value: Uint8Array } | undefined, value: Uint8Array): boolean {
  return record !== undefined && equalBytes(record.value, value)
}

function cidOf(multihash: Uint8Array): CID {
  return CID.createV1(rawCodec, decodeMultihash(new Uint8Array(multihash)))
}

function answerOf(event: QueryEvent, bytesOf: (id: Libp2pPeerId) => PeerId): RoutingAnswer | undefined {
  if (event.name === 'QUERY_ERROR') {
    const from = bytesOf(event.from)
    // the peer did answer, but the validators of kad-dht refused its value
    return event.error.name === 'QueryError' ? { from } : { from, error: event.error }
  }
  if (event.name !== 'PEER_RESPONSE' || event.messageName !== 'GET_VALUE') return undefined
  const from = bytesOf(event.from)
  return event.record === undefined ? { from } : { from, value: event.record.value }
}

/**
 * How the closest peers responded to a message. Kad-dht first looks these peers up and then dials them again for the message:
 * errors of the look-up are not responses to the message.
 *
 * @param value - the value that they echo
 */
async function* acknowledgements(
  events: AsyncIterable<QueryEvent>,
  messageName: 'PUT_VALUE' | 'ADD_PROVIDER',
  bytesOf: (id: Libp2pPeerId) => PeerId,
  value?: Uint8Array
): AsyncGenerator<RoutingAck> {
  const found = new Set<string>()
  const pending = new Set<string>()
  for await (const event of events) {
    if (event.name === 'DIAL_PEER') {
      const name = mapKey(event.peer.toMultihash().bytes)
      if (found.has(name)) pending.add(name)
    }
    if (event.name === 'SEND_QUERY' && event.messageName === messageName)
      pending.add(mapKey(event.to.toMultihash().bytes))
    if (event.name !== 'QUERY_ERROR' && event.name !== 'PEER_RESPONSE') continue
    const from = bytesOf(event.from)
    const name = mapKey(from)
    if (event.name === 'PEER_RESPONSE' && event.messageName === 'FIND_NODE') found.add(name)
    else if (pending.delete(name)) yield acknowledgementOf(event, from, value)
  }
}

function acknowledgementOf(
  event: Extract<QueryEvent, { name: 'QUERY_ERROR' | 'PEER_RESPONSE' }>,
  from: PeerId,
  value: Uint8Array | undefined
): RoutingAck {
  if (event.name === 'QUERY_ERROR') {
    const late = event.error.name === 'TimeoutError' || event.error.name === 'AbortError'
    return { from, status: late ? 'timeout' : 'refused', error: event.error }
  }
  return { from, status: value === undefined || isEcho(event.record, value) ? 'stored' : 'mismatch' }
}
