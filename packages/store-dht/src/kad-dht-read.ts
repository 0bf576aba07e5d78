import { equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions, Clock, PeerId, RoutingAnswer, SetTimer } from '@recordkit/record-types'
import { anySignal, mapKey } from '@recordkit/record-types/internal'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { sha256 } from 'multiformats/hashes/sha2'
import { distanceBetween, idOfDigest, kademliaId } from './kademlia-id.ts'
import type { PeerDistance } from './read-progress.ts'
import { ReadWalk } from './read-walk.ts'

/** The members of kad-dht with which a read asks single peers. */
export interface AskablePeers {
  readonly routingTable: {
    closestPeers(id: Uint8Array, options: { readonly count: number }): readonly Libp2pPeerId[]
  }
  readonly network: {
    sendRequest(
      to: Libp2pPeerId,
      message: { readonly type: 'GET_VALUE'; readonly key: Uint8Array },
      options: { readonly signal: AbortSignal; readonly path: typeof noPath }
    ): AsyncIterable<QueryEvent>
  }
}

export interface KadDhtReadOptions extends AbortOptions {
  readonly clock: Clock
  readonly setTimer: SetTimer
  /** from 0 to below 1 */
  readonly random: () => number
  readonly bytesOf: (id: Libp2pPeerId) => PeerId
}

type Response = Extract<QueryEvent, { name: 'PEER_RESPONSE' }>
type Result = Response | { readonly error: unknown }

interface Known {
  readonly id: Libp2pPeerId
  readonly distance: number
}

/** peers of the routing table with which a read begins: the size of a bucket */
const startPeers = 20
/** maximum number of peers that are read from one answer */
const maxNames = 20
/** The path that kad-dht reports to its observers. */
const noPath = { index: -1, queued: 0, running: 0, total: 0 }

/** Whether single peers can be asked through a kad-dht service. */
export function canAskPeers(dht: object): dht is AskablePeers {
  const { routingTable, network } = dht as Partial<AskablePeers>
  return typeof routingTable?.closestPeers === 'function' && typeof network?.sendRequest === 'function'
}

/**
 * The answers to a read of one key, until the nearest peers have answered ({@link ReadWalk}). A peer that does not answer in time is
 * an error answer.
 *
 * @throws the reason of the signal
 */
export async function* readFromKadDht(
  dht: AskablePeers,
  key: Uint8Array,
  { signal, clock, setTimer, random, bytesOf }: KadDhtReadOptions
): AsyncGenerator<RoutingAnswer> {
  const target = await sha256.encode(key)
  const targetId = idOfDigest(target)
  const known = new Map<string, Known>()
  const find = async (id: Libp2pPeerId): Promise<PeerDistance<string>> => {
    const { bytes } = id.toMultihash()
    const name = mapKey(bytes)
    const distance = known.get(name)?.distance ?? distanceBetween(await kademliaId(bytes), targetId)
    if (!known.has(name)) known.set(name, { id, distance })
    return [name, distance]
  }
  const start = dht.routingTable.closestPeers(target, { count: startPeers })
  const walk = new ReadWalk<string>(shuffled(await Promise.all(start.map(find)), random), () =>
    Number(clock() / 1_000_000n)
  )
  const ended = new AbortController()
  const requests = new Map<string, AbortController>()
  const arrived: { readonly peer: string; readonly result: Result }[] = []
  let wake = (): void => undefined
  const ask = async (peer: string): Promise<void> => {
    const request = new AbortController()
    requests.set(peer, request)
    const { id } = known.get(peer) as Known
    const result = await requestValue(dht, id, key, anySignal([request.signal, ended.signal]))
    requests.delete(peer)
    arrived.push({ peer, result })
    wake()
  }
  const abort = (): void => wake()
  signal?.addEventListener('abort', abort)
  try {
    for (;;) {
      signal?.throwIfAborted()
      for (const peer of walk.take()) void ask(peer)
      if (walk.progress.status !== 'continue' || walk.ended) return
      const { changesIn } = walk.progress
      const cancel = changesIn === undefined ? undefined : setTimer(() => wake(), changesIn)
      await new Promise<void>((resolve) => {
        wake = resolve
        if (arrived.length > 0 || signal?.aborted === true) resolve()
      })
      cancel?.()
      for (const { peer, result } of arrived.splice(0)) {
        const from = bytesOf((known.get(peer) as Known).id)
        if ('error' in result) walk.failed(peer)
        else walk.answered(peer, await Promise.all(result.closer.slice(0, maxNames).map(({ id }) => find(id))))
        yield 'error' in result ? { from, error: result.error } : answerOf(from, key, result)
      }
      for (const peer of walk.progress.overdue) {
        walk.failed(peer)
        requests.get(peer)?.abort(new RecordError('TIMEOUT', 'the peer did not answer in time', { key }))
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    ended.abort()
  }
}

/** Sends one request. Never rejects. */
async function requestValue(
  dht: AskablePeers,
  peer: Libp2pPeerId,
  key: Uint8Array,
  signal: AbortSignal
): Promise<Result> {
  let error: unknown
  try {
    for await (const event of dht.network.sendRequest(peer, { type: 'GET_VALUE', key }, { signal, path: noPath })) {
      if (event.name === 'PEER_RESPONSE') return event
      if (event.name === 'QUERY_ERROR') ({ error } = event)
    }
  } catch (reason) {
    error = reason
  }
  return { error }
}

/** A record of another key is none. */
function answerOf(from: PeerId, key: Uint8Array, { record }: Response): RoutingAnswer {
  return record !== undefined && equalBytes(record.key, key) ? { from, value: record.value } : { from }
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const mixed = [...items]
  for (let left = mixed.length - 1; left > 0; left--) {
    const other = Math.floor(random() * (left + 1))
    ;[mixed[left], mixed[other]] = [mixed[other] as Item, mixed[left] as Item]
  }
  return mixed
}
