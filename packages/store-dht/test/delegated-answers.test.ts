import { ipnsNameToString, ipnsRoutingKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { flushMicrotasks } from '@recordkit/record-conformance'
import { countWork, second } from '@recordkit/testing'
import type { Provider, RoutingAnswer } from '@recordkit/record-types'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import type { DelegatedRoutingOptions } from '@recordkit/store-dht/delegated'
import { expect, test } from 'vitest'
import { good, peer } from './toy-engine.ts'

const name = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const key = ipnsRoutingKey(name)
const path = `/routing/v1/ipns/${ipnsNameToString(name)}`
const type = 'application/vnd.ipfs.ipns-record'
const ndjson = 'application/x-ndjson'
const multihash = Uint8Array.of(0x12, 2, 1, 2)
const from = (endpoint: string): Uint8Array => new TextEncoder().encode(endpoint)

interface SentRequest {
  readonly url: string
  readonly init: RequestInit
}

/** What a request sends, without its signal. */
function sent({ url, init: { signal: _, ...init } }: SentRequest): SentRequest {
  return { url, init }
}

/** A routing over servers that answer with `answer`, by default one at `https://a.test`, and the requests it sent. */
function servers(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  {
    endpoints = ['https://a.test'],
    ...options
  }: DelegatedRoutingOptions & { readonly endpoints?: readonly string[] } = {}
) {
  const requests: SentRequest[] = []
  const routing = delegatedRouting(endpoints, {
    async fetch(url, init) {
      requests.push({ url, init })
      return answer(url, init)
    },
    ...options
  })
  return { routing, requests }
}

/** A body that arrives in chunks, and whether it was cancelled. */
function bodyOf(...chunks: readonly Uint8Array[]) {
  const state = { cancelled: false, pulled: 0 }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const chunk = chunks[state.pulled++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(new Uint8Array(chunk))
      },
      cancel() {
        state.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { body, state }
}

const record = (value: Uint8Array, headers: Record<string, string> = {}): Response =>
  new Response(new Uint8Array(value), { headers: { 'content-type': type, ...headers } })

async function collect<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const item of items ?? []) all.push(item)
  return all
}

/** The answer of a get to one server. */
async function answerTo(response: Response): Promise<RoutingAnswer | undefined> {
  return (await collect(servers(() => response).routing.get(key)))[0]
}

test('a get asks every server for the name, and each answer is from the bytes of the server URL', async () => {
  const { routing, requests } = servers((url) => record(url.startsWith('https://a') ? good(1) : good(2)), {
    endpoints: ['https://a.test', 'http://b.test/api//']
  })
  expect(await collect(routing.get(key))).toEqual([
    { from: from('https://a.test'), value: good(1) },
    { from: from('http://b.test/api'), value: good(2) }
  ])
  expect(requests.map(sent)).toEqual(
    ['https://a.test', 'http://b.test/api'].map((base) => ({
      url: base + path,
      init: { headers: { accept: type }, cache: 'no-cache', redirect: 'manual' }
    }))
  )
})

test('a get asks all servers concurrently, and yields their answers as they arrive', async () => {
  const later: (() => void)[] = []
  const { routing, requests } = servers(
    (url) =>
      new Promise((resolve) => {
        later.push(() => resolve(record(good(url.charCodeAt(8)))))
      }),
    { endpoints: ['https://a.test', 'https://b.test', 'https://c.test'] }
  )
  const answers = routing.get(key)[Symbol.asyncIterator]()
  for (const index of [2, 0, 1]) {
    const next = answers.next()
    await Promise.resolve()
    expect(requests).toHaveLength(3)
    later[index]?.()
    expect((await next).value).toMatchObject({ value: good(97 + index) })
  }
  expect((await answers.next()).done).toBe(true)
})

test('404 with any body, and 200 with a text, are an answer without value', async () => {
  for (const [status, media] of [
    [404, type],
    [404, 'text/html'],
    [200, 'text/plain'],
    [200, 'Text/Plain; charset=utf-8']
  ] as const) {
    const { body, state } = bodyOf(good(1))
    const response = new Response(body, { status, headers: { 'content-type': media } })
    expect(await answerTo(response)).toEqual({ from: from('https://a.test') })
    expect(state).toEqual({ cancelled: true, pulled: 0 })
  }
  expect(await answerTo(new Response(null, { status: 404 }))).toEqual({ from: from('https://a.test') })
})

