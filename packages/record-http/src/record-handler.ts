import { TokenBucketLimiter } from '@recordkit/record-access'
import { isRecordError, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { OptionNames } from '@recordkit/record-types/internal'
import type { Clock, RateLimiter } from '@recordkit/record-types'
import {
  anySignal,
  checkBoolean,
  checkClock,
  checkCount,
  checkDuration,
  checkFunction,
  checkOptions,
  checkPart,
  nameOf
} from '@recordkit/record-types/internal'
import { clientGroup } from './client-group.ts'
import type { FindPeers, RecordHandler, RecordHandlerOptions } from './handler-options.ts'
import { getIpns, putIpns } from './ipns-route.ts'
import { getPeers, multihashOfCid, peerIdOf } from './peer-routes.ts'
import type { PeerRoute } from './peer-routes.ts'
import { ndjsonType, textResponse } from './responses.ts'

/** What a route uses. */
export interface RouteContext extends Pick<RecordHandlerOptions, 'manager' | 'network'> {
  readonly request: Request
  readonly url: URL
  /** the group of the client, when its address is known */
  readonly group: string | undefined
  /** aborts when the client leaves or the time is over */
  readonly signal: AbortSignal
  /** ms */
  readonly timeout: number
  readonly clock: Clock
}

/** Answers one kind of request. */
type Route = (parameter: string, context: RouteContext) => Promise<Response>

const paths = /^\/routing\/v1\/(ipns|providers|peers|dht\/closest\/peers)\/([^/]+)$/

/**
 * Creates the server side of Delegated Routing V1 as a function from a `Request` to a `Response`, for Node, Bun, Deno, Workers, Hono and
 * every other server with these types.
 *
 * - `GET` and `PUT /routing/v1/ipns/{name}`: the IPNS records of the manager. What was put with `offline: true` is never sent.
 * - `GET /routing/v1/providers/{cid}`, `/routing/v1/peers/{peer-id}`, `/routing/v1/dht/closest/peers/{key}`: what the functions in
 * the options find, as JSON or NDJSON, filtered by `filter-addrs` and `filter-protocols`.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option. The function that is returned never rejects
 * @see IPFS "Delegated Routing V1 HTTP API"; IPIP-484, IPIP-513
 * @example
 * ```ts
 * const handler = createRecordHandler({ manager })
 * Bun.serve({ fetch: (request, server) => handler(request, server.requestIP(request) ?? {}) })
 * ```
 */
export function createRecordHandler(options: RecordHandlerOptions): RecordHandler {
  checkOptions(options, optionNames)
  const { manager, network, metrics, onError, clock = systemClock, setTimer = systemTimer } = options
  checkPart(manager, 'manager', ['getRecord', 'receive'], 'a RecordManager')
  if (network !== undefined) checkPart(network, 'network', ['put'], 'a RecordNetwork, such as a DhtRecordStore,')
  const timeout = checkDuration(options.timeout, 'timeout', 30_000)
  const maxRequests = checkCount(options.maxRequests, 'maxRequests', 1024)
  const limiter = options.limiter ?? new TokenBucketLimiter({ points: 200, duration: 2000, clock })
  if (limiter !== false) checkPart(limiter, 'limiter', ['consume'], 'a RateLimiter, or false,')
  if (metrics !== undefined) checkPart(metrics, 'metrics', ['count', 'observe'], 'a RecordMetrics')
  checkClock(clock)
  const isWritable = checkBoolean(options.writable, 'writable', true)
  const { providers, peers, closestPeers } = options
  const functions = { providers, peers, closestPeers, onError, setTimer }
  for (const [name, value] of Object.entries(functions)) if (value !== undefined) checkFunction(value, name)
  const routes = routesOf(options)
  const methods = isWritable ? 'GET, HEAD, PUT, OPTIONS' : 'GET, HEAD, OPTIONS'
  let running = 0

  async function respond(request: Request, url: URL, address: string | undefined): Promise<Response> {
    const group = address === undefined ? undefined : clientGroup(address)
    if (limiter !== false && group !== undefined) {
      const wait = await millisecondsUntilAllowed(limiter, group)
      if (wait !== undefined)
        return textResponse(429, 'too many requests', { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) })
    }
    const [, name, parameter] = paths.exec(url.pathname) ?? []
    const text = parameter === undefined ? undefined : decoded(parameter)
    if (name === undefined || text === undefined) return textResponse(400, 'unknown path')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.get(`${method} ${name}`)
    if (route === undefined) return textResponse(501, 'this server does not support this method and path')
    if (running >= maxRequests) return textResponse(503, 'too many requests', { 'retry-after': '1' })
    running++
    const ended = new AbortController()
    const cancel = timeout === Number.POSITIVE_INFINITY ? () => {} : setTimer(() => ended.abort(timedOut()), timeout)
    const finish = (): void => {
      running--
      cancel()
    }
    try {
      const signal = anySignal([request.signal, ended.signal])
      const response = await route(text, { manager, network, request, url, group, signal, timeout, clock })
      return afterBody(response, finish)
    } catch (error) {
      finish()
      if (request.signal.aborted) return textResponse(499, 'the client left')
      onError?.(error, request)
      return textResponse(500, `the request failed: ${isRecordError(error) ? error.code : 'internal error'}`)
    }
  }

  return async (request, source) => {
    const started = performance.now()
    if (typeof request?.url !== 'string')
      throw new RecordError('INVALID_ARGUMENT', `request is ${nameOf(request)}; a Request is expected`)
    const url = new URL(request.url)
    const route = paths.exec(url.pathname)?.[1] ?? 'other'
    const response =
      request.method === 'OPTIONS' ? new Response(null, { status: 204 }) : await answer(request, url, source?.address)
    for (const [name, value] of Object.entries(corsHeaders)) response.headers.set(name, value)
    response.headers.set('access-control-allow-methods', methods)
    // the method is any text
    const method = /^(?:GET|HEAD|PUT|OPTIONS)$/.test(request.method) ? request.method : 'other'
    metrics?.count('http.requests', { route, method, status: String(response.status) })
    metrics?.observe('http.request.duration', (performance.now() - started) / 1000, { route })
    return request.method === 'HEAD' ? withoutBody(response) : response
  }

  async function answer(request: Request, url: URL, address: string | undefined): Promise<Response> {
    try {
      return await respond(request, url, address)
    } catch (error) {
      onError?.(error, request)
      return textResponse(500, 'the request failed: internal error')
    }
  }
}

