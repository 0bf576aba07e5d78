import { ipnsNameFromKey, ipnsNameToString } from '@recordkit/record-codec'
import { isRecordError, limits, RecordError, systemClock } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'
import type { AbortOptions, Clock, Provider, RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { asCompleted } from './as-completed.ts'
import { jsonItems, ndjsonItems, parseProvider } from './provider-items.ts'
import type { AddressParser } from './provider-items.ts'
import { limitedBytes, maxAge, mediaType } from './response-body.ts'

export interface DelegatedRoutingOptions {
  /** URLs of Delegated Routing V1 servers, such as `https://example.org`; all of them are asked concurrently */
  readonly endpoints: readonly string[]
  /** @default the `fetch` of the platform */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  readonly clock?: Clock | undefined
  /** converts the text of a multiaddr to its binary form; without it providers have no addresses */
  readonly parseAddress?: AddressParser | undefined
}

interface Server {
  /** the ID of the server as a peer: the bytes of its URL */
  readonly from: Uint8Array
  readonly url: string
}

interface CachedValue {
  readonly value: Uint8Array
  /** ns since the Unix epoch */
  readonly expires: bigint
}

const ipnsRecordType = 'application/vnd.ipfs.ipns-record'
const ndjsonType = 'application/x-ndjson'
/** maximum number of cached values; the oldest is removed first */
const maxCachedValues = 256
/** maximum number of seconds for which a value is cached */
const maxCacheAge = 3600
/** the codec in the CID of provided content: only the multihash of a CID matters */
const rawCodec = 0x55

/**
 * Delegated Routing V1 over HTTP as a routing, for IPNS records and providers: also in a browser page. Each server counts as
 * one peer, whose ID is the bytes of its URL. Values are not verified here; the engine of the reader verifies every record.
 * They are cached for as long as `Cache-Control` allows, at most one hour.
 *
 * @throws RecordError `INVALID_ARGUMENT` for an endpoint that is not an http or https URL
 * @see IPFS "Delegated Routing V1 HTTP API"
 * @example
 * ```ts
 * const routing = delegatedRouting({ endpoints: ['https://delegated-ipfs.dev'] })
 * const network = new DhtRecordStore({ routing, engine })
 * ```
 */
export function delegatedRouting(options: DelegatedRoutingOptions): RecordRouting {
  const { clock = systemClock, parseAddress } = options
  const send = options.fetch ?? (async (url: string, init: RequestInit) => fetch(url, init))
  const servers = options.endpoints.map(serverAt)
  const cache = new BoundedMap<string, CachedValue>(maxCachedValues)
  /** number of puts that have ended; a value that was requested before the last of them is not cached */
  let puts = 0

  const cacheValue = (url: string, value: Uint8Array, seconds: number): void => {
    cache.delete(url)
    if (seconds === 0) return
    const expires = clock() + BigInt(Math.min(seconds, maxCacheAge)) * 1_000_000_000n
    cache.set(url, { value: value.slice(), expires })
  }

  async function getFrom({ from, url }: Server, name: string, { signal }: AbortOptions): Promise<RoutingAnswer> {
    const recordUrl = ipnsUrl(url, name)
    const cached = cache.get(recordUrl)
    if (cached !== undefined && cached.expires > clock()) return { from, value: cached.value.slice() }
    const putsBefore = puts
    try {
      const response = await send(recordUrl, withSignal({ headers: { accept: ipnsRecordType } }, signal))
      // servers answer a miss with 404, or with 200 and a text
      if (response.status === 404 || (response.status === 200 && mediaType(response) === 'text/plain')) {
        await response.body?.cancel()
        return { from }
      }
      await assertMediaType(response, ipnsRecordType)
      const value = await limitedBytes(response, limits.ipnsRecord)
      if (puts === putsBefore) cacheValue(recordUrl, value, maxAge(response))
      return { from, value }
    } catch (error) {
      return { from, error }
    }
  }

  async function putToServer(
    { from, url }: Server,
    name: string,
    value: Uint8Array,
    { signal }: AbortOptions
  ): Promise<RoutingAck> {
    const recordUrl = ipnsUrl(url, name)
    try {
      const headers = { 'content-type': ipnsRecordType }
      const body = new Uint8Array(value)
      const response = await send(recordUrl, withSignal({ method: 'PUT', headers, body }, signal))
      await response.body?.cancel()
      return response.ok ? { from, status: 'stored' } : { from, status: 'refused', error: unexpected(response) }
    } catch (error) {
      return { from, status: signal?.aborted === true ? 'timeout' : 'refused', error }
    } finally {
      puts++
      cache.delete(recordUrl)
    }
  }

  async function* listProviders({ url }: Server, cid: CID, { signal }: AbortOptions): AsyncGenerator<Provider> {
    const accept = `${ndjsonType}, application/json;q=0.5`
    const providersUrl = `${url}/routing/v1/providers/${cid.toString()}`
    const response = await send(providersUrl, withSignal({ headers: { accept } }, signal))
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
      else yield* asCompleted(servers.map(async (server) => getFrom(server, name, options)))
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
      const cid = CID.createV1(rawCodec, decodeMultihash(multihash))
      let failure: unknown
      let answered = false
      for (const server of servers) {
        try {
          yield* listProviders(server, cid, options)
          answered = true
        } catch (error) {
          options.signal?.throwIfAborted()
          failure = error
        }
      }
      if (!answered)
        throw new RecordError('ROUTING_FAILED', 'no server could be asked for providers', { cause: failure })
    }
  }
}

function serverAt(endpoint: string): Server {
  if (!URL.canParse(endpoint) || !/^https?:/i.test(endpoint)) {
    throw new RecordError('INVALID_ARGUMENT', `an endpoint is "${endpoint}"; an http or https URL is expected`)
  }
  const url = new URL(endpoint).href.replace(/\/+$/, '')
  return { from: new TextEncoder().encode(url), url }
}

function ipnsUrl(serverUrl: string, name: string): string {
  return `${serverUrl}/routing/v1/ipns/${name}`
}

/** The options of `fetch`, in which an absent signal is not `undefined`. */
function withSignal(init: RequestInit, signal: AbortSignal | undefined): RequestInit {
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
    `the server answered ${response.status} with ${mediaType(response) || 'no media type'}${expected}`
  )
}
