import { ipnsNameToString, ipnsRoutingKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { second } from '@recordkit/testing'
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

interface Asked {
  readonly url: string
  readonly init: RequestInit
}

/** Servers at `https://a.test` and so on, that answer what `answer` says. */
function servers(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  options: Partial<DelegatedRoutingOptions> = {}
) {
  const asked: Asked[] = []
  const routing = delegatedRouting({
    endpoints: ['https://a.test'],
    async fetch(url, init) {
      asked.push({ url, init })
      return answer(url, init)
    },
    ...options
  })
  return { routing, asked }
}

/** A body that comes in pieces, and says whether it was cancelled. */
function bodyOf(...pieces: readonly Uint8Array[]) {
  const state = { cancelled: false, pulled: 0 }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const piece = pieces[state.pulled++]
        if (piece === undefined) controller.close()
        else controller.enqueue(new Uint8Array(piece))
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

/** What the one server says to a get. */
async function answerTo(response: Response): Promise<RoutingAnswer | undefined> {
  return (await collect(servers(() => response).routing.get(key)))[0]
}

test('every server is asked for the name, and is a peer of its URL’s bytes', async () => {
  const { routing, asked } = servers((url) => record(url.startsWith('https://a') ? good(1) : good(2)), {
    endpoints: ['https://a.test', 'http://b.test/api//']
  })
  const { signal } = new AbortController()
  expect(await collect(routing.get(key, { signal }))).toEqual([
    { from: from('https://a.test'), value: good(1) },
    { from: from('http://b.test/api'), value: good(2) }
  ])
  expect(asked).toEqual(
    ['https://a.test', 'http://b.test/api'].map((base) => ({
      url: base + path,
      init: { headers: { accept: type }, signal }
    }))
  )
})

test('what comes first is handed over first, and all are asked at once', async () => {
  const later: (() => void)[] = []
  const { routing, asked } = servers(
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
    expect(asked).toHaveLength(3)
    later[index]?.()
    expect((await next).value).toMatchObject({ value: good(97 + index) })
  }
  expect((await answers.next()).done).toBe(true)
})

test('404, whatever comes with it, and 200 with a text are a server that has nothing', async () => {
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
] as const)('%i with %s is an error that says what came and what is needed', async ([status, media, said]) => {
  const { body, state } = bodyOf(good(1))
  const response = new Response(body, {
    status,
    ...(media === undefined ? {} : { headers: { 'content-type': media } })
  })
  expect(await answerTo(response)).toMatchObject({
    from: from('https://a.test'),
    error: {
      code: 'ROUTING_FAILED',
      message: `the server answered ${said}; 200 with ${type} is needed`
    }
  })
  expect(state).toEqual({ cancelled: true, pulled: 0 })
  expect(await answerTo(new Response(null, { status: 500 }))).toMatchObject({ error: { code: 'ROUTING_FAILED' } })
})

test('a media type is read without its parameters, in any case', async () => {
  for (const media of ['Application/VND.ipfs.IPNS-Record', `${type}; v=1`, `${type} ;a="\u00a0";b`]) {
    expect(await answerTo(record(good(1), { 'content-type': media }))).toMatchObject({ value: good(1) })
  }
})

test('a record comes in pieces, is read to its last byte, and may be empty', async () => {
  const { body } = bodyOf(good(1), new Uint8Array(), good(2))
  const pieces = new Response(body, { headers: { 'content-type': type } })
  expect(await answerTo(pieces)).toMatchObject({ value: Uint8Array.of(...good(1), ...good(2)) })
  const none = new Response(null, { headers: { 'content-type': type } })
  expect(await answerTo(none)).toMatchObject({ value: new Uint8Array() })
})

test('10 KiB are read, and one byte more is not', async () => {
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

test('a server that cannot be reached is an error of its own', async () => {
  const failure = new TypeError('fetch failed')
  const { routing } = servers(() => Promise.reject(failure))
  expect(await collect(routing.get(key))).toEqual([{ from: from('https://a.test'), error: failure }])
})

/** Whether an answer with these headers is used again `seconds` later. */
async function usedAfter(seconds: number, headers: Record<string, string>): Promise<boolean> {
  let now = 0n
  const { routing, asked } = servers(() => record(good(1), headers), { clock: () => now })
  await collect(routing.get(key))
  now = BigInt(seconds) * second
  expect(await collect(routing.get(key))).toMatchObject([{ value: good(1) }])
  return asked.length === 1
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
] as const)('an answer with %o is used again for %i s', async ([headers, seconds]) => {
  expect(await usedAfter(seconds, headers as Record<string, string>)).toBe(false)
  if (seconds > 0) expect(await usedAfter(seconds - 1, headers as Record<string, string>)).toBe(true)
})

const lasting = { 'cache-control': 'max-age=60' }
const keyOf = (number: number): Uint8Array =>
  ipnsRoutingKey(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, number >> 8, number & 255, ...new Uint8Array(30)))

test('256 answers are remembered, the one that came longest ago is forgotten first', async () => {
  let now = 0n
  const { routing, asked } = servers(() => record(good(1), lasting), { clock: () => now })
  for (let number = 0; number < 256; number++) {
    if (number === 1) now = 59n * second
    await collect(routing.get(keyOf(number)))
  }
  now = 60n * second
  await collect(routing.get(keyOf(0)))
  expect(asked).toHaveLength(257)
  await collect(routing.get(keyOf(256)))
  expect(asked).toHaveLength(258)
  await collect(routing.get(keyOf(0)))
  await collect(routing.get(keyOf(2)))
  expect(asked).toHaveLength(258)
  await collect(routing.get(keyOf(1)))
  expect(asked).toHaveLength(259)
})

test('an answer is the caller’s to change, remembered or not', async () => {
  const { routing, asked } = servers(() => record(good(1), lasting))
  for (let time = 0; time < 3; time++) {
    const [answer] = (await collect(routing.get(key))) as { readonly value: Uint8Array }[]
    expect(answer?.value).toEqual(good(1))
    answer?.value.fill(9)
  }
  expect(asked).toHaveLength(1)
})

test('an answer that may not be used again ends one that might have been', async () => {
  const answers = [record(good(1), lasting), record(good(2)), record(good(3))]
  let now = 0n
  const { routing, asked } = servers(() => answers.shift() ?? new Response(), { clock: () => now })
  await collect(routing.get(key))
  now = 60n * second
  await collect(routing.get(key))
  now = 0n
  expect(await collect(routing.get(key))).toMatchObject([{ value: good(3) }])
  expect(asked).toHaveLength(3)
})

test('a put hands the server the record, and no signal where there is none', async () => {
  const { routing, asked } = servers(() => new Response(null, { status: 204 }))
  expect(await collect(routing.put(key, good(1)))).toEqual([{ from: from('https://a.test'), status: 'stored' }])
  expect(asked).toEqual([
    {
      url: `https://a.test${path}`,
      init: { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(good(1)) }
    }
  ])
})

test('what a server says to a put is not read, and tells why where it refused', async () => {
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

test('a put that fails is refused, and late where it was told to stop', async () => {
  const failure = new TypeError('fetch failed')
  const controller = new AbortController()
  let stop = (): void => undefined
  const { routing, asked } = servers(() => {
    stop()
    return Promise.reject(failure)
  })
  const [refused] = await collect(routing.put(key, good(1), { signal: controller.signal }))
  expect(refused).toEqual({ from: from('https://a.test'), status: 'refused', error: failure })
  expect(await collect(routing.put(key, good(1)))).toEqual([refused])
  stop = () => controller.abort(new Error('enough'))
  const [late] = await collect(routing.put(key, good(1), { signal: controller.signal }))
  expect(late).toEqual({ from: from('https://a.test'), status: 'timeout', error: failure })
  expect(asked[0]?.init.signal).toBe(controller.signal)
})

test('an answer that came while a put was under way is not used again', async () => {
  let take = (): void => undefined
  const taken = new Promise<void>((resolve) => (take = resolve))
  const { routing, asked } = servers(async (_url, { method }) => {
    if (method === 'PUT') await taken
    return record(good(1), lasting)
  })
  const putting = collect(routing.put(key, good(2)))
  await collect(routing.get(key))
  take()
  await putting
  await collect(routing.get(key))
  expect(asked.map(({ init }) => init.method)).toEqual(['PUT', undefined, undefined])
})

test('an answer to what was asked before a put is not used again, however late it comes', async () => {
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const { routing, asked } = servers(async (_url, { method }) => {
    if (method !== 'PUT' && asked.length === 1) await answered
    return record(good(1), lasting)
  })
  const asking = collect(routing.get(key))
  await collect(routing.put(key, good(2)))
  answer()
  await asking
  await collect(routing.get(key))
  await collect(routing.get(key))
  expect(asked.map(({ init }) => init.method)).toEqual([undefined, 'PUT', undefined])
})

test('a repair goes to the one server that is named', async () => {
  const { routing, asked } = servers(() => new Response(), { endpoints: ['https://a.test', 'https://b.test'] })
  const { signal } = new AbortController()
  expect(await routing.putToPeer?.(from('https://b.test'), key, good(1), { signal })).toEqual({
    from: from('https://b.test'),
    status: 'stored'
  })
  expect(asked.map(({ url, init }) => [url, init.signal])).toEqual([[`https://b.test${path}`, signal]])
  for (const [to, what] of [
    [from('https://c.test'), key],
    [from('https://a.test'), new TextEncoder().encode('/toy/x')]
  ] as const) {
    expect(await routing.putToPeer?.(to, what, good(1))).toMatchObject({
      from: to,
      status: 'refused',
      error: { code: 'NAMESPACE_UNKNOWN', key: what }
    })
  }
  expect(asked).toHaveLength(1)
})

test('a key that is no name is an error of every server, and none is asked', async () => {
  const toy = new TextEncoder().encode('/toy/x')
  const { routing, asked } = servers(() => new Response(), { endpoints: ['https://a.test', 'https://b.test'] })
  const error = { code: 'NAMESPACE_UNKNOWN', key: toy }
  const peers = [from('https://a.test'), from('https://b.test')]
  expect(await collect(routing.get(toy))).toMatchObject(peers.map((server) => ({ from: server, error })))
  expect(await collect(routing.put(toy, good(1)))).toMatchObject(
    peers.map((server) => ({ from: server, status: 'refused', error }))
  )
  expect(asked).toEqual([])
})

test("what is aborted before it begins or under way throws the signal's own reason", async () => {
  const reason = new Error('enough')
  const before = AbortSignal.abort(reason)
  const { routing, asked } = servers(() => new Response())
  await expect(collect(routing.get(key, { signal: before }))).rejects.toBe(reason)
  await expect(collect(routing.put(key, good(1), { signal: before }))).rejects.toBe(reason)
  await expect(collect(routing.findProviders?.(multihash, { signal: before }))).rejects.toBe(reason)
  expect(asked).toEqual([])
  for (const question of ['get', 'findProviders'] as const) {
    const controller = new AbortController()
    const stopped = servers(() => {
      controller.abort(reason)
      return Promise.reject(new TypeError('fetch failed'))
    })
    await expect(
      collect<unknown>(stopped.routing[question]?.(question === 'get' ? key : multihash, { signal: controller.signal }))
    ).rejects.toBe(reason)
  }
})

test.for(['file:///x', 'nonsense', 'https:', 'ftp://http://x', ''])('%s is no endpoint', (endpoint) => {
  expect(() => delegatedRouting({ endpoints: ['https://a.test', endpoint] })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`"${endpoint}"`) as string })
  )
})

const id = peerIdToString(name)
const listed = (...texts: readonly unknown[]): object => ({ Schema: 'peer', ID: id, Addrs: texts })
const parseAddress = (text: string): Uint8Array => new TextEncoder().encode(text)
const found = (...texts: readonly string[]): Provider => ({ id: name, addresses: texts.map(parseAddress) })

/** Who provides it, as one server says. */
async function providersIn(
  body: BodyInit | null,
  media = ndjson,
  options: Partial<DelegatedRoutingOptions> = { parseAddress }
): Promise<Provider[]> {
  const answer = (): Response => new Response(body, { headers: { 'content-type': media } })
  return collect(servers(answer, options).routing.findProviders?.(multihash))
}

test('servers are asked for the providers of a CID, one after another', async () => {
  const { routing, asked } = servers(
    () => new Response(JSON.stringify(listed('/a')), { headers: { 'content-type': ndjson } }),
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  const { signal } = new AbortController()
  expect(await collect(routing.findProviders?.(multihash, { signal }))).toEqual([found('/a'), found('/a')])
  expect(asked).toEqual(
    ['https://a.test', 'https://b.test'].map((base) => ({
      url: `${base}/routing/v1/providers/bafkreaqbai`,
      init: { headers: { accept: `${ndjson}, application/json;q=0.5` }, signal }
    }))
  )
})

test('a list of providers comes in pieces, cut anywhere', async () => {
  const bytes = new TextEncoder().encode(
    [listed('/ä'), listed('/€'), listed('/c')].map((item) => JSON.stringify(item)).join('\n')
  )
  const { body } = bodyOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))
  expect(await providersIn(body)).toEqual([found('/ä'), found('/€'), found('/c')])
})

