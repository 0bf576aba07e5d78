import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { sha256 } from 'multiformats/hashes/sha2'
import { peerIdFromBytes } from './copied-peer-id.ts'
import { askPeer, maxNames, walkKadDht } from './kad-dht-walk.ts'
import type { AskablePeers, Named, WalkOptions } from './kad-dht-walk.ts'
import type { OpenStreams } from './open-streams.ts'
import { abortStream } from './rpc.ts'
import type { ByteStream, ProtocolDialer } from './rpc.ts'

/**
 * What happens on the way to the peers closest to a key: the events of kad-dht that are used, with the stream of a peer. `NOT_ASKED`: a
 * peer of the routing table, which is asked only if the others do not know the closest peers.
 */
export type ClosestEvent =
  | { readonly name: 'NOT_ASKED' | 'DIAL_PEER'; readonly peer: Libp2pPeerId }
  | ({ readonly name: 'PEER_RESPONSE'; readonly from: Libp2pPeerId } & ClosestAnswer)
  | { readonly name: 'QUERY_ERROR'; readonly from: Libp2pPeerId }
  /** the walk ended although closer peers may exist that have not answered */
  | { readonly name: 'STALLED' }
  | { readonly name: 'SEND_QUERY' | 'VALUE' | 'PROVIDER' | 'FINAL_PEER' | 'ADD_PEER' | 'PATH_ENDED' }

interface ClosestAnswer extends Named {
  /** open for the next request */
  readonly stream?: ByteStream | undefined
}

/** The member of kad-dht that exchanges messages over a stream that stays open. */
interface StreamRequests {
  _writeReadMessage(
    stream: ByteStream,
    message: { readonly type: 'FIND_NODE'; readonly key: Uint8Array },
    options: { readonly signal: AbortSignal }
  ): Promise<{ readonly closer: readonly { readonly id?: Uint8Array }[] }>
}

export interface ClosestWalkOptions extends Pick<WalkOptions<never>, 'signal' | 'clock' | 'setTimer' | 'random'> {
  readonly dialer: ProtocolDialer<Libp2pPeerId>
  readonly protocol: string
  /** owns the streams that stay open */
  readonly streams: OpenStreams
}

/** walks of one routing whose streams stay open at a time: a peer accepts 32 streams on a connection */
const maxWalks = 4
const walking = new WeakMap<AskablePeers, number>()

/**
 * Walks to the peers closest to a key, until no closer one is left to ask, or the walk has stalled. The streams of the peers that answered stay open, so that the next request needs no
 * new one: that is half of the work of a short request, and one round trip.
 *
 * @see libp2p kad-dht specification, "RPC messages": implementations must handle additional requests on a stream
 * @throws the reason of the signal
 */
export async function* walkToClosest(
  dht: AskablePeers,
  key: Uint8Array,
  { dialer, protocol, streams, ...options }: ClosestWalkOptions
): AsyncGenerator<ClosestEvent> {
  const walks = walking.get(dht) ?? 0
  const keepsStreams = walks < maxWalks && hasStreamRequests(dht.network)
  const ask = async (peer: Libp2pPeerId, signal: AbortSignal): Promise<ClosestAnswer> =>
    keepsStreams && hasStreamRequests(dht.network)
      ? askOverStream(dht.network, await dialer.dialProtocol(peer, protocol, { signal }), key, { signal, streams })
      : askPeer(dht, peer, 'FIND_NODE', key, signal)
  if (keepsStreams) walking.set(dht, walks + 1)
  try {
    const target = await sha256.encode(key)
    for await (const event of walkKadDht(dht, target, { ...options, ask, until: 'stalled' })) {
      if (event.status === 'stalled') {
        yield { name: 'STALLED' }
        return
      }
      const { id } = event.peer
      if (event.status === 'reserved') yield { name: 'NOT_ASKED', peer: id }
      else if (event.status === 'asked') yield { name: 'DIAL_PEER', peer: id }
      else if (event.status === 'failed') yield { name: 'QUERY_ERROR', from: id }
      else yield { name: 'PEER_RESPONSE', from: id, ...event.answer, closer: event.answer.closer }
    }
  } finally {
    if (keepsStreams) walking.set(dht, (walking.get(dht) ?? 1) - 1)
  }
}

function hasStreamRequests(network: object): network is StreamRequests {
  return typeof (network as Partial<StreamRequests>)._writeReadMessage === 'function'
}

async function askOverStream(
  network: StreamRequests,
  stream: ByteStream,
  key: Uint8Array,
  { signal, streams }: { readonly signal: AbortSignal; readonly streams: OpenStreams }
): Promise<ClosestAnswer> {
  try {
    signal.throwIfAborted()
    const { closer } = await network._writeReadMessage(stream, { type: 'FIND_NODE', key }, { signal })
    const ids = closer.slice(0, maxNames).map(({ id }) => (id === undefined ? undefined : peerIdFromBytes(id)))
    streams.opened(stream)
    return { closer: ids.filter((id) => id !== undefined).map((id) => ({ id })), stream }
  } catch (error) {
    abortStream(stream, error instanceof Error ? error : new Error('aborted', { cause: error }))
    throw error
  }
}