test.for([
  [500, 'text/plain', '500 with text/plain'],
  [206, type, `206 with ${type}`],
  [200, 'text/html', '200 with text/html'],
  [200, undefined, '200 with no media type']
] as const)('%i with %s is an error with the received and the expected response', async ([status, media, received]) => {
  const { body, state } = bodyOf(good(1))
  const response = new Response(body, {
    status,
    ...(media === undefined ? {} : { headers: { 'content-type': media } })
  })
  expect(await answerTo(response)).toMatchObject({
    from: from('https://a.test'),
    error: {
      code: 'ROUTING_FAILED',
      message: `the server answered ${received}; 200 with ${type} is expected`
    }
  })
  expect(state).toEqual({ cancelled: true, pulled: 0 })
  expect(await answerTo(new Response(null, { status: 500 }))).toMatchObject({ error: { code: 'ROUTING_FAILED' } })
})

test('a media type is compared without its parameters and without case', async () => {
  for (const media of ['Application/VND.ipfs.IPNS-Record', `${type}; v=1`, `${type} ;a="\u00a0";b`]) {
    expect(await answerTo(record(good(1), { 'content-type': media }))).toMatchObject({ value: good(1) })
  }
})

test('a record in several chunks is read completely, and an empty one is an empty value', async () => {
  const { body } = bodyOf(good(1), new Uint8Array(), good(2))
  const inChunks = new Response(body, { headers: { 'content-type': type } })
  expect(await answerTo(inChunks)).toMatchObject({ value: Uint8Array.of(...good(1), ...good(2)) })
  const empty = new Response(null, { headers: { 'content-type': type } })
  expect(await answerTo(empty)).toMatchObject({ value: new Uint8Array() })
})

test('a record of 10 KiB is read, and a larger one is refused with TOO_LARGE', async () => {
  const most = new Uint8Array(10_240).fill(7)
  expect(await answerTo(record(most, { 'content-length': '10240' }))).toMatchObject({ value: most })
  const declared = bodyOf(most)
  const headers = { 'content-type': type }
  expect(
    await answerTo(new Response(declared.body, { headers: { ...headers, 'content-length': '10241' } }))
  ).toMatchObject({ error: { code: 'TOO_LARGE', size: 10_241, limit: 10_240 } })
  expect(declared.state).toEqual({ cancelled: true, pulled: 0 })
  const streamed = bodyOf(most, Uint8Array.of(1), Uint8Array.of(2))
  expect(await answerTo(new Response(streamed.body, { headers }))).toMatchObject({
    error: { code: 'TOO_LARGE', size: 10_241, limit: 10_240 }
  })
  expect(streamed.state).toEqual({ cancelled: true, pulled: 2 })
  expect(await answerTo(new Response(null, { headers: { ...headers, 'content-length': '10241' } }))).toMatchObject({
    error: { code: 'TOO_LARGE', size: 10_241, limit: 10_240 }
  })
})

test('a server that cannot be reached is an answer with the error of fetch', async () => {
  const failure = new TypeError('fetch failed')
  const { routing } = servers(() => Promise.reject(failure))
  expect(await collect(routing.get(key))).toEqual([{ from: from('https://a.test'), error: failure }])
})

test.for([
  [{ 'cache-control': 'max-age=60' }, 60n],
  [{ 'cache-control': 'public,MAX-AGE=60, immutable' }, 60n],
  [{ 'cache-control': 'max-age=60', age: '15' }, 45n],
  [{ 'cache-control': 'max-age=60', age: '15.5' }, 44n],
  [{ 'cache-control': 'max-age=60', age: '61' }, 0n],
  [{ 'cache-control': 'max-age=60', age: '-9' }, 60n],
  [{ 'cache-control': 'max-age=60', age: 'soon' }, 60n],
  [{ 'cache-control': 'max-age=999999999' }, 999_999_999n],
  [{ 'cache-control': 'max-age=0' }, 0n],
  [{ 'cache-control': 'max-age=' }, 0n],
  [{ 'cache-control': 's-maxage=60' }, undefined],
  [{ 'cache-control': 'no-store, max-age=60' }, 0n],
  [{ 'cache-control': 'max-age=60, No-Cache' }, 0n],
  [{}, undefined],
  [{ age: '-9' }, undefined]
] as const)('an answer with %o may be cached for %s s', async ([headers, seconds]) => {
  const answer = await answerTo(record(good(1), headers))
  expect(answer).toEqual({
    from: from('https://a.test'),
    value: good(1),
    maxAge: seconds === undefined ? undefined : seconds * second
  })
})

