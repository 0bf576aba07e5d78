import { equalBytes, isRecordError, RecordError, systemTimer } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { PeerId, Provider, RecordRouting, RoutingAck, RoutingAnswer, SetTimer } from '@recordkit/record-types'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { waitForFirstPeer } from './wait-for-first-peer.ts'
import { sendRequest } from './rpc.ts'
import type { ProtocolDialer } from './rpc.ts'
import { decodeMessage, putValueMessage } from './dht-message.ts'

export type { ByteStream, ProtocolDialer } from './rpc.ts'

/** What is used of js-libp2p's Kademlia: its public event streams. */
export type KadDht = Pick<KadDHT, 'get' | 'put'> &
  Partial<Pick<KadDHT, 'provide' | 'findProviders'>> & {
    /** how many peers it knows; where it does not say, it is asked however that ends */
    readonly routingTable?: { readonly size: number } | undefined
  }

export interface KadDhtRoutingOptions {
  /** opens a stream to one peer, as a libp2p node does; without it stale holders are not repaired */
  readonly dialer?: ProtocolDialer<Libp2pPeerId> | undefined
  /** Kademlia's; `/ipfs/kad/1.0.0` when absent */
  readonly protocol?: string | undefined
  /** ms for which a node that knows nobody waits for its first peer, before it says `NO_PEERS`; 5 s when absent */
  readonly firstPeerTimeout?: number | undefined
  readonly setTimer?: SetTimer | undefined
}

/** peers that can be addressed again, at most; the oldest are forgotten first */
const knownLimit = 1024
/** how the multihash of provided content is handed over: Kademlia looks at nothing else of a CID */
const rawCodec = 0x55

/**
 * js-libp2p's Kademlia as a routing.
 *
 * Its `get` ends with corrections to stale peers, one after another, and throws when one refuses; that comes after every
 * answer. With a dialer the stream ends before it, as the repairs are the reader's then; without one it goes on and what
 * it throws is not let through. A value that its validators refuse counts as an answer without one.
 *
 * An acknowledgement of `provide` says that the announcement was sent: the protocol has no answer to it.
 *
 * @see https://github.com/libp2p/js-libp2p/pull/3577
 */
export function kadDhtRouting(dht: KadDht, options: KadDhtRoutingOptions = {}): RecordRouting {
  const { dialer, protocol = '/ipfs/kad/1.0.0', firstPeerTimeout = 5000, setTimer = systemTimer } = options
  const { routingTable } = dht
  const wait = { timeout: firstPeerTimeout, setTimer, routingTable }
  const known = new Map<string, Libp2pPeerId>()
  const bytesOf = (id: Libp2pPeerId): PeerId => {
    const { bytes } = id.toMultihash()
    if (dialer === undefined) return bytes
    const name = mapKey(bytes)
    known.delete(name)
    known.set(name, id)
    if (known.size > knownLimit) for (const oldest of known.keys()) if (known.delete(oldest)) break
    return bytes
  }

  const routing: RecordRouting = {
    async *get(key, signal) {
      let answered = false
      try {
        for await (const event of waitForFirstPeer(wait, (until) => dht.get(key, until), signal)) {
          if (dialer !== undefined && isCorrection(event)) return
          const answer = answerOf(event, bytesOf)
          if (answer === undefined) continue
          answered ||= !('error' in answer)
          yield answer
        }
      } catch (error) {
        signal?.signal?.throwIfAborted()
        if (isRecordError(error, 'NO_PEERS')) throw error
        if (!answered) throw new RecordError('ROUTING_FAILED', 'the DHT could not be asked', { key, cause: error })
      }
    },

    put: (key, value, signal) =>
      acks(
        waitForFirstPeer(wait, (until) => dht.put(key, value, until), signal),
        'PUT_VALUE',
        bytesOf,
        value
      )
  }
  if (dialer !== undefined) {
    routing.putToPeer = async (peer, key, value, signal = {}) => {
      const id = known.get(mapKey(peer))
      if (id === undefined) {
        const error = new RecordError('NO_PEERS', 'the peer did not answer lately, so that it cannot be addressed', {
          key
        })
        return { from: peer, status: 'refused', error }
      }
      try {
        const answer = decodeMessage(await sendRequest(dialer, id, protocol, putValueMessage(key, value), signal))
        const stored = answer.key !== undefined && equalBytes(answer.key, key) && echoes(answer.record, value)
        return { from: peer, status: stored ? 'stored' : 'mismatch' }
      } catch (error) {
        return { from: peer, status: signal.signal?.aborted === true ? 'timeout' : 'refused', error }
      }
    }
  }
  const { provide, findProviders } = dht
  if (provide !== undefined) {
    routing.provide = (multihash, signal) =>
      acks(
        waitForFirstPeer(wait, (until) => provide.call(dht, contentOf(multihash), until), signal),
        'ADD_PROVIDER',
        bytesOf
      )
  }
  if (findProviders !== undefined) {
    routing.findProviders = async function* (multihash, signal): AsyncGenerator<Provider> {
      const content = contentOf(multihash)
      const events = waitForFirstPeer(wait, (until) => findProviders.call(dht, content, until), signal)
      for await (const event of events) {
        if (event.name !== 'PROVIDER') continue
        for (const { id, multiaddrs } of event.providers) {
          yield { id: bytesOf(id), addresses: multiaddrs.map(({ bytes }) => bytes) }
        }
      }
    }
  }
  return routing
}

/** Questions are on a path, which has an index; corrections are on none. */
function isCorrection(event: QueryEvent): boolean {
  return event.name === 'DIAL_PEER' && event.path.index === -1
}

function echoes(record: { readonly value: Uint8Array } | undefined, value: Uint8Array): boolean {
  return record !== undefined && equalBytes(record.value, value)
}

function contentOf(multihash: Uint8Array): CID {
  return CID.createV1(rawCodec, decodeMultihash(multihash))
}

function answerOf(event: QueryEvent, bytesOf: (id: Libp2pPeerId) => PeerId): RoutingAnswer | undefined {
  if (event.name === 'QUERY_ERROR') {
    const from = bytesOf(event.from)
    // the peer did answer; what it had did not pass the node's validators
    return event.error.name === 'QueryError' ? { from } : { from, error: event.error }
  }
  if (event.name !== 'PEER_RESPONSE' || event.messageName !== 'GET_VALUE') return undefined
  const from = bytesOf(event.from)
  return event.record === undefined ? { from } : { from, value: event.record.value }
}

/**
 * What the closest peers did with a message. They are the ones that answered the look-up before and are dialled again:
 * errors of the look-up are not answers to the message.
 *
 * @param value - what they are to echo
 */
async function* acks(
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
    else if (pending.delete(name)) yield ackOf(event, from, value)
  }
}

function ackOf(
  event: Extract<QueryEvent, { name: 'QUERY_ERROR' | 'PEER_RESPONSE' }>,
  from: PeerId,
  value: Uint8Array | undefined
): RoutingAck {
  if (event.name === 'QUERY_ERROR') {
    const late = event.error.name === 'TimeoutError' || event.error.name === 'AbortError'
    return { from, status: late ? 'timeout' : 'refused', error: event.error }
  }
  return { from, status: value === undefined || echoes(event.record, value) ? 'stored' : 'mismatch' }
}
