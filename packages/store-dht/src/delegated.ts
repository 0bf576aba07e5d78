import { ipnsNameFromKey, ipnsNameToString } from '@recordkit/record-codec'
import { isRecordError, limits, RecordError } from '@recordkit/record-types'
import { checkOptions, mapKey, nameOf, printable } from '@recordkit/record-types/internal'
import type {
  AbortOptions,
  Provider,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  RoutingGetOptions
} from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { asCompleted } from './as-completed.ts'
import { parseEndpoint } from './http-endpoint.ts'
import type { HttpEndpoint } from './http-endpoint.ts'
import { sendHttpRequest } from './http-request.ts'
import type { Fetch } from './http-request.ts'
import { mergeStreams } from './merge-streams.ts'
import { jsonItems, ndjsonItems, parseProvider } from './provider-items.ts'
import type { AddressParser } from './provider-items.ts'
import { limitedBytes, maxAge, mediaType } from './response-body.ts'

export interface DelegatedRoutingOptions {
  /**
   * URLs of Delegated Routing V1 servers, such as `https://example.org`, without `/routing/v1`. All of them are asked
   * concurrently. User and password of a URL are sent as basic authentication.
   */
  readonly endpoints: readonly string[]
  /** @default the `fetch` of the platform */
  readonly fetch?: Fetch | undefined
  /** converts the text of a multiaddr to its binary form; without it providers have no addresses */
  readonly parseAddress?: AddressParser | undefined
}

const ipnsRecordType = 'application/vnd.ipfs.ipns-record'
const ndjsonType = 'application/x-ndjson'
/** the codec in the CID of provided content: only the multihash of a CID matters */
const rawCodec = 0x55

/**
 * Delegated Routing V1 over HTTP as a routing, for IPNS records and providers: also in a browser page. Each server counts as
 * one peer, whose ID is the bytes of its URL, without credentials. Values are not verified here, and so not cached: the engine of
 * the reader verifies every record, and the cache of a manager keeps the time that `Cache-Control` allows. Redirects are followed
 * within the origin of a server only.
 *
 * @throws RecordError `INVALID_ARGUMENT` for an endpoint that is not an http or https URL, or that has a query, a fragment or
 * `/routing/v1` in its path
 * @see IPFS "Delegated Routing V1 HTTP API"
 * @example
 * ```ts
 * const routing = delegatedRouting({ endpoints: ['https://delegated-ipfs.dev'] })
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function delegatedRouting(options: DelegatedRoutingOptions): RecordRouting {
  checkOptions(options, { endpoints: 0, fetch: 0, parseAddress: 0 })
  if (!Array.isArray(options.endpoints))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `endpoints is ${nameOf(options.endpoints)}; an array of URLs such as ['https://delegated-ipfs.dev'] is expected`
    )
  const { parseAddress } = options
  const send: Fetch = options.fetch ?? (async (url, init) => fetch(url, init))
  const servers = options.endpoints.map(parseEndpoint)

  async function getFrom(
    server: HttpEndpoint,
    name: string,
    { signal, noCache }: RoutingGetOptions
  ): Promise<RoutingAnswer> {
    const { from } = server
    try {
      // the HTTP cache of a browser is below verification: it may answer only when the server confirms what it contains
      const cache = noCache === true ? 'no-store' : 'no-cache'
      const init = withSignal({ headers: { accept: ipnsRecordType }, cache }, signal)
      const response = await sendHttpRequest(send, server, ipnsPath(name), init)
      // servers answer a miss with 404, or with 200 and a text
      if (response.status === 404 || (response.status === 200 && mediaType(response) === 'text/plain')) {
        await response.body?.cancel()
        return { from }
      }
      await assertMediaType(response, ipnsRecordType)
      return { from, value: await limitedBytes(response, limits.ipnsRecord), maxAge: maxAge(response) }
    } catch (error) {
      return { from, error }
    }
  }

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
      await response.body?.cancel()
      return response.ok ? { from, status: 'stored' } : { from, status: 'refused', error: unexpected(response) }
    } catch (error) {
      return { from, status: signal?.aborted === true ? 'timeout' : 'refused', error }
    }
  }

  async function* listProviders(server: HttpEndpoint, cid: CID, { signal }: AbortOptions): AsyncGenerator<Provider> {
    const accept = `${ndjsonType}, application/json;q=0.5`
    const path = `/routing/v1/providers/${cid.toString()}`
    const response = await sendHttpRequest(send, server, path, withSignal({ headers: { accept } }, signal))
    if (response.status === 404) {
      await response.body?.cancel()
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
          asCompleted(servers.map(async (server) => getFrom(server, name, { ...options, signal })))
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
      const cid = CID.createV1(rawCodec, decodeMultihash(new Uint8Array(multihash)))
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

/** Aborts what still runs when the reader of the items stops. */
async function* untilStopped<T>(
  { signal }: AbortOptions,
  start: (signal: AbortSignal) => AsyncIterable<T>
): AsyncGenerator<T> {
  const stopped = new AbortController()
  try {
    yield* start(signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]))
  } finally {
    stopped.abort()
  }
}

function ipnsPath(name: string): string {
  return `/routing/v1/ipns/${name}`
}

/** The options of `fetch`, in which an absent signal is not `undefined`. */
function withSignal<Init extends RequestInit>(init: Init, signal: AbortSignal | undefined): Init {
  return signal === undefined ? init : { ...init, signal }
}

/** The IPNS name in a key; `undefined` for a key of another namespace. */
function ipnsNameOf(key: Uint8Array): string | undefined {
  try {
    return ipnsNameToString(ipnsNameFromKey(key))
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

function notAnIpnsKey(key: Uint8Array): RecordError {
  return new RecordError('NAMESPACE_UNKNOWN', 'delegated routing supports only the keys of IPNS names', { key })
}

function unknownServer(key: Uint8Array): RecordError {
  return new RecordError('NO_PEERS', 'the peer ID is not that of a server of `endpoints`', { key })
}

async function assertMediaType(response: Response, type: string): Promise<void> {
  if (response.status === 200 && mediaType(response) === type) return
  await response.body?.cancel()
  throw unexpected(response, type)
}

function unexpected(response: Response, type?: string): RecordError {
  const expected = type === undefined ? '' : `; 200 with ${type} is expected`
  return new RecordError(
    'ROUTING_FAILED',
    `the server answered ${response.status} with ${printable(mediaType(response)) || 'no media type'}${expected}`
  )
}
