import { equalBytes, mapKey, RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import type { KadDHT, QueryEvent } from '@libp2p/kad-dht'

/** What is used of js-libp2p's Kademlia: its public event streams. */
export type Kademlia = Pick<KadDHT, 'get' | 'put'>

/**
 * js-libp2p's Kademlia as a routing.
 *
 * Its `get` ends with corrections to stale peers, and throws when one refuses; that comes after every answer and is not
 * let through.
 *
 * @see https://github.com/libp2p/js-libp2p/pull/3577
 */
export function kademliaRouting(dht: Kademlia): RecordRouting {
  return {
    async *get(key, options) {
      let answered = false
      try {
        for await (const event of dht.get(key, options)) {
          const answer = answerOf(event)
          if (answer === undefined) continue
          answered ||= !('error' in answer)
          yield answer
        }
      } catch (error) {
        options?.signal?.throwIfAborted()
        if (!answered) throw new RecordError('ROUTING_FAILED', 'the DHT could not be asked', { key, cause: error })
      }
    },

    async *put(key, value, options: AbortOptions = {}) {
      const pending = new Set<string>()
      for await (const event of dht.put(key, value, options)) {
        const ack = ackOf(event, value, pending)
        if (ack !== undefined) yield ack
      }
    }
  }
}

function answerOf(event: QueryEvent): RoutingAnswer | undefined {
  if (event.name === 'QUERY_ERROR') return { from: event.from.toMultihash().bytes, error: event.error }
  if (event.name !== 'PEER_RESPONSE' || event.messageName !== 'GET_VALUE') return undefined
  const from = event.from.toMultihash().bytes
  return event.record === undefined ? { from } : { from, value: event.record.value }
}

/** @param pending - peers that were sent the value and have not answered; kept up to date */
function ackOf(event: QueryEvent, value: Uint8Array, pending: Set<string>): RoutingAck | undefined {
  if (event.name === 'SEND_QUERY' && event.messageName === 'PUT_VALUE') {
    pending.add(mapKey(event.to.toMultihash().bytes))
    return undefined
  }
  if (event.name !== 'QUERY_ERROR' && (event.name !== 'PEER_RESPONSE' || event.messageName !== 'PUT_VALUE'))
    return undefined
  const from = event.from.toMultihash().bytes
  // errors of the look-up that went before are not answers to the put
  if (!pending.delete(mapKey(from))) return undefined
  if (event.name === 'QUERY_ERROR') {
    const late = event.error.name === 'TimeoutError' || event.error.name === 'AbortError'
    return { from, outcome: late ? 'timeout' : 'refused', error: event.error }
  }
  const echoed = event.record !== undefined && equalBytes(event.record.value, value)
  return { from, outcome: echoed ? 'stored' : 'mismatch' }
}
