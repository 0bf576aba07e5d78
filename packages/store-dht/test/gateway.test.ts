import { ipnsNameToString, ipnsRoutingKey, parsePeerId } from '@recordkit/record-codec'
import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import type { RoutingAnswer } from '@recordkit/record-types'
import { DhtRecordStore, parallelRouting } from '@recordkit/store-dht'
import { gatewayRouting } from '@recordkit/store-dht/gateway'
import { second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { forged, good, ToyEngine } from './toy-engine.ts'
import { routingOf, silence } from './toy-routing.ts'

const name = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const key = ipnsRoutingKey(name)
const path = `/ipns/${ipnsNameToString(name)}?format=ipns-record`
const type = 'application/vnd.ipfs.ipns-record'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const record = (value: Uint8Array, headers: Record<string, string> = {}): Response =>
  new Response(new Uint8Array(value), { headers: { 'content-type': type, ...headers } })

/** A routing over gateways, by default one, of which each answers a URL with `answer`; and the requests it sent. */
function gateways(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  urls: readonly string[] = ['https://a.test']
) {
  const requests: { readonly url: string; readonly init: RequestInit }[] = []
  const routing = gatewayRouting(urls, {
    async fetch(url, init) {
      requests.push({ url, init })
      return answer(url, init)
    }
  })
  return { routing, requests }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const answerTo = async (response: Response): Promise<RoutingAnswer | undefined> =>
  (await collect(gateways(() => response).routing.get(key)))[0]

test('every gateway is asked for the record of the name, concurrently, and each answer is from the bytes of its URL', async () => {
  const waiting: ((response: Response) => void)[] = []
  const { routing, requests } = gateways(
    () => new Promise((resolve) => void waiting.push(resolve)),
    ['https://a.test', 'http://127.0.0.1:8080/', 'https://c.test/prefix']
  )
  const reading = collect(routing.get(key))
  await flushMicrotasks()
  expect(requests.map(({ url }) => url)).toEqual(
    ['https://a.test', 'http://127.0.0.1:8080', 'https://c.test/prefix'].map((base) => base + path)
  )
  for (const { init } of requests)
    expect(init).toMatchObject({ headers: { accept: type }, cache: 'no-cache', redirect: 'manual' })
  for (const [index, answer] of waiting.entries()) answer(record(good(index)))
  expect(await reading).toEqual([
    { from: bytesOf('https://a.test'), value: good(0) },
    { from: bytesOf('http://127.0.0.1:8080'), value: good(1) },
    { from: bytesOf('https://c.test/prefix'), value: good(2) }
  ])
})

test('a get with noCache asks past the HTTP cache', async () => {
  const { routing, requests } = gateways(() => record(good(1)))
  await collect(routing.get(key, { noCache: true }))
  expect(requests[0]?.init.cache).toBe('no-store')
})

test('an answer may be cached for as long as the gateway says, and no-store means not at all', async () => {
  expect(await answerTo(record(good(1), { 'cache-control': 'public, max-age=60', age: '20' }))).toMatchObject({
    maxAge: 40n * second
  })
  expect(await answerTo(record(good(1), { 'cache-control': 'no-store' }))).toMatchObject({ maxAge: 0n })
  expect(await answerTo(record(good(1)))).toMatchObject({ maxAge: undefined })
})

test('404 is a miss; any other status, a page and a text are errors', async () => {
  expect(await answerTo(new Response('not found', { status: 404 }))).toEqual({ from: bytesOf('https://a.test') })
  for (const [status, media] of [
    [500, 'text/plain'],
    [200, 'text/html'],
    [200, 'text/plain'],
    [206, type],
    [200, 'application/octet-stream']
  ] as const) {
    expect(await answerTo(new Response('x', { status, headers: { 'content-type': media } }))).toMatchObject({
      from: bytesOf('https://a.test'),
      error: {
        code: 'ROUTING_FAILED',
        message: `the server answered ${status} with ${media}; 200 with ${type} is expected`
      }
    })
  }
})

test('of a gigabyte, 10 KiB are read', async () => {
  const state = { read: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        state.read += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel() {
        state.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  const headers = { 'content-type': type }
  expect(await answerTo(new Response(body, { headers }))).toMatchObject({ error: { code: 'TOO_LARGE', limit: 10_240 } })
  expect(state).toEqual({ read: 65_536, cancelled: true })
  expect(
    await answerTo(new Response('', { headers: { ...headers, 'content-length': String(2 ** 30) } }))
  ).toMatchObject({ error: { code: 'TOO_LARGE', size: 2 ** 30 } })
})

test.for([
  'https://b.test/ipns/x',
  `https://${ipnsNameToString(name)}.ipns.a.test/`,
  'http://a.test/',
  'http://169.254.169.254/'
])('a redirect to another origin is not followed: %s', async (location) => {
  const { routing, requests } = gateways(() => new Response(null, { status: 302, headers: { location } }))
  expect(await collect(routing.get(key))).toMatchObject([
    { error: { code: 'ROUTING_FAILED', message: 'the server redirects to another origin' } }
  ])
  expect(requests).toHaveLength(1)
})

test('the credentials of a gateway are sent as a header, and are in no URL and in no answer', async () => {
  const { routing, requests } = gateways(() => new Response('', { status: 401 }), ['https://user:secret@a.test'])
  const answers = await collect(routing.get(key))
  expect(requests[0]?.url).toBe(`https://a.test${path}`)
  expect(requests[0]?.init.headers).toMatchObject({ authorization: `Basic ${btoa('user:secret')}` })
  expect(answers.map(({ from }) => from)).toEqual([bytesOf('https://a.test')])
  expect(answers.map((answer) => String('error' in answer && answer.error)).join()).not.toContain('secret')
})

test('a put fails, and sends nothing; a key of another namespace is an error for every gateway', async () => {
  const { routing, requests } = gateways(() => record(good(1)), ['https://a.test', 'https://b.test'])
  expect(routing.readOnly).toBe(true)
  await expect(collect(routing.put(key, good(1)))).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    message: 'gateways are read only'
  })
  const other = await collect(routing.get(bytesOf('/toy/x')))
  expect(other).toMatchObject([{ error: { code: 'NAMESPACE_UNKNOWN' } }, { error: { code: 'NAMESPACE_UNKNOWN' } }])
  expect(requests).toEqual([])
  await expect(collect(gatewayRouting([]).get(key))).rejects.toMatchObject({ code: 'NO_PEERS' })
  await expect(collect(gatewayRouting([]).put(key, good(1)))).rejects.toMatchObject({ code: 'NO_PEERS' })
})

test.each<[unknown, RegExp]>([
  [undefined, /^gateways is undefined; an array of URLs/],
  ['https://a.test', /^gateways is a string; an array of URLs/],
  [['a.test'], /^gateways\[0\] is "a\.test"; an http or https URL is expected$/],
  [
    ['https://a.test', 'https://a.test/ipns/'],
    /^gateways\[1\] contains \/ipns, which is added to it; expected is https:\/\/a\.test$/
  ],
  [['https://a.test/?format=ipns-record'], /^gateways\[0\] has a query/],
  [['https://secret@:0/?secret'], /^gateways\[0\] is "\.\.\.@:0\/"; an http/]
])('wrong gateways %# are an invalid argument', (urls, message) => {
  expect(() => gatewayRouting(urls as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as string })
  )
})

test('when the caller aborts, the requests are aborted and the get rejects with the reason', async () => {
  const controller = new AbortController()
  const { routing, requests } = gateways(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
  )
  const reading = collect(routing.get(key, { signal: controller.signal }))
  await flushMicrotasks()
  controller.abort(new Error('aborted by the caller'))
  await expect(reading).rejects.toThrow('aborted by the caller')
  expect(requests[0]?.init.signal?.aborted).toBe(true)
})

const lies: Record<string, () => Response | Promise<Response>> = {
  'a forged record': () => record(forged(9)),
  'an old record': () => record(good(1)),
  garbage: () => record(Uint8Array.of(1)),
  'a page': () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
  'a redirect': () => new Response(null, { status: 301, headers: { location: 'https://b.test/' } }),
  'a body that never ends': () =>
    new Response(new ReadableStream({ pull: () => silence }), { headers: { 'content-type': type } }),
  'an error': () => Promise.reject(new TypeError('fetch failed')),
  nothing: () => silence
}

test.for(Object.keys(lies))(
  'the newest honest record is the result when another gateway, asked beside it, answers with %s',
  async (lie) => {
    const time = new FakeTimers()
    const { routing } = gateways(
      (url) => (url.startsWith('https://a') ? (lies[lie] as () => Response)() : record(good(2))),
      ['https://a.test', 'https://b.test']
    )
    const older = routingOf({ answers: [{ from: bytesOf('older'), value: good(1) }] })
    const store = new DhtRecordStore({
      routing: parallelRouting([routing, older], { setTimer: time.setTimer }),
      engine: new ToyEngine(),
      quorum: 9,
      setTimer: time.setTimer
    })
    let found: RoutingAnswer['from']
    const reading = store.get(key).then((result) => {
      found = result?.record.value
    })
    await flushMicrotasks()
    await time.advance(30n * second)
    await reading
    expect(found).toEqual(good(2))
  }
)

test('unknown options are an invalid argument', () => {
  expect(() => gatewayRouting(['https://example.org'], { fetsh: fetch } as never)).toThrow('unknown option "fetsh"')
})