test('no answer is cached before it is verified', async () => {
  const answers = [record(new Uint8Array(9), { 'cache-control': 'max-age=3600' }), record(good(3))]
  const { routing, requests } = servers(() => answers.shift() ?? new Response())
  await collect(routing.get(key))
  expect(await collect(routing.get(key))).toMatchObject([{ value: good(3) }])
  expect(requests).toHaveLength(2)
})

test('a get with noCache asks the origin, past the HTTP cache', async () => {
  const { routing, requests } = servers(() => record(good(1)))
  await collect(routing.get(key, { noCache: true }))
  await collect(routing.get(key, { noCache: false }))
  expect(requests.map(({ init }) => init.cache)).toEqual(['no-store', 'no-cache'])
})

test('when the reader stops, the requests that still run are aborted', async () => {
  const signals: (AbortSignal | null | undefined)[] = []
  const { routing } = servers(
    (url, { signal }) => {
      signals.push(signal)
      return url.startsWith('https://a') ? record(good(1)) : new Promise(() => undefined)
    },
    { endpoints: ['https://a.test', 'https://b.test'] }
  )
  for await (const answer of routing.get(key)) {
    expect(answer).toMatchObject({ value: good(1) })
    break
  }
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
})

const redirectTo = (location: string, status = 307): Response => new Response(null, { status, headers: { location } })

test.for([
  'https://b.test/routing/v1/ipns/x',
  'http://a.test/x',
  'https://a.test:8443/x',
  '//b.test/x',
  'http://169.254.169.254/',
  'data:,x',
  'http://['
])('a redirect to another origin is not followed: %s', async (location) => {
  const { routing, requests } = servers(() => redirectTo(location))
  const error = { code: 'ROUTING_FAILED', message: 'the server redirects to another origin' }
  expect(await collect(routing.get(key))).toMatchObject([{ from: from('https://a.test'), error }])
  expect(await collect(routing.put(key, good(1)))).toMatchObject([{ status: 'refused', error }])
  await expect(collect(routing.findProviders?.(multihash))).rejects.toMatchObject({ cause: error })
  expect(requests.every(({ url }) => url.startsWith('https://a.test/'))).toBe(true)
  expect(requests).toHaveLength(3)
})

test('redirects within the origin are followed with the same request, at most three times', async () => {
  const answers = [redirectTo('/v2/x', 308), redirectTo('https://user:word@a.test/v3', 302), new Response()]
  const { routing, requests } = servers(() => answers.shift() ?? redirectTo('/again', 301))
  expect(await collect(routing.put(key, good(1)))).toMatchObject([{ status: 'stored' }])
  expect(requests.map(({ url }) => url)).toEqual([`https://a.test${path}`, 'https://a.test/v2/x', 'https://a.test/v3'])
  expect(requests.map(({ init }) => [init.method, init.body])).toEqual(requests.map(() => ['PUT', good(1)]))
  expect(await collect(routing.get(key))).toMatchObject([
    { error: { code: 'ROUTING_FAILED', message: 'the server redirects more than 3 times' } }
  ])
  expect(requests).toHaveLength(7)
})

test('a redirect without a location, and one that a page cannot see, are errors', async () => {
  const unseen = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' })
  for (const response of [new Response(null, { status: 307 }), unseen])
    expect(await answerTo(response)).toMatchObject({ error: { message: 'the server redirects to another origin' } })
})