test('a provider is handed over as its line ends', async () => {
  const { body, state } = bodyOf(new TextEncoder().encode(`${JSON.stringify(listed('/a'))}\n`), Uint8Array.of(7))
  const { routing } = servers(() => new Response(body, { headers: { 'content-type': ndjson } }), { parseAddress })
  for await (const provider of routing.findProviders?.(multihash) ?? []) {
    expect(provider).toEqual(found('/a'))
    break
  }
  expect(state).toEqual({ cancelled: true, pulled: 1 })
})

test('what is no provider is passed over, and what is no address left out', async () => {
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
    listed('/a', 7, null, '/b')
  ]
  const expected = [found(), found(), found('/a', '/b')]
  expect(await providersIn(items.map((item) => JSON.stringify(item)).join('\n'))).toEqual(expected)
  expect(await providersIn(JSON.stringify({ Providers: items }), 'application/json')).toEqual(expected)
  expect(await providersIn(JSON.stringify(listed('/a')), ndjson, {})).toEqual([found()])
})

test('a list that is none has no providers', async () => {
  for (const text of ['nonsense', 'null', '7', '[]', '{}', '{"Providers":{}}', '{"Providers":"ab"}']) {
    expect(await providersIn(text, 'application/json')).toEqual([])
  }
  expect(await providersIn(null, 'application/json')).toEqual([])
  expect(await providersIn(null)).toEqual([])
})

