import { encodeBase32 } from '@recordkit/record-codec/internal'
import { RecordError } from '@recordkit/record-types'
import { checkOptions, mapKey } from '@recordkit/record-types/internal'
import type { AbortOptions, Provider, RecordRouting, RoutingAck } from '@recordkit/record-types'
import { asCompleted } from './as-completed.ts'
import { checkMultihash } from './check-multihash.ts'
import { parseEndpoints } from './http-endpoint.ts'
import type { HttpEndpoint } from './http-endpoint.ts'
import { sendHttpRequest } from './http-request.ts'
import type { Fetch } from './http-request.ts'
import {
  assertMediaType,
  cancelBody,
  getIpnsRecord,
  ipnsNameOf,
  ipnsRecordType,
  unexpected,
  withSignal
} from './ipns-over-http.ts'
import type { IpnsRequest } from './ipns-over-http.ts'
import { mergeStreams } from './merge-streams.ts'
import { jsonItems, ndjsonItems, parseProvider } from './provider-items.ts'
import type { AddressParser } from './provider-items.ts'
import { mediaType } from './response-body.ts'
import { untilStopped } from './until-stopped.ts'

export interface DelegatedRoutingOptions {
  /** @default the `fetch` of the platform */
  readonly fetch?: Fetch | undefined
  /** converts the text of a multiaddr to its binary form; without it providers have no addresses */
  readonly parseAddress?: AddressParser | undefined
}

const ndjsonType = 'application/x-ndjson'
/** version 1 and the codec `raw`, before the multihash of provided content: only the multihash of a CID matters */
const cidPrefix = [1, 0x55]

/**
 * Delegated Routing V1 over HTTP as a routing, for IPNS records and providers: also in a browser page. Each server counts as
 * one peer, whose ID is the bytes of its URL, without credentials. Values are not verified here, and so not cached: the engine of
 * the reader verifies every record, and the cache of a manager keeps the time that `Cache-Control` allows. Redirects are followed
 * within the origin of a server only.
 *
 * @param endpoints - URLs of servers, such as `https://example.org`, without `/routing/v1`. All of them are asked concurrently. User
 * and password of a URL are sent as basic authentication
 * @throws RecordError `INVALID_ARGUMENT` for an endpoint that is not an http or https URL, or that has a query, a fragment or
 * `/routing/v1` in its path
 * @see IPFS "Delegated Routing V1 HTTP API"
 * @example
 * ```ts
 * const routing = delegatedRouting(['https://delegated-ipfs.dev'])
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function delegatedRouting(endpoints: readonly string[], options: DelegatedRoutingOptions = {}): RecordRouting {
  const servers = parseEndpoints(endpoints, 'endpoints', '/routing/v1')
  checkOptions(options, { fetch: 0, parseAddress: 0 })
  const { parseAddress } = options
  const send: Fetch = options.fetch ?? (async (url, init) => fetch(url, init))

  async function putToServer(
    server: HttpEndpoint,
    name: string,
    value: Uint8Array,
    { signal }: AbortOptions
  ): Promise<RoutingAck> {
    const { from } = server
    try {
      const headers = { 'content-type': ipnsRecordType }
      const init = withSignal({ method: 'PUT', headers, body: new Uint8Array(value) }, signal)
      const response = await sendHttpRequest(send, server, ipnsPath(name), init)
      await cancelBody(response)
      return response.ok ? { from, status: 'stored' } : { from, status: 'refused', error: unexpected(response) }
    } catch (error) {
      return { from, status: signal?.aborted === true ? 'timeout' : 'refused', error }
    }
  }

  async function* listProviders(server: HttpEndpoint, cid: string, { signal }: AbortOptions): AsyncGenerator<Provider> {
    const accept = `${ndjsonType}, application/json;q=0.5`
    const path = `/routing/v1/providers/${cid}`
    const response = await sendHttpRequest(send, server, path, withSignal({ headers: { accept } }, signal))
    if (response.status === 404) {
      await cancelBody(response)
      return
    }
    const isStream = mediaType(response) === ndjsonType
    if (!isStream) await assertMediaType(response, 'application/json')
    for await (const item of isStream ? ndjsonItems(response) : jsonItems(response)) {
      const provider = parseProvider(item, parseAddress)
      if (provider !== undefined) yield provider
    }
  }

  /** @throws RecordError `NO_PEERS` without servers; the reason of the signal */
  const assertCanAsk = ({ signal }: AbortOptions): void => {
    signal?.throwIfAborted()
    if (servers.length === 0) throw new RecordError('NO_PEERS', 'there is no server to ask: `endpoints` is empty')
  }

  return {
    async *get(key, options = {}) {
      assertCanAsk(options)
      const name = ipnsNameOf(key)
      if (name === undefined) for (const { from } of servers) yield { from, error: notAnIpnsKey(key) }
      else {
        yield* untilStopped(options, (signal) =>
          asCompleted(servers.map(async (server) => getIpnsRecord(send, server, request(name), { ...options, signal })))
        )
      }
      options.signal?.throwIfAborted()
    },
    async *put(key, value, options = {}) {
      assertCanAsk(options)
      const name = ipnsNameOf(key)
      if (name === undefined)
        for (const { from } of servers) yield { from, status: 'refused', error: notAnIpnsKey(key) }
      else yield* asCompleted(servers.map(async (server) => putToServer(server, name, value, options)))
    },
    async putToPeer(peer, key, value, options = {}) {
      const name = ipnsNameOf(key)
      const server = servers.find(({ from }) => mapKey(from) === mapKey(peer))
      if (name === undefined) return { from: peer, status: 'refused', error: notAnIpnsKey(key) }
      if (server === undefined) return { from: peer, status: 'refused', error: unknownServer(key) }
      return putToServer(server, name, value, options)
    },
    async *findProviders(multihash, options = {}) {
      assertCanAsk(options)
      checkMultihash(multihash)
      const cid = `b${encodeBase32(Uint8Array.of(...cidPrefix, ...multihash))}`
      let failure: unknown
      let answered = false
      async function* listOf(server: HttpEndpoint, signal: AbortSignal): AsyncGenerator<Provider> {
        try {
          yield* listProviders(server, cid, { signal })
          answered = true
          options.onAnswer?.(server.from)
        } catch (error) {
          failure = error
        }
      }
      yield* untilStopped(options, (signal) => mergeStreams(servers.map((server) => listOf(server, signal))))
      options.signal?.throwIfAborted()
      if (!answered)
        throw new RecordError('ROUTING_FAILED', 'no server could be asked for providers', { cause: failure })
    }
  }
}

function ipnsPath(name: string): string {
  return `/routing/v1/ipns/${name}`
}

/** Servers answer a miss with 404, or with 200 and a text. */
function request(name: string): IpnsRequest {
  const isMiss = (response: Response): boolean =>
    response.status === 404 || (response.status === 200 && mediaType(response) === 'text/plain')
  return { path: ipnsPath(name), isMiss }
}

function notAnIpnsKey(key: Uint8Array): RecordError {
  return new RecordError('NAMESPACE_UNKNOWN', 'delegated routing supports only the keys of IPNS names', { key })
}

function unknownServer(key: Uint8Array): RecordError {
  return new RecordError('NO_PEERS', 'the peer ID is not that of a server of `endpoints`', { key })
}