test('the credentials of an endpoint are sent as a header, and are in no URL, receipt and error', async () => {
  const failure = 'the request failed'
  const { routing, requests } = servers(
    (url, { method }) => {
      if (method === 'PUT') throw new Error(`${failure}: ${url}`)
      return new Response('denied', { status: 401 })
    },
    { endpoints: ['https://us%40er:p%C3%A4ss@a.test/api'] }
  )
  const answers = await collect(routing.get(key))
  const acks = await collect(routing.put(key, good(1)))
  expect(requests.map(({ url }) => url)).toEqual([`https://a.test/api${path}`, `https://a.test/api${path}`])
  const authorization = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode('us@er:päss')))}`
  for (const { init } of requests) expect(init.headers).toMatchObject({ authorization })
  expect([...answers, ...acks].map((answer) => answer.from)).toEqual([
    from('https://a.test/api'),
    from('https://a.test/api')
  ])
  const shown = [...answers, ...acks].map((answer) => String('error' in answer ? answer.error : '')).join()
  expect(shown).toContain('401')
  expect(shown).toContain(failure)
  expect(shown).not.toMatch(/er:|p%C3|päss|Basic/)
})

test.for([
  ['https://a.test/routing/v1', 'endpoints[1] contains /routing/v1, which is added to it; expected is https://a.test'],
  ['https://a.test/api/routing/v1/', 'which is added to it; expected is https://a.test/api'],
  ['https://a.test/Routing/V1/ipns', 'which is added to it; expected is https://a.test'],
  ['https://a.test/api?token=secret', 'endpoints[1] has a query or a fragment; expected is https://a.test/api'],
  ['https://a.test/?', 'endpoints[1] has a query or a fragment; expected is https://a.test/'],
  ['https://a.test/#secret', 'endpoints[1] has a query or a fragment; expected is https://a.test/'],
  ['https://secret:secret@a.test/?secret', 'endpoints[1] has a query or a fragment; expected is https://a.test/'],
  ['https://secret:sec/ret@a.test/x', 'endpoints[1] is "...@a.test/x"; an http or https URL is expected'],
  ['ftp://secret@a.test/x?secret', 'endpoints[1] is "...@a.test/x"; an http or https URL is expected'],
  ['a\u001B[2J\n', 'endpoints[1] is "a\\u{1b}[2J\\u{a}"; an http or https URL is expected'],
  [7 as unknown as string, 'endpoints[1] is a number; an http or https URL is expected']
] as const)('wrong endpoint %# is an invalid argument, and no secret is in the message', ([endpoint, message]) => {
  let error: unknown
  try {
    delegatedRouting(['https://a.test', endpoint])
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) as string })
  expect(String(error)).not.toContain('secret')
})

test('escape sequences in a media type are escaped in the error', async () => {
  const response = new Response('', { headers: { 'content-type': 'text/\u009B31m' } })
  expect(await answerTo(response)).toMatchObject({
    error: { message: expect.stringContaining('200 with text/\\u{9b}31m') as string }
  })
})

test('a put sends the record to the server, and a signal only when there is one', async () => {
  const { routing, requests } = servers(() => new Response(null, { status: 204 }))
  expect(await collect(routing.put(key, good(1)))).toEqual([{ from: from('https://a.test'), status: 'stored' }])
  expect(requests).toEqual([
    {
      url: `https://a.test${path}`,
      init: { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(good(1)), redirect: 'manual' }
    }
  ])
})

test('a put does not read the response, and a refusal contains its status', async () => {
  const { body, state } = bodyOf(good(1))
  const { routing } = servers(() => new Response(body, { status: 400, headers: { 'content-type': 'text/plain' } }))
  expect(await collect(routing.put(key, good(1)))).toMatchObject([
    {
      from: from('https://a.test'),
      status: 'refused',
      error: { code: 'ROUTING_FAILED', message: 'the server answered 400 with text/plain' }
    }
  ])
  expect(state).toEqual({ cancelled: true, pulled: 0 })
})

test('a put that fails is refused, or a timeout when its signal is aborted', async () => {
  const failure = new TypeError('fetch failed')
  const controller = new AbortController()
  let stop = (): void => undefined
  const { routing, requests } = servers(() => {
    stop()
    return Promise.reject(failure)
  })
  const [refused] = await collect(routing.put(key, good(1), { signal: controller.signal }))
  expect(refused).toEqual({ from: from('https://a.test'), status: 'refused', error: failure })
  expect(await collect(routing.put(key, good(1)))).toEqual([refused])
  stop = () => controller.abort(new Error('aborted'))
  const [late] = await collect(routing.put(key, good(1), { signal: controller.signal }))
  expect(late).toEqual({ from: from('https://a.test'), status: 'timeout', error: failure })
  expect(requests[0]?.init.signal).toBe(controller.signal)
})

