import { ipnsNameToString, ipnsRoutingKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { DhtRecordStore } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import type { DelegatedRoutingOptions } from '@recordkit/store-dht/delegated'
import { expect, test } from 'vitest'
import { serve } from './http-server.ts'
import type { Handler } from './http-server.ts'
import { forged, good, ToyEngine } from './toy-engine.ts'

const name = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const key = ipnsRoutingKey(name)
const path = `/routing/v1/ipns/${ipnsNameToString(name)}`
const type = 'application/vnd.ipfs.ipns-record'

const answering =
  (value: Uint8Array, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': type, ...headers }).end(value)
  }

function store(endpoints: readonly string[], options: Partial<DelegatedRoutingOptions> = {}): DhtRecordStore {
  return new DhtRecordStore({
    routing: delegatedRouting(endpoints, options),
    engine: new ToyEngine(),
    quorum: 9
  })
}

test('a read returns the best valid answer of all servers, and repairs stale servers', async () => {
  await using stale = await serve(answering(good(1)))
  await using newest = await serve(answering(good(2)))
  await using malicious = await serve(answering(forged(9)))
  const network = store([stale.url, malicious.url, newest.url])
  expect((await network.get(key))?.record.value).toEqual(good(2))
  await network.settled()
  expect(stale.requests).toEqual([`GET ${path}`, `PUT ${path}`])
})

test('a server that answers 404, or 200 with a text, is a miss', async () => {
  await using notFound = await serve((_request, response) => void response.writeHead(404).end('not found'))
  await using plainText = await serve(
    (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('none')
  )
  expect(await store([notFound.url]).get(key)).toBeUndefined()
  expect(await store([plainText.url]).get(key)).toBeUndefined()
})

test('a server error, another media type and too large a record fail a read, unless another server has a value', async () => {
  await using broken = await serve((_request, response) => void response.writeHead(500).end())
  await using page = await serve(answering(good(3), { 'content-type': 'text/html' }))
  await using declared = await serve(answering(new Uint8Array(20_000)))
  await using streamed = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': type })
    const more = (): void => {
      while (!response.destroyed && response.write(new Uint8Array(4096)));
    }
    response.on('drain', more)
    more()
  })
  await using fine = await serve(answering(good(1)))
  for (const { url } of [broken, page, declared, streamed]) {
    await expect(store([url]).get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
    expect((await store([url, fine.url]).get(key))?.record.value).toEqual(good(1))
  }
  await expect(store([streamed.url]).get(key)).rejects.toMatchObject({ cause: { code: 'TOO_LARGE' } })
})

test('a read returns the time for which its record may be cached, the shortest of the servers', async () => {
  await using long = await serve(answering(good(1), { 'cache-control': 'public, max-age=60', age: '10' }))
  await using short = await serve(answering(good(1), { 'cache-control': 'max-age=20' }))
  await using older = await serve(answering(good(0), { 'cache-control': 'no-store' }))
  await using silent = await serve(answering(good(1)))
  const network = store([long.url, short.url, older.url, silent.url])
  expect(await network.get(key)).toMatchObject({ maxAge: 20_000_000_000n })
  expect(await store([silent.url]).get(key)).toMatchObject({ maxAge: undefined })
  await network.get(key)
  expect(long.requests).toHaveLength(2)
})

test('a redirect to another host is not followed, and its body is not sent there', async () => {
  await using other = await serve(answering(good(2)))
  await using redirecting = await serve((_request, response) => {
    response.writeHead(307, { location: `${other.url}${path}` }).end()
  })
  const network = store([redirecting.url])
  await expect(network.get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  await expect(network.put(key, good(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(other.requests).toEqual([])
})

test('a redirect within a server is followed with the body', async () => {
  const bodies: string[] = []
  await using server = await serve((request, response) => {
    if (request.url === path) response.writeHead(308, { location: '/moved' }).end()
    else {
      request.on('data', (chunk: Uint8Array) => bodies.push([...chunk].join()))
      request.on('end', () => void response.writeHead(200, { 'content-type': type }).end(good(1)))
    }
  })
  const network = store([server.url])
  expect((await network.get(key))?.record.value).toEqual(good(1))
  await network.put(key, good(1))
  expect(bodies).toEqual([[...good(1)].join()])
  expect(server.requests).toEqual([`GET ${path}`, 'GET /moved', `PUT ${path}`, 'PUT /moved'])
})

test('the password of an endpoint reaches the server, and no receipt', async () => {
  const headers: (string | undefined)[] = []
  await using server = await serve((request, response) => {
    headers.push(request.headers.authorization, request.headers['cache-control'])
    response.writeHead(request.method === 'PUT' ? 403 : 200, { 'content-type': type }).end(good(1))
  })
  const network = store([server.url.replace('http://', 'http://user:word@')])
  expect((await network.get(key, { noCache: true }))?.from).toEqual([new TextEncoder().encode(server.url)])
  const error: unknown = await network.put(key, good(1)).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ details: { peers: [{ from: new TextEncoder().encode(server.url) }] } })
  expect(headers).toEqual([`Basic ${btoa('user:word')}`, 'no-cache', `Basic ${btoa('user:word')}`, undefined])
})

test('the receipt of a put tells which servers stored the record', async () => {
  const bodies: Uint8Array[] = []
  await using storing = await serve((request, response) => {
    request.on('data', (chunk: Uint8Array) => bodies.push(chunk))
    request.on('end', () => void response.writeHead(request.headers['content-type'] === type ? 200 : 415).end())
  })
  await using refusing = await serve((_request, response) => void response.writeHead(400).end())
  const receipt = await store([storing.url, refusing.url]).put(key, good(1))
  expect(receipt.copies.reached).toBe(1)
  expect(receipt.peers.map(({ status }) => status).toSorted()).toEqual(['refused', 'stored'])
  expect(bodies.map((body) => [...body])).toEqual([[...good(1)]])
})

test('a key that is not an IPNS name fails without asking a server', async () => {
  await using server = await serve(answering(good(1)))
  const toy = new TextEncoder().encode('/toy/x')
  await expect(store([server.url]).get(toy)).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { code: 'NAMESPACE_UNKNOWN' }
  })
  await expect(store([server.url]).put(toy, good(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(server.requests).toEqual([])
})

test('a read fails when its server cannot be reached, when it is aborted, and when its timeout expires', async () => {
  await expect(store(['http://127.0.0.1:1']).get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  await using silent = await serve(() => undefined)
  const reason = new Error('aborted')
  const controller = new AbortController()
  const reading = store([silent.url]).get(key, { signal: controller.signal })
  while (silent.requests.length === 0) await new Promise(setImmediate)
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
  await expect(store([silent.url]).get(key, { timeout: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('providers are read from NDJSON and JSON, and invalid items are skipped', async () => {
  const id = peerIdToString(name)
  const items = [{ Schema: 'peer', ID: id, Addrs: ['/one', 'bad', 7] }, { Schema: 'peer', ID: 'no' }, null, 7]
  await using ndjson = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(`${items.map((item) => JSON.stringify(item)).join('\n')}\nnot JSON`)
  })
  await using json = await serve((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify({ Providers: items }))
  })
  const parseAddress = (text: string): Uint8Array => {
    if (text === 'bad') throw new Error('bad')
    return Uint8Array.of(text.length)
  }
  for (const { url } of [ndjson, json]) {
    const found = []
    const multihash = Uint8Array.of(0x12, 2, 1, 2)
    for await (const provider of delegatedRouting([url], { parseAddress }).findProviders?.(multihash) ?? [])
      found.push(provider)
    expect(found).toEqual([{ id: name, addresses: [Uint8Array.of(4)] }])
  }
})

test('an endpoint that is not an http URL is an invalid argument', () => {
  expect(() => delegatedRouting(['file:///x'])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})
