import { equalBytes } from '@recordkit/record-types'
import type { AbortOptions, PeerId, RoutingAnswer } from '@recordkit/record-types'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { sha256 } from 'multiformats/hashes/sha2'
import { askPeer, walkKadDht } from './kad-dht-walk.ts'
import type { AskablePeers, WalkOptions } from './kad-dht-walk.ts'

export interface KadDhtReadOptions extends AbortOptions, Pick<WalkOptions<never>, 'clock' | 'setTimer' | 'random'> {
  readonly bytesOf: (id: Libp2pPeerId) => PeerId
}

type Response = Extract<QueryEvent, { name: 'PEER_RESPONSE' }>

/**
 * The answers to a read of one key, until the nearest peers have answered. A peer that does not answer in time is an error answer.
 *
 * @throws the reason of the signal
 */
export async function* readFromKadDht(
  dht: AskablePeers,
  key: Uint8Array,
  { bytesOf, ...options }: KadDhtReadOptions
): AsyncGenerator<RoutingAnswer> {
  const target = await sha256.encode(key)
  const ask = (peer: Libp2pPeerId, signal: AbortSignal): Promise<Response> =>
    askPeer(dht, peer, 'GET_VALUE', key, signal)
  for await (const event of walkKadDht(dht, target, { ...options, ask })) {
    if (event.status === 'reserved' || event.status === 'asked') continue
    const from = bytesOf(event.peer.id)
    yield event.status === 'failed' ? { from, error: event.error } : answerOf(from, key, event.answer)
  }
}

/** A record of another key is none. */
function answerOf(from: PeerId, key: Uint8Array, { record }: Response): RoutingAnswer {
  return record !== undefined && equalBytes(record.key, key) ? { from, value: record.value } : { from }
}