test('putToPeer sends the record only to the server with this ID', async () => {
  const { routing, requests } = servers(() => new Response(), { endpoints: ['https://a.test', 'https://b.test'] })
  const { signal } = new AbortController()
  expect(await routing.putToPeer?.(from('https://b.test'), key, good(1), { signal })).toEqual({
    from: from('https://b.test'),
    status: 'stored'
  })
  expect(requests.map(({ url, init }) => [url, init.signal])).toEqual([[`https://b.test${path}`, signal]])
  for (const [to, recordKey, code] of [
    [from('https://c.test'), key, 'NO_PEERS'],
    [from('https://a.test'), new TextEncoder().encode('/toy/x'), 'NAMESPACE_UNKNOWN']
  ] as const) {
    expect(await routing.putToPeer?.(to, recordKey, good(1))).toMatchObject({
      from: to,
      status: 'refused',
      error: { code, key: recordKey }
    })
  }
  expect(requests).toHaveLength(1)
})

test('a key that is not an IPNS name is an error for every server, and no server is asked', async () => {
  const toy = new TextEncoder().encode('/toy/x')
  const { routing, requests } = servers(() => new Response(), { endpoints: ['https://a.test', 'https://b.test'] })
  const error = { code: 'NAMESPACE_UNKNOWN', key: toy }
  const peers = [from('https://a.test'), from('https://b.test')]
  expect(await collect(routing.get(toy))).toMatchObject(peers.map((server) => ({ from: server, error })))
  expect(await collect(routing.put(toy, good(1)))).toMatchObject(
    peers.map((server) => ({ from: server, status: 'refused', error }))
  )
  expect(requests).toEqual([])
})

test('a call that is aborted, before it starts or while it runs, rejects with the reason of its signal', async () => {
  const reason = new Error('aborted')
  const before = AbortSignal.abort(reason)
  const { routing, requests } = servers(() => new Response())
  await expect(collect(routing.get(key, { signal: before }))).rejects.toBe(reason)
  await expect(collect(routing.put(key, good(1), { signal: before }))).rejects.toBe(reason)
  await expect(collect(routing.findProviders?.(multihash, { signal: before }))).rejects.toBe(reason)
  expect(requests).toEqual([])
  for (const method of ['get', 'findProviders'] as const) {
    const controller = new AbortController()
    const stopped = servers(() => {
      controller.abort(reason)
      return Promise.reject(new TypeError('fetch failed'))
    })
    await expect(
      collect<unknown>(stopped.routing[method]?.(method === 'get' ? key : multihash, { signal: controller.signal }))
    ).rejects.toBe(reason)
  }
})

test.for(['file:///x', 'text', 'https:', 'ftp://http://x', ''])(
  'the endpoint "%s" is an invalid argument',
  (endpoint) => {
    expect(() => delegatedRouting(['https://a.test', endpoint])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`"${endpoint}"`) as string })
    )
  }
)

const id = peerIdToString(name)
const providerItem = (...texts: readonly unknown[]): object => ({ Schema: 'peer', ID: id, Addrs: texts })
const parseAddress = (text: string): Uint8Array => new TextEncoder().encode(text)
const found = (...texts: readonly string[]): Provider => ({ id: name, addresses: texts.map(parseAddress) })

/** The providers that one server returns. */
async function providersIn(
  body: BodyInit | null,
  media = ndjson,
  options: Partial<DelegatedRoutingOptions> = { parseAddress }
): Promise<Provider[]> {
  const answer = (): Response => new Response(body, { headers: { 'content-type': media } })
  return collect(servers(answer, options).routing.findProviders?.(multihash))
}

