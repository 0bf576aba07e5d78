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
    routing: delegatedRouting({ endpoints, ...options }),
    engine: new ToyEngine(),
    quorum: 9
  })
}

test('answers the best of what servers say, and judges each', async () => {
  await using stale = await serve(answering(good(1)))
  await using newest = await serve(answering(good(2)))
  await using lying = await serve(answering(forged(9)))
  const network = store([stale.url, lying.url, newest.url])
  expect((await network.get(key))?.record.value).toEqual(good(2))
  await network.settled()
  expect(stale.asked).toEqual([`GET ${path}`, `PUT ${path}`])
})

test('404 is a miss, and so is a text that says there is nothing', async () => {
  await using gone = await serve((_request, response) => void response.writeHead(404).end('not here'))
  await using says = await serve(
    (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('none')
  )
  expect(await store([gone.url]).get(key)).toBeUndefined()
  expect(await store([says.url]).get(key)).toBeUndefined()
})

test('a failing server, another media type and too large a record are errors, and end no read that has a value', async () => {
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

test('an answer is used again for as long as Cache-Control allows, and not after a put', async () => {
  await using server = await serve(answering(good(1), { 'cache-control': 'public, max-age=60', age: '10' }))
  let now = 0n
  const network = store([server.url], { clock: () => now })
  await network.get(key)
  now = 49_000_000_000n
  await network.get(key)
  expect(server.asked).toHaveLength(1)
  now = 50_000_000_000n
  await network.get(key)
  expect(server.asked).toHaveLength(2)
  await network.put(key, good(2))
  await network.get(key)
  expect(server.asked).toHaveLength(4)
})

test('without Cache-Control, or with no-store, every read asks', async () => {
  await using server = await serve(answering(good(1), { 'cache-control': 'no-store, max-age=60' }))
  const network = store([server.url])
  await network.get(key)
  await network.get(key)
  expect(server.asked).toHaveLength(2)
})

test('a put says which servers took it', async () => {
  const bodies: Uint8Array[] = []
  await using takes = await serve((request, response) => {
    request.on('data', (chunk: Uint8Array) => bodies.push(chunk))
    request.on('end', () => void response.writeHead(request.headers['content-type'] === type ? 200 : 415).end())
  })
  await using refuses = await serve((_request, response) => void response.writeHead(400).end())
  const receipt = await store([takes.url, refuses.url]).put(key, good(1))
  expect(receipt.copies.reached).toBe(1)
  expect(receipt.peers.map(({ status }) => status).toSorted()).toEqual(['refused', 'stored'])
  expect(bodies.map((body) => [...body])).toEqual([[...good(1)]])
})

test('other keys than IPNS names are refused without asking', async () => {
  await using server = await serve(answering(good(1)))
  const toy = new TextEncoder().encode('/toy/x')
  await expect(store([server.url]).get(toy)).rejects.toMatchObject({
    code: 'ROUTING_FAILED',
    cause: { code: 'NAMESPACE_UNKNOWN' }
  })
  await expect(store([server.url]).put(toy, good(1))).rejects.toMatchObject({ code: 'TOO_FEW_COPIES' })
  expect(server.asked).toEqual([])
})

test('an unreachable server is an error, an aborted question throws its reason, a silent server ends at the deadline', async () => {
  await expect(store(['http://127.0.0.1:1']).get(key)).rejects.toMatchObject({ code: 'ROUTING_FAILED' })
  await using silent = await serve(() => undefined)
  const reason = new Error('enough')
  const controller = new AbortController()
  const reading = store([silent.url]).get(key, { signal: controller.signal })
  while (silent.asked.length === 0) await new Promise(setImmediate)
  controller.abort(reason)
  await expect(reading).rejects.toBe(reason)
  await expect(store([silent.url]).get(key, { timeout: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('providers come from NDJSON and from JSON, what is none is passed over', async () => {
  const id = peerIdToString(name)
  const listed = [{ Schema: 'peer', ID: id, Addrs: ['/one', 'bad', 7] }, { Schema: 'peer', ID: 'no' }, null, 7]
  await using ndjson = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.end(`${listed.map((item) => JSON.stringify(item)).join('\n')}\nnonsense`)
  })
  await using json = await serve((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify({ Providers: listed }))
  })
  const parseAddress = (text: string): Uint8Array => {
    if (text === 'bad') throw new Error('bad')
    return Uint8Array.of(text.length)
  }
  for (const { url } of [ndjson, json]) {
    const found = []
    const multihash = Uint8Array.of(0x12, 2, 1, 2)
    for await (const provider of delegatedRouting({ endpoints: [url], parseAddress }).findProviders?.(multihash) ?? [])
      found.push(provider)
    expect(found).toEqual([{ id: name, addresses: [Uint8Array.of(4)] }])
  }
})

test('an endpoint is an http URL', () => {
  expect(() => delegatedRouting({ endpoints: ['file:///x'] })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' })
  )
})
