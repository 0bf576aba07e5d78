import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock, SetTimer } from '@recordkit/record-types'
import { anySignal, mapKey } from '@recordkit/record-types/internal'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { distanceBetween, idOfDigest, kademliaId } from './kademlia-id.ts'
import type { PeerDistance } from './read-progress.ts'
import { ReadWalk } from './read-walk.ts'
import { shuffled } from './shuffled.ts'

/** The members of kad-dht with which single peers are asked. */
export interface AskablePeers {
  readonly routingTable: {
    closestPeers(id: Uint8Array, options: { readonly count: number }): readonly Libp2pPeerId[]
  }
  readonly network: {
    sendRequest(
      to: Libp2pPeerId,
      message: { readonly type: 'GET_VALUE' | 'FIND_NODE'; readonly key: Uint8Array },
      options: { readonly signal: AbortSignal; readonly path: typeof noPath }
    ): AsyncIterable<QueryEvent>
  }
}

/** A peer of a walk. */
export interface WalkPeer {
  readonly id: Libp2pPeerId
  /** from the target */
  readonly distance: number
}

/** What a peer answered. */
export interface Named {
  /** the peers that it named */
  readonly closer: readonly { readonly id: Libp2pPeerId }[]
}

/**
 * What happens in a walk. `reserved`: of the routing table; asked only if the others do not know the peers nearest to the key. `stalled`: the
 * walk ends although nearer peers are left that have not answered.
 */
export type WalkEvent<Answer extends Named> =
  | { readonly status: 'stalled' }
  | { readonly status: 'reserved'; readonly peer: WalkPeer }
  | { readonly status: 'asked'; readonly peer: WalkPeer }
  | { readonly status: 'answered'; readonly peer: WalkPeer; readonly answer: Answer }
  | { readonly status: 'failed'; readonly peer: WalkPeer; readonly error: unknown }

export interface WalkOptions<Answer extends Named> extends AbortOptions {
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** from 0 to below 1 */
  readonly random: () => number
  /** asks one peer; rejects when it cannot be asked */
  readonly ask: (peer: Libp2pPeerId, signal: AbortSignal) => Promise<Answer>
  /**
   * when the walk ends besides that no nearer peer is left to ask: when the nearest peers have answered or it has stalled, only when it
   * has stalled, or never. @default 'answered'
   */
  readonly until?: 'answered' | 'stalled' | 'end' | undefined
  /** number of answers that are needed, besides the progress of the walk. @param distances - of the peers that answered. @default 0 */
  readonly answersNeeded?: ((distances: readonly number[]) => number) | undefined
}

/** peers of the routing table with which a walk begins: the size of a bucket */
const startPeers = 20
/** maximum number of peers that are read from one answer */
export const maxNames = 20
/** The path that kad-dht reports to its observers. */
const noPath = { index: -1, queued: 0, running: 0, total: 0 }

/** Whether single peers can be asked through a kad-dht service. */
export function canAskPeers(dht: object): dht is AskablePeers {
  const { routingTable, network } = dht as Partial<AskablePeers>
  return typeof routingTable?.closestPeers === 'function' && typeof network?.sendRequest === 'function'
}

/**
 * Asks the peers on the way to a key ({@link ReadWalk}). A peer that does not answer in time fails.
 *
 * @param target - the SHA-256 of the key
 * @throws the reason of the signal
 */