test('findProviders asks all servers for the raw CID of the multihash', async () => {
  const { routing, requests } = servers(
    () => new Response(JSON.stringify(providerItem('/a')), { headers: { 'content-type': ndjson } }),
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  expect(await collect(routing.findProviders?.(multihash))).toEqual([found('/a'), found('/a')])
  expect(requests.map(sent)).toEqual(
    ['https://a.test', 'https://b.test'].map((base) => ({
      url: `${base}/routing/v1/providers/bafkreaqbai`,
      init: { headers: { accept: `${ndjson}, application/json;q=0.5` }, redirect: 'manual' }
    }))
  )
})

test('findProviders asks the servers concurrently: one that does not answer does not delay the others', async () => {
  const signals: (AbortSignal | null | undefined)[] = []
  const { routing } = servers(
    (url, { signal }) => {
      signals.push(signal)
      if (url.startsWith('https://a')) return new Promise(() => undefined)
      return new Response(JSON.stringify(providerItem('/b')), { headers: { 'content-type': ndjson } })
    },
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  for await (const provider of routing.findProviders?.(multihash) ?? []) {
    expect(provider).toEqual(found('/b'))
    break
  }
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
})

test('a list of providers is read from chunks that are split anywhere', async () => {
  const bytes = new TextEncoder().encode(
    [providerItem('/ä'), providerItem('/€'), providerItem('/c')].map((item) => JSON.stringify(item)).join('\n')
  )
  const { body } = bodyOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))
  expect(await providersIn(body)).toEqual([found('/ä'), found('/€'), found('/c')])
})

test.for([1, 2, 3, 7, 64, 65_536])('a list of providers is read from chunks of %i bytes', async (size) => {
  const bytes = new TextEncoder().encode(`\n\r\n${`${JSON.stringify(providerItem('/a'))}\r\n\n`.repeat(9)}`)
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size)
  )
  expect(await providersIn(bodyOf(...chunks).body)).toEqual(Array.from({ length: 9 }, () => found('/a')))
})

test('a list of 1 MiB of line feeds is read without parsing its lines', async () => {
  const feeds = new Uint8Array(1_048_576).fill(0x0a)
  const { textsParsed } = await countWork(async () => expect(await providersIn(bodyOf(feeds).body)).toEqual([]))
  expect(textsParsed).toBeLessThan(3)
})

test('at most 1024 items of a list are read, whether they are providers or not', async () => {
  const last = JSON.stringify(providerItem('/a'))
  for (const item of ['{}', 'x', '{"ID":"12D3"}', '\r']) {
    const { textsParsed } = await countWork(async () =>
      expect(await providersIn(`${`${item}\n`.repeat(1023)}${last}\n${`${item}\n`.repeat(3000)}`)).toEqual([
        found('/a')
      ])
    )
    expect(textsParsed).toBe(1024)
    expect(await providersIn(`${`${item}\n`.repeat(1024)}${last}`)).toEqual([])
  }
  const list = (items: number): string => `{"Providers":[${'{},'.repeat(items)}${last}]}`
  expect(await providersIn(list(1023), 'application/json')).toEqual([found('/a')])
  expect(await providersIn(list(1024), 'application/json')).toEqual([])
})

test('the cost of a line is linear in its length, also in chunks of one byte', async () => {
  const costOf = async (length: number): Promise<number> => {
    const line = new TextEncoder().encode(JSON.stringify(providerItem('/a')).padEnd(length))
    const { body } = bodyOf(...Array.from(line, (byte) => Uint8Array.of(byte)))
    const work = await countWork(async () => expect(await providersIn(body)).toEqual([found('/a')]))
    return (work.bytesCopied + work.charactersSplit) / length
  }
  expect(await costOf(4_000)).toBeLessThan(10)
  expect(await costOf(16_000)).toBeLessThan(10)
})

test('at most 32 addresses of at most 512 bytes of a provider are returned', async () => {
  const parsed: string[] = []
  const recording = (text: string): Uint8Array => {
    parsed.push(text)
    return parseAddress(text)
  }
  const texts = ['a'.repeat(512), 'b'.repeat(513), 'c'.repeat(2049), ...Array.from({ length: 40 }, (_, n) => `/${n}`)]
  const [provider] = await providersIn(JSON.stringify(providerItem(...texts)), ndjson, { parseAddress: recording })
  expect(provider).toEqual(found(texts[0] as string, ...texts.slice(3, 32)))
  expect(parsed).toHaveLength(31)
})

test('empty chunks of a response count against its limit', async () => {
  let chunks = 0
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (chunks++ > 20_000) controller.close()
      else controller.enqueue(new Uint8Array(0))
    }
  })
  const answer = await answerTo(new Response(body, { headers: { 'content-type': type } }))
  expect(answer).toMatchObject({ error: { code: 'TOO_LARGE' } })
})

