import { equalBytes } from '@recordkit/record-types'
import type { AbortOptions, PeerId, RoutingAnswer, RoutingGetOptions } from '@recordkit/record-types'
import { anySignal, mapKey } from '@recordkit/record-types/internal'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { sha256 } from 'multiformats/hashes/sha2'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { EclipseGuard } from './eclipse-guard.ts'
import { askPeer, walkKadDht } from './kad-dht-walk.ts'
import type { AskablePeers, WalkOptions } from './kad-dht-walk.ts'
import { idOfDigest } from './kademlia-id.ts'
import { startTimeout } from './timeout.ts'
import { WaitingQueue } from './waiting-queue.ts'

export interface KadDhtReadOptions
  extends
    AbortOptions,
    Pick<RoutingGetOptions, 'onEclipse'>,
    Pick<WalkOptions<never>, 'clock' | 'setTimer' | 'random'> {
  readonly bytesOf: (id: Libp2pPeerId) => PeerId
  readonly guard: EclipseGuard
}

type Response = Extract<QueryEvent, { name: 'PEER_RESPONSE' }>

/** peers of a region that are asked at a time, and ms that each of them may take */
const concurrency = 20
const memberTimeout = 2000

/**
 * The answers to a read of one key, until the nearest peers have answered, and those of the region around it when peer IDs were generated
 * near the key. A peer that does not answer in time is an error answer.
 *
 * @throws the reason of the signal
 */
export async function* readFromKadDht(
  dht: AskablePeers,
  key: Uint8Array,
  { guard, onEclipse, ...options }: KadDhtReadOptions
): AsyncGenerator<RoutingAnswer> {
  const { signal, bytesOf } = options
  const target = await sha256.encode(key)
  const ask = (peer: Libp2pPeerId, abort: AbortSignal): Promise<Response> => askPeer(dht, peer, 'GET_VALUE', key, abort)
  const answersNeeded = (answered: readonly number[]): number => guard.answersNeeded(answered)
  const distances: number[] = []
  const asked = new Set<string>()
  for await (const event of walkKadDht(dht, target, { ...options, ask, answersNeeded })) {
    if (event.status !== 'answered' && event.status !== 'failed') continue
    const from = bytesOf(event.peer.id)
    asked.add(mapKey(from))
    if (event.status === 'answered') distances.push(event.peer.distance)
    yield event.status === 'failed' ? { from, error: event.error } : answerOf(from, key, event.answer)
  }
  const members = await guard.membersNear(key, idOfDigest(target), distances, { signal, onEclipse })
  const peers = members.filter(({ name }) => !asked.has(name)).map(({ peer }) => peer)
  yield* answersOf(peers, async (peer, abort) => answerOf(bytesOf(peer), key, await ask(peer, abort)), options)
}

/** The answers of these peers as they arrive. */
async function* answersOf(
  peers: readonly Libp2pPeerId[],
  ask: (peer: Libp2pPeerId, signal: AbortSignal) => Promise<RoutingAnswer>,
  { signal, setTimer, bytesOf }: Pick<KadDhtReadOptions, 'signal' | 'setTimer' | 'bytesOf'>
): AsyncGenerator<RoutingAnswer> {
  const answers = new WaitingQueue<RoutingAnswer>()
  const limit = new ConcurrencyLimit(concurrency)
  const ended = new AbortController()
  const either = signal === undefined ? ended.signal : anySignal([signal, ended.signal])
  const asking = peers.map((peer) =>
    limit.run(async () => {
      if (either.aborted) return
      const timeout = startTimeout(memberTimeout, either, setTimer)
      const answer = ask(peer, timeout.signal).catch((error: unknown) => ({ from: bytesOf(peer), error }))
      answers.push(await answer)
      timeout.cancel()
    })
  )
  void Promise.all(asking).then(() => answers.end())
  try {
    yield* answers
  } finally {
    ended.abort()
  }
  signal?.throwIfAborted()
}

/** A record of another key is none. */
function answerOf(from: PeerId, key: Uint8Array, { record }: Response): RoutingAnswer {
  return record !== undefined && equalBytes(record.key, key) ? { from, value: record.value } : { from }
}
