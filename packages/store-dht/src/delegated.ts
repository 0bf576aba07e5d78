import { ipnsNameFromKey, ipnsNameToString, parsePeerId } from '@recordkit/record-codec'
import { isRecordError, limits, RecordError, systemClock } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { AbortOptions, Clock, Provider, RecordRouting, RoutingAck, RoutingAnswer } from '@recordkit/record-types'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { asCompleted } from './as-completed.ts'
import { limitedBytes, limitedChunks, maxAge, mediaType } from './response-body.ts'

export interface DelegatedRoutingOptions {
  /** where servers of Delegated Routing V1 are, such as `https://example.org`; all of them are asked at once */
  readonly endpoints: readonly string[]
  /** the platform's when absent */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  readonly clock?: Clock | undefined
  /** makes binary multiaddrs of text; without it providers come without addresses */
  readonly parseAddress?: ((text: string) => Uint8Array) | undefined
}

const ipnsRecordType = 'application/vnd.ipfs.ipns-record'
/** bytes of a list of providers that are read at the most */
const providersLimit = 1_048_576
/** answers remembered at the most, the oldest goes first; and seconds for which one is at the most */
const cacheLimit = 256
const maxCacheAge = 3600
const rawCodec = 0x55

/**
 * Delegated Routing V1 over HTTP as a routing: what a browser page uses. It knows IPNS records and providers. A server
 * is one peer, of its URL's bytes as ID. Nothing a server says is believed here: the reader's engine judges every record.
 * Answers are used again for as long as their `Cache-Control` allows, one hour at the most.
 *
 * @see IPFS "Delegated Routing V1 HTTP API"
 */
export function delegatedRouting(options: DelegatedRoutingOptions): RecordRouting {
  const { clock = systemClock, parseAddress } = options
  const send = options.fetch ?? (async (url: string, init: RequestInit) => fetch(url, init))
  const servers = options.endpoints.map(serverOf)
  const cache = new Map<string, { readonly value: Uint8Array; readonly until: bigint }>()
  /** puts that have ended: what was asked for before the last one is not used again */
  let puts = 0

  const remember = (url: string, value: Uint8Array, seconds: number): void => {
    cache.delete(url)
    if (seconds === 0) return
    cache.set(url, { value: value.slice(), until: clock() + BigInt(Math.min(seconds, maxCacheAge)) * 1_000_000_000n })
    if (cache.size > cacheLimit) for (const oldest of cache.keys()) if (cache.delete(oldest)) break
  }

  async function ask({ from, base }: Server, name: string, signal: AbortOptions): Promise<RoutingAnswer> {
    const url = `${base}/routing/v1/ipns/${name}`
    const remembered = cache.get(url)
    if (remembered !== undefined && remembered.until > clock()) return { from, value: remembered.value.slice() }
    const before = puts
    try {
      const response = await send(url, { headers: { accept: ipnsRecordType }, signal: signal.signal ?? null })
      // servers of both answers are about: 404, and 200 with a text that says so
      if (response.status === 404 || (response.status === 200 && mediaType(response) === 'text/plain')) {
        await response.body?.cancel()
        return { from }
      }
      await mustBe(response, ipnsRecordType)
      const value = await limitedBytes(response, limits.ipnsRecord)
      if (puts === before) remember(url, value, maxAge(response))
      return { from, value }
    } catch (error) {
      return { from, error }
    }
  }

  async function hand(
    { from, base }: Server,
    name: string,
    value: Uint8Array,
    signal: AbortOptions
  ): Promise<RoutingAck> {
    const url = `${base}/routing/v1/ipns/${name}`
    try {
      const body = new Uint8Array(value)
      const response = await send(url, {
        method: 'PUT',
        headers: { 'content-type': ipnsRecordType },
        body,
        signal: signal.signal ?? null
      })
      await response.body?.cancel()
      return response.ok ? { from, status: 'stored' } : { from, status: 'refused', error: failed(response) }
    } catch (error) {
      return { from, status: signal.signal?.aborted === true ? 'timeout' : 'refused', error }
    } finally {
      puts++
      cache.delete(url)
    }
  }

  async function* list({ base }: Server, cid: CID, signal: AbortOptions): AsyncGenerator<Provider> {
    const accept = 'application/x-ndjson, application/json;q=0.5'
    const response = await send(`${base}/routing/v1/providers/${cid.toString()}`, {
      headers: { accept },
      signal: signal.signal ?? null
    })
    if (response.status === 404) {
      await response.body?.cancel()
      return
    }
    const streamed = mediaType(response) === 'application/x-ndjson'
    if (!streamed) await mustBe(response, 'application/json')
    for await (const item of streamed ? lines(response) : items(response)) {
      const provider = providerOf(item, parseAddress)
      if (provider !== undefined) yield provider
    }
  }

  /** @throws RecordError `NO_PEERS` without servers; the signal's own reason */
  const begin = ({ signal }: AbortOptions): void => {
    signal?.throwIfAborted()
    if (servers.length === 0) throw new RecordError('NO_PEERS', 'there is no server to ask')
  }

  return {
    async *get(key, signal = {}) {
      begin(signal)
      const name = nameOf(key)
      for (const { from } of name === undefined ? servers : []) yield { from, error: unknown(key) }
      if (name !== undefined) yield* asCompleted(servers.map(async (server) => ask(server, name, signal)))
      signal.signal?.throwIfAborted()
    },
    async *put(key, value, signal = {}) {
      begin(signal)
      const name = nameOf(key)
      for (const { from } of name === undefined ? servers : []) yield { from, status: 'refused', error: unknown(key) }
      if (name !== undefined) yield* asCompleted(servers.map(async (server) => hand(server, name, value, signal)))
    },
    async putToPeer(peer, key, value, signal = {}) {
      const name = nameOf(key)
      const server = servers.find(({ from }) => mapKey(from) === mapKey(peer))
      if (name === undefined || server === undefined) return { from: peer, status: 'refused', error: unknown(key) }
      return hand(server, name, value, signal)
    },
    async *findProviders(multihash, signal = {}) {
      begin(signal)
      const cid = CID.createV1(rawCodec, decodeMultihash(multihash))
      let failure: unknown
      let answered = false
      for (const server of servers) {
        try {
          yield* list(server, cid, signal)
          answered = true
        } catch (error) {
          signal.signal?.throwIfAborted()
          failure = error
        }
      }
      if (!answered)
        throw new RecordError('ROUTING_FAILED', 'no server could be asked for providers', { cause: failure })
    }
  }
}