export async function* walkKadDht<Answer extends Named>(
  { routingTable }: AskablePeers,
  target: Uint8Array,
  { signal, clock, setTimer, random, ask, until = 'answered', answersNeeded = () => 0 }: WalkOptions<Answer>
): AsyncGenerator<WalkEvent<Answer>> {
  const targetId = idOfDigest(target)
  const known = new Map<string, WalkPeer>()
  const find = async (id: Libp2pPeerId): Promise<PeerDistance<string>> => {
    const { bytes } = id.toMultihash()
    const name = mapKey(bytes)
    const distance = known.get(name)?.distance ?? distanceBetween(await kademliaId(bytes), targetId)
    if (!known.has(name)) known.set(name, { id, distance })
    return [name, distance]
  }
  const start = routingTable.closestPeers(target, { count: startPeers })
  const walk = new ReadWalk<string>(shuffled(await Promise.all(start.map(find)), random), () =>
    Number(clock() / 1_000_000n)
  )
  const ended = new AbortController()
  const requests = new Map<string, AbortController>()
  const arrived: {
    readonly name: string
    readonly event: Extract<WalkEvent<Answer>, { status: 'answered' | 'failed' }>
  }[] = []
  const distances: number[] = []
  let wake = (): void => undefined
  const request = async (name: string, peer: WalkPeer): Promise<void> => {
    const late = new AbortController()
    requests.set(name, late)
    const event = await ask(peer.id, anySignal([late.signal, ended.signal])).then(
      (answer) => ({ status: 'answered', peer, answer }) as const,
      (error: unknown) => ({ status: 'failed', peer, error }) as const
    )
    requests.delete(name)
    arrived.push({ name, event })
    wake()
  }
  const hasTooFew = (): boolean => distances.length < answersNeeded(distances)
  /** Whether the walk is done, but has too few answers. */
  const needsMore = (): boolean =>
    until === 'answered' && walk.progress.status === 'done' && !walk.progress.isStalled && hasTooFew()
  const isStalled = (): boolean => until !== 'end' && walk.progress.isStalled
  const isDone = (): boolean => until === 'answered' && walk.progress.status === 'done' && !needsMore()
  const abort = (): void => wake()
  signal?.addEventListener('abort', abort)
  try {
    for (const name of walk.reserve) yield { status: 'reserved', peer: known.get(name) as WalkPeer }
    for (;;) {
      signal?.throwIfAborted()
      for (const name of walk.take()) {
        const peer = known.get(name) as WalkPeer
        void request(name, peer)
        yield { status: 'asked', peer }
      }
      if (walk.reserve.length > 0 && (needsMore() || (walk.ended && hasTooFew()))) {
        walk.useReserve()
        continue
      }
      if (isDone() || walk.ended) return
      if (isStalled()) {
        yield { status: 'stalled' }
        return
      }
      // a walk that does not end when it stalls must not set a timer for that again and again
      const changesIn = until === 'end' ? walk.progress.overdueIn : walk.progress.changesIn
      const cancel = changesIn === undefined ? undefined : setTimer(() => wake(), changesIn)
      await new Promise<void>((resolve) => {
        wake = resolve
        if (arrived.length > 0 || signal?.aborted === true) resolve()
      })
      cancel?.()
      for (const { name, event } of arrived.splice(0)) {
        if (event.status === 'answered') {
          distances.push(event.peer.distance)
          walk.answered(name, await Promise.all(event.answer.closer.slice(0, maxNames).map(({ id }) => find(id))))
        } else walk.failed(name)
        yield event
      }
      for (const name of walk.progress.overdue) {
        walk.failed(name)
        requests.get(name)?.abort(new RecordError('TIMEOUT', 'the peer did not answer in time'))
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    ended.abort()
  }
}

type Response = Extract<QueryEvent, { name: 'PEER_RESPONSE' }>

/** Sends one request over the network of kad-dht. @throws the error of the request */
export async function askPeer(
  { network }: AskablePeers,
  peer: Libp2pPeerId,
  type: 'GET_VALUE' | 'FIND_NODE',
  key: Uint8Array,
  signal: AbortSignal
): Promise<Response> {
  let error: unknown
  for await (const event of network.sendRequest(peer, { type, key }, { signal, path: noPath })) {
    if (event.name === 'PEER_RESPONSE') return event
    if (event.name === 'QUERY_ERROR') ({ error } = event)
  }
  throw error ?? new RecordError('ROUTING_FAILED', 'the peer could not be asked')
}
