import { ipnsNameToString, ipnsRoutingKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
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

/** A routing over servers that answer with `answer`, by default one at `https://a.test`, and the requests it sent. */
function servers(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  options: Partial<DelegatedRoutingOptions> = {}
) {
  const requests: SentRequest[] = []
  const routing = delegatedRouting({
    endpoints: ['https://a.test'],
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
  const { signal } = new AbortController()
  expect(await collect(routing.get(key, { signal }))).toEqual([
    { from: from('https://a.test'), value: good(1) },
    { from: from('http://b.test/api'), value: good(2) }
  ])
  expect(requests).toEqual(
    ['https://a.test', 'http://b.test/api'].map((base) => ({
      url: base + path,
      init: { headers: { accept: type }, signal }
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

/** Whether an answer with these headers is still cached `seconds` later. */
async function isCachedAfter(seconds: number, headers: Record<string, string>): Promise<boolean> {
  let now = 0n
  const { routing, requests } = servers(() => record(good(1), headers), { clock: () => now })
  await collect(routing.get(key))
  now = BigInt(seconds) * second
  expect(await collect(routing.get(key))).toMatchObject([{ value: good(1) }])
  return requests.length === 1
}

test.for([
  [{ 'cache-control': 'max-age=60' }, 60],
  [{ 'cache-control': 'public,MAX-AGE=60, immutable' }, 60],
  [{ 'cache-control': 'max-age=60', age: '15' }, 45],
  [{ 'cache-control': 'max-age=60', age: '15.5' }, 44],
  [{ 'cache-control': 'max-age=60', age: '61' }, 0],
  [{ 'cache-control': 'max-age=60', age: '-9' }, 60],
  [{ 'cache-control': 'max-age=60', age: 'soon' }, 60],
  [{ 'cache-control': 'max-age=3601' }, 3600],
  [{ 'cache-control': 'max-age=999999999' }, 3600],
  [{ 'cache-control': 'max-age=0' }, 0],
  [{ 'cache-control': 'max-age=' }, 0],
  [{ 'cache-control': 's-maxage=60' }, 0],
  [{ 'cache-control': 'no-store, max-age=60' }, 0],
  [{ 'cache-control': 'max-age=60, No-Cache' }, 0],
  [{}, 0],
  [{ age: '-9' }, 0]
] as const)('an answer with %o is cached for %i s', async ([headers, seconds]) => {
  expect(await isCachedAfter(seconds, headers as Record<string, string>)).toBe(false)
  if (seconds > 0) expect(await isCachedAfter(seconds - 1, headers as Record<string, string>)).toBe(true)
})

const cacheable = { 'cache-control': 'max-age=60' }
const keyOf = (number: number): Uint8Array =>
  ipnsRoutingKey(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, number >> 8, number & 255, ...new Uint8Array(30)))

test('256 answers are cached; the oldest is removed first', async () => {
  let now = 0n
  const { routing, requests } = servers(() => record(good(1), cacheable), { clock: () => now })
  for (let number = 0; number < 256; number++) {
    if (number === 1) now = 59n * second
    await collect(routing.get(keyOf(number)))
  }
  now = 60n * second
  await collect(routing.get(keyOf(0)))
  expect(requests).toHaveLength(257)
  await collect(routing.get(keyOf(256)))
  expect(requests).toHaveLength(258)
  await collect(routing.get(keyOf(0)))
  await collect(routing.get(keyOf(2)))
  expect(requests).toHaveLength(258)
  await collect(routing.get(keyOf(1)))
  expect(requests).toHaveLength(259)
})

test('changing the bytes of an answer does not change the cached value', async () => {
  const { routing, requests } = servers(() => record(good(1), cacheable))
  for (let time = 0; time < 3; time++) {
    const [answer] = (await collect(routing.get(key))) as { readonly value: Uint8Array }[]
    expect(answer?.value).toEqual(good(1))
    answer?.value.fill(9)
  }
  expect(requests).toHaveLength(1)
})

test('an answer that cannot be cached removes an older cached one', async () => {
  const answers = [record(good(1), cacheable), record(good(2)), record(good(3))]
  let now = 0n
  const { routing, requests } = servers(() => answers.shift() ?? new Response(), { clock: () => now })
  await collect(routing.get(key))
  now = 60n * second
  await collect(routing.get(key))
  now = 0n
  expect(await collect(routing.get(key))).toMatchObject([{ value: good(3) }])
  expect(requests).toHaveLength(3)
})

test('a put sends the record to the server, and a signal only when there is one', async () => {
  const { routing, requests } = servers(() => new Response(null, { status: 204 }))
  expect(await collect(routing.put(key, good(1)))).toEqual([{ from: from('https://a.test'), status: 'stored' }])
  expect(requests).toEqual([
    {
      url: `https://a.test${path}`,
      init: { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(good(1)) }
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

test('an answer that arrives during a put is not cached', async () => {
  let accept = (): void => undefined
  const accepted = new Promise<void>((resolve) => (accept = resolve))
  const { routing, requests } = servers(async (_url, { method }) => {
    if (method === 'PUT') await accepted
    return record(good(1), cacheable)
  })
  const putting = collect(routing.put(key, good(2)))
  await collect(routing.get(key))
  accept()
  await putting
  await collect(routing.get(key))
  expect(requests.map(({ init }) => init.method)).toEqual(['PUT', undefined, undefined])
})

test('an answer that was requested before a put and arrives after it is not cached', async () => {
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const { routing, requests } = servers(async (_url, { method }) => {
    if (method !== 'PUT' && requests.length === 1) await answered
    return record(good(1), cacheable)
  })
  const asking = collect(routing.get(key))
  await collect(routing.put(key, good(2)))
  answer()
  await asking
  await collect(routing.get(key))
  await collect(routing.get(key))
  expect(requests.map(({ init }) => init.method)).toEqual([undefined, 'PUT', undefined])
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
    expect(() => delegatedRouting({ endpoints: ['https://a.test', endpoint] })).toThrow(
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

test('findProviders asks the servers for the raw CID of the multihash, one after another', async () => {
  const { routing, requests } = servers(
    () => new Response(JSON.stringify(providerItem('/a')), { headers: { 'content-type': ndjson } }),
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  const { signal } = new AbortController()
  expect(await collect(routing.findProviders?.(multihash, { signal }))).toEqual([found('/a'), found('/a')])
  expect(requests).toEqual(
    ['https://a.test', 'https://b.test'].map((base) => ({
      url: `${base}/routing/v1/providers/bafkreaqbai`,
      init: { headers: { accept: `${ndjson}, application/json;q=0.5` }, signal }
    }))
  )
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
  const routing = delegatedRouting({ endpoints: [] })
  for (const answers of [routing.get(key), routing.put(key, good(1)), routing.findProviders?.(multihash)]) {
    await expect(collect<unknown>(answers)).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
  expect(await routing.putToPeer?.(peer(1), key, good(1))).toMatchObject({ status: 'refused' })
})