interface Server {
  readonly from: Uint8Array
  readonly base: string
}

function serverOf(endpoint: string): Server {
  if (!URL.canParse(endpoint) || !/^https?:/i.test(endpoint)) {
    throw new RecordError('INVALID_ARGUMENT', `"${endpoint}" is no endpoint; an http or https URL is needed`)
  }
  const base = new URL(endpoint).href.replace(/\/+$/, '')
  return { from: new TextEncoder().encode(base), base }
}

/** The name in a key of `/ipns/`; `undefined` for another. */
function nameOf(key: Uint8Array): string | undefined {
  try {
    return ipnsNameToString(ipnsNameFromKey(key))
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

function unknown(key: Uint8Array): RecordError {
  return new RecordError('NAMESPACE_UNKNOWN', 'delegated routing knows keys of IPNS names alone', { key })
}

async function mustBe(response: Response, type: string): Promise<void> {
  if (response.status === 200 && mediaType(response) === type) return
  await response.body?.cancel()
  throw failed(response, type)
}

function failed(response: Response, type?: string): RecordError {
  const expected = type === undefined ? '' : `; 200 with ${type} is needed`
  return new RecordError(
    'ROUTING_FAILED',
    `the server answered ${response.status} with ${mediaType(response) || 'no media type'}${expected}`
  )
}

async function* lines(response: Response): AsyncGenerator {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of limitedChunks(response, providersLimit)) {
    text += decoder.decode(chunk, { stream: true })
    const complete = text.split('\n')
    text = complete.pop() ?? ''
    for (const line of complete) yield parsed(line)
  }
  yield parsed(text)
}

async function* items(response: Response): AsyncGenerator {
  const list = parsed(new TextDecoder().decode(await limitedBytes(response, providersLimit)))
  const providers = isObject(list) ? list['Providers'] : undefined
  if (Array.isArray(providers)) yield* providers
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** A provider as a server names it; `undefined` for what is none. Addresses that cannot be read are left out. */
function providerOf(item: unknown, parseAddress: DelegatedRoutingOptions['parseAddress']): Provider | undefined {
  if (!isObject(item) || typeof item['ID'] !== 'string') return undefined
  try {
    const id = parsePeerId(item['ID'])
    const texts: unknown[] = Array.isArray(item['Addrs']) ? item['Addrs'] : []
    const addresses = texts.flatMap((text) => {
      try {
        return typeof text === 'string' && parseAddress !== undefined ? [parseAddress(text)] : []
      } catch {
        return []
      }
    })
    return { id, addresses }
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}
