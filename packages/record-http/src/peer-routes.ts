import { parsePeerId } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import { raceAbort, takeUntilAborted } from '@recordkit/record-types/internal'
import { CID } from 'multiformats/cid'
import type { FindPeers } from './handler-options.ts'
import { peerFilter } from './peer-filters.ts'
import type { PeerJson } from './peer-filters.ts'
import type { RouteContext } from './record-handler.ts'
import { accepts, httpDate, jsonType, listCacheControl, mediaTypes, ndjsonType, textResponse } from './responses.ts'

/** peers in one JSON answer. @see Delegated Routing V1, "Response Body" */
const maxPeers = 100
/** peers in one stream */
const maxStreamedPeers = 1000
/** bytes; the longest multihash that is looked up, and more than any peer ID */
const maxMultihash = 128
/** characters of a CID or peer ID in a path */
const maxText = 256

/** A route that answers with a list of peers. */
export interface PeerRoute {
  readonly find: FindPeers
  /** the name of the list in JSON */
  readonly list: 'Providers' | 'Peers'
  /** the bytes to look up; `undefined` for text that is not an ID */
  readonly parse: (text: string) => Uint8Array | undefined
  /** the status of an answer without peers */
  readonly emptyStatus: 200 | 404
}

/**
 * Answers with the peers that a source finds, as JSON, or as NDJSON when the client asks for it.
 *
 * @see Delegated Routing V1, "Content Routing API", "Peer Routing API", "DHT Routing API"
 */
export async function getPeers(text: string, route: PeerRoute, context: RouteContext): Promise<Response> {
  const { request, clock } = context
  const id = text.length > maxText ? undefined : route.parse(text)
  if (id === undefined || id.length > maxMultihash)
    return textResponse(422, route.list === 'Providers' ? 'the CID is not valid' : 'the CID or peer ID is not valid')
  // a stream only when it is named
  const isStream = mediaTypes(request, 'accept').includes(ndjsonType)
  if (!isStream && !accepts(request, jsonType))
    return textResponse(406, `the answer is a list of peers; retry with Accept: ${jsonType} or ${ndjsonType}`)
  const peers = found(id, route.find, context, isStream ? maxStreamedPeers : maxPeers)
  // the headers depend on whether there are any
  const first = await peers.next()
  const isEmpty = first.done === true
  const headers = {
    'content-type': isStream ? ndjsonType : jsonType,
    'cache-control': listCacheControl(isEmpty),
    'last-modified': httpDate(clock()),
    vary: 'Accept'
  }
  if (isStream && !isEmpty) return new Response(streamOf(first.value, peers), { headers })
  const list: PeerJson[] = isEmpty ? [] : [first.value]
  for await (const peer of peers) list.push(peer)
  const body = isStream ? '' : JSON.stringify({ [route.list]: list })
  return new Response(body, { status: isEmpty ? route.emptyStatus : 200, headers })
}

/** The multihash of a CID. */
export function multihashOfCid(text: string): Uint8Array | undefined {
  try {
    return CID.parse(text).multihash.bytes
  } catch {
    return undefined
  }
}

/** The bytes of a peer ID. */
export function peerIdOf(text: string): Uint8Array | undefined {
  try {
    return parsePeerId(text)
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

/** The peers that pass the filters of the request, each once. Ends when the time is over. */
async function* found(
  id: Uint8Array,
  find: FindPeers,
  { url, signal }: RouteContext,
  most: number
): AsyncGenerator<PeerJson, undefined> {
  const filter = peerFilter(url.searchParams)
  const sent = new Set<string>()
  const peers = await raceAbort(Promise.resolve(find(id, { signal })), signal)
  for await (const peer of takeUntilAborted(peers, signal)) {
    const json = filter(peer)
    if (json === undefined || sent.has(json.ID)) continue
    sent.add(json.ID)
    yield json
    if (sent.size === most) return undefined
  }
  return undefined
}

/** One line per peer, as fast as the client reads. When the client leaves, the search ends. */
function streamOf(first: PeerJson, rest: AsyncGenerator<PeerJson>): ReadableStream<Uint8Array> {
  const line = (peer: PeerJson): Uint8Array => new TextEncoder().encode(`${JSON.stringify(peer)}\n`)
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(line(first)),
    async pull(controller) {
      const { done, value } = await rest.next()
      if (done === true) controller.close()
      else controller.enqueue(line(value))
    },
    async cancel() {
      await rest.return(undefined)
    }
  })
}