test('1 MiB of a list is read, and one byte more is an error', async () => {
  const line = JSON.stringify(listed('/a'))
  const most = line + ' '.repeat(1_048_576 - line.length)
  expect(await providersIn(most)).toEqual([found('/a')])
  await expect(providersIn(`${most} `)).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { code: 'TOO_LARGE' }
  })
  const json = JSON.stringify({ Providers: [listed('/a')] })
  expect(await providersIn(json + ' '.repeat(1_048_576 - json.length), 'application/json')).toEqual([found('/a')])
  await expect(providersIn(json + ' '.repeat(1_048_577 - json.length), 'application/json')).rejects.toMatchObject({
    cause: { code: 'TOO_LARGE' }
  })
})

test('servers that know of none are an answer; servers that fail are an error if all do', async () => {
  const { body, state } = bodyOf(good(1))
  const none = new Response(body, { status: 404, headers: { 'content-type': ndjson } })
  const answers = [none, new Response(null, { status: 500, headers: { 'content-type': 'application/json' } })]
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
    cause: { message: 'the server answered 200 with text/html; 200 with application/json is needed' }
  })
})

test('a server that fails in the middle spoils nothing of what it said, nor of the next', async () => {
  let next = 0
  const { routing } = servers(
    () => {
      const line = `${JSON.stringify(listed(`/${next++}`))}\n`
      const pieces = [new TextEncoder().encode(line)]
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          const piece = pieces.pop()
          if (piece === undefined) controller.error(new Error('reset'))
          else controller.enqueue(piece)
        }
      })
      return new Response(next === 1 ? body : line, { headers: { 'content-type': ndjson } })
    },
    { endpoints: ['https://a.test', 'https://b.test'], parseAddress }
  )
  expect(await collect(routing.findProviders?.(multihash))).toEqual([found('/0'), found('/1')])
})

test('without servers there is nobody to ask', async () => {
  const routing = delegatedRouting({ endpoints: [] })
  for (const answers of [routing.get(key), routing.put(key, good(1)), routing.findProviders?.(multihash)]) {
    await expect(collect<unknown>(answers)).rejects.toMatchObject({ code: 'NO_PEERS' })
  }
  expect(await routing.putToPeer?.(peer(1), key, good(1))).toMatchObject({ status: 'refused' })
})