const optionNames: OptionNames<RecordHandlerOptions> = {
  manager: 0,
  network: 0,
  providers: 0,
  peers: 0,
  closestPeers: 0,
  writable: 0,
  timeout: 0,
  maxRequests: 0,
  limiter: 0,
  metrics: 0,
  onError: 0,
  clock: 0,
  setTimer: 0
}

/** Every origin may read and put. @see Delegated Routing V1, "CORS and Web Browsers" */
const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'Accept, Cache-Control, Content-Type, If-None-Match, Pragma, X-Requested-With',
  'access-control-expose-headers': 'ETag, Expires, Retry-After',
  'access-control-max-age': '86400',
  'x-content-type-options': 'nosniff'
}

/** The routes that the options support, by method and name. */
function routesOf({ providers, peers, closestPeers, writable = true }: RecordHandlerOptions): Map<string, Route> {
  const routes = new Map<string, Route>([['GET ipns', getIpns]])
  if (writable) routes.set('PUT ipns', putIpns)
  const add = (name: string, find: FindPeers | undefined, route: Omit<PeerRoute, 'find'>): void => {
    if (find !== undefined) routes.set(`GET ${name}`, (text, context) => getPeers(text, { ...route, find }, context))
  }
  const keyOf = (text: string): Uint8Array | undefined => peerIdOf(text) ?? multihashOfCid(text)
  add('providers', providers, { list: 'Providers', parse: multihashOfCid, emptyStatus: 200 })
  add('peers', peers, { list: 'Peers', parse: peerIdOf, emptyStatus: 200 })
  add('dht/closest/peers', closestPeers, { list: 'Peers', parse: keyOf, emptyStatus: 404 })
  return routes
}

/** @returns `undefined` when the request is allowed, or the limiter fails: a limiter that is away stops no one */
async function millisecondsUntilAllowed(limiter: RateLimiter, group: string): Promise<number | undefined> {
  try {
    await limiter.consume(group)
    return undefined
  } catch (error) {
    const wait: unknown = (error as { readonly msBeforeNext?: unknown } | null)?.msBeforeNext
    return typeof wait === 'number' ? wait : undefined
  }
}

/** Calls `finish` when the body of a response ends: a streamed one counts as a running request until then. */
function afterBody(response: Response, finish: () => void): Response {
  if (response.headers.get('content-type') !== ndjsonType || response.body === null) {
    finish()
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      finish()
    },
    async cancel(reason) {
      finish()
      await reader.cancel(reason)
    }
  })
  return new Response(body, response)
}

function withoutBody(response: Response): Response {
  response.body?.cancel().catch(() => undefined)
  return new Response(null, response)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function timedOut(): RecordError {
  return new RecordError('TIMEOUT', 'the request took too long')
}