test('a provider is returned when its line ends, before the response does', async () => {
  const { body, state } = bodyOf(new TextEncoder().encode(`${JSON.stringify(providerItem('/a'))}\n`), Uint8Array.of(7))
  const { routing } = servers(() => new Response(body, { headers: { 'content-type': ndjson } }), { parseAddress })
  for await (const provider of routing.findProviders?.(multihash) ?? []) {
    expect(provider).toEqual(found('/a'))
    break
  }
  await flushMicrotasks()
  expect(state).toEqual({ cancelled: true, pulled: 1 })
})

test('items that are not providers are skipped, and addresses that are not texts are left out', async () => {
  const items = [
    null,
    7,
    'text',
    [],
    { Schema: 'peer' },
    { ID: 7 },
    { ID: 'no' },
    { ID: id },
    { ID: id, Addrs: '/a' },
    providerItem('/a', 7, null, '/b')
  ]
  const expected = [found(), found(), found('/a', '/b')]
  expect(await providersIn(items.map((item) => JSON.stringify(item)).join('\n'))).toEqual(expected)
  expect(await providersIn(JSON.stringify({ Providers: items }), 'application/json')).toEqual(expected)
  expect(await providersIn(JSON.stringify(providerItem('/a')), ndjson, {})).toEqual([found()])
})

test('a response that is not a list of providers has none', async () => {
  for (const text of ['not JSON', 'null', '7', '[]', '{}', '{"Providers":{}}', '{"Providers":"ab"}']) {
    expect(await providersIn(text, 'application/json')).toEqual([])
  }
  expect(await providersIn(null, 'application/json')).toEqual([])
  expect(await providersIn(null)).toEqual([])
})

test('a list of 1 MiB is read, and a larger one is refused with TOO_LARGE', async () => {
  const line = JSON.stringify(providerItem('/a'))
  const most = line + ' '.repeat(1_048_576 - line.length)
  expect(await providersIn(most)).toEqual([found('/a')])
  await expect(providersIn(`${most} `)).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { code: 'TOO_LARGE' }
  })
  const json = JSON.stringify({ Providers: [providerItem('/a')] })
  expect(await providersIn(json + ' '.repeat(1_048_576 - json.length), 'application/json')).toEqual([found('/a')])
  await expect(providersIn(json + ' '.repeat(1_048_577 - json.length), 'application/json')).rejects.toMatchObject({
    cause: { code: 'TOO_LARGE' }
  })
})

test('findProviders fails only when all servers fail; a server without providers is an answer', async () => {
  const { body, state } = bodyOf(good(1))
  const notFound = new Response(body, { status: 404, headers: { 'content-type': ndjson } })
  const answers = [notFound, new Response(null, { status: 500, headers: { 'content-type': 'application/json' } })]
  const { routing } = servers(() => answers.shift() ?? Promise.reject(new Error('last')), {
    endpoints: ['https://a.test', 'https://b.test']
  })
  expect(await collect(routing.findProviders?.(multihash))).toEqual([])
  expect(state).toEqual({ cancelled: true, pulled: 0 })
  await expect(collect(routing.findProviders?.(multihash))).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'last' }
  })
  const bare = servers(() => new Response(null, { status: 404 }))
  expect(await collect(bare.routing.findProviders?.(multihash))).toEqual([])
  await expect(providersIn('<html>', 'text/html')).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { message: 'the server answered 200 with text/html; 200 with application/json is expected' }
  })
})

test('findProviders returns the providers of a server that fails within its response, and of the next server', async () => {
  let next = 0
  const { routing } = servers(
    () => {
      const line = `${JSON.stringify(providerItem(`/${next++}`))}\n`
      const chunks = [new TextEncoder().encode(line)]
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          const chunk = chunks.pop()
          if (chunk === undefined) controller.error(new Error('reset'))
          else controller.enqueue(chunk)
        }
      })
      return new Response(next === 1 ? body : line, { headers: { 'content-type': ndjson } })
    },
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  expect(await collect(routing.findProviders?.(multihash))).toEqual([found('/0'), found('/1')])
})

test('a routing without endpoints fails with NO_PEERS', async () => {
  const routing = delegatedRouting([])
  for (const answers of [routing.get(key), routing.put(key, good(1)), routing.findProviders?.(multihash)]) {
    await expect(collect<unknown>(answers)).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
  expect(await routing.putToPeer?.(peer(1), key, good(1))).toMatchObject({ status: 'refused' })
})
