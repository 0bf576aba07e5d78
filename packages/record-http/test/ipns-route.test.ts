import { ipnsNameToString, parseIpnsName, peerIdToString } from '@recordkit/record-codec'
import { openIpnsRecord } from '@recordkit/record-crypto'
import { ed25519Portable } from '@recordkit/record-crypto/ed25519-portable'
import { hour, minute, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { createTestHandler, recordType } from './test-handler.ts'

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())

test('a record that is put is stored, and returned under its name', async () => {
  const { get, put, record, name, time } = createTestHandler()
  const value = await record(1n)
  expect((await put(`ipns/${name}`, value)).status).toBe(200)
  const response = await get(`ipns/${name}`, { accept: recordType })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, recordType])
  const { content } = await openIpnsRecord(await bytesOf(response), {
    name: parseIpnsName(name),
    now: time.clock(),
    algorithms: [ed25519Portable]
  })
  expect(content.sequence).toBe(1n)
})

test('a name is read in every form of a peer ID', async () => {
  const { get, put, record, name } = createTestHandler()
  await put(`ipns/${name}`, await record(1n))
  const peerId = parseIpnsName(name)
  for (const text of [peerIdToString(peerId), ipnsNameToString(peerId), encodeURIComponent(name)])
    expect((await get(`ipns/${text}`)).headers.get('content-type'), text).toBe(recordType)
})

test('a miss is 200 with a text, which may be cached for 15 seconds', async () => {
  const { get, name } = createTestHandler()
  const response = await get(`ipns/${name}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(response.headers.get('cache-control')).toBe('public, max-age=15')
})

test('a record may be cached for its TTL, and never longer than it is valid', async () => {
  const { get, put, record, name, time } = createTestHandler()
  await put(`ipns/${name}`, await record(1n, { ttl: 10n * minute, lifetime: hour }))
  const fresh = await get(`ipns/${name}`)
  expect(fresh.headers.get('cache-control')).toBe(
    'public, max-age=600, stale-while-revalidate=3000, stale-if-error=3000'
  )
  expect(fresh.headers.get('expires')).toBe(new Date(Number((time.clock() + hour) / 1_000_000n)).toUTCString())
  await time.advance(55n * minute)
  const late = await get(`ipns/${name}`)
  expect(late.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=0, stale-if-error=0')
})

test('a record without a TTL may be cached for a minute', async () => {
  const { get, put, record, name } = createTestHandler()
  await put(`ipns/${name}`, await record(1n, { ttl: 0n, lifetime: hour }))
  expect((await get(`ipns/${name}`)).headers.get('cache-control')).toMatch(/^public, max-age=60,/)
})

test('a client that has the record gets 304 without a body', async () => {
  const { get, put, record, name } = createTestHandler()
  await put(`ipns/${name}`, await record(1n))
  const etag = (await get(`ipns/${name}`)).headers.get('etag') ?? ''
  const again = await get(`ipns/${name}`, { 'if-none-match': `"other", W/${etag}` })
  expect([again.status, (await bytesOf(again)).length]).toEqual([304, 0])
  await put(`ipns/${name}`, await record(2n))
  expect((await get(`ipns/${name}`, { 'if-none-match': etag })).status).toBe(200)
})

test('HEAD answers with the headers of GET', async () => {
  const { put, send, record, name } = createTestHandler()
  const value = await record(1n)
  await put(`ipns/${name}`, value)
  const response = await send(`ipns/${name}`, { method: 'HEAD' })
  expect(response.headers.get('content-type')).toBe(recordType)
  expect(Number(response.headers.get('content-length'))).toBe(value.length)
  expect((await bytesOf(response)).length).toBe(0)
})

test('a record that was put offline is not sent, and the network is not asked for it', async () => {
  const { manager, key, get, name, peer } = createTestHandler()
  await manager.put(key, new TextEncoder().encode('/ipfs/bafkqaaa'), { offline: true })
  const before = peer.gets
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toMatch(/^text\/plain/)
  expect(peer.gets).toBe(before)
  await manager.republish(key)
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toBe(recordType)
})

test('a record that is put offline while peers are asked is not sent', async () => {
  const { manager, key, get, name, peer } = createTestHandler()
  const ask = peer.get.bind(peer)
  peer.get = async (...parameters) => {
    peer.get = ask
    await manager.put(key, new TextEncoder().encode('/ipfs/bafkqaaa'), { offline: true, checkNetwork: false })
    return ask(...parameters)
  }
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toMatch(/^text\/plain/)
})

test('a record that is put offline and deleted while peers are asked is not sent', async () => {
  const { manager, store, key, get, name, peer, record } = createTestHandler()
  await peer.put(key, await record(1n))
  const ask = peer.get.bind(peer)
  peer.get = async (...parameters) => {
    peer.get = ask
    const found = await ask(...parameters)
    await manager.put(key, new TextEncoder().encode('/ipfs/bafkqaaa'), { offline: true, checkNetwork: false })
    // deleted as soon as it was read, before its publication is
    const publication = store.publication.bind(store)
    store.publication = async (...of) => {
      store.publication = publication
      await manager.delete(key)
      return publication(...of)
    }
    return found
  }
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toMatch(/^text\/plain/)
})

test('a record that is stored is read twice: the second time to see that it was not deleted', async () => {
  const { store, get, put, name, record } = createTestHandler()
  await put(`ipns/${name}`, await record(1n))
  let reads = 0
  const read = store.get.bind(store)
  store.get = async (...parameters) => {
    reads++
    return read(...parameters)
  }
  await get(`ipns/${name}`)
  expect(reads).toBe(2)
})

test('a record is found among peers, also when the store does not accept it', async () => {
  const { get, peer, key, name, record } = createTestHandler({}, { maxRecords: 1, maxRecordsPerNamespace: 0 })
  await peer.put(key, await record(3n))
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toBe(recordType)
})

test('a client that allows no cache makes the server ask the network again', async () => {
  const { get, peer, key, name, record } = createTestHandler()
  await peer.put(key, await record(1n))
  await get(`ipns/${name}`)
  await get(`ipns/${name}`)
  expect(peer.gets).toBe(1)
  await get(`ipns/${name}`, { 'cache-control': 'no-cache' })
  expect(peer.gets).toBe(2)
})

test('a network that cannot be asked is 500 with a code, and the error goes to the server only', async () => {
  const errors: unknown[] = []
  const { get, peer, name } = createTestHandler({ onError: (error) => errors.push(error) })
  peer.isReachable = false
  const response = await get(`ipns/${name}`)
  expect([response.status, await response.text()]).toEqual([500, 'the request failed: ROUTING_FAILED\n'])
  expect(errors).toMatchObject([{ message: 'the network is unreachable' }])
})

test('a put is copied to peers when there is a network, and fails when no peer stored it', async () => {
  const { manager, peer, record, name, time } = createTestHandler()
  const { clock, setTimer } = time
  const { createRecordHandler } = await import('@recordkit/record-http')
  const handler = createRecordHandler({ manager, network: peer, clock, setTimer })
  const put = async (value: Uint8Array): Promise<Response> =>
    handler(
      new Request(`http://localhost/routing/v1/ipns/${name}`, {
        method: 'PUT',
        headers: { 'content-type': recordType },
        body: new Uint8Array(value)
      })
    )
  expect((await put(await record(1n))).status).toBe(200)
  expect(peer.values.size).toBe(1)
  peer.isReachable = false
  const failed = await put(await record(2n))
  expect([failed.status, await failed.text()]).toEqual([500, 'the request failed: TOO_FEW_COPIES\n'])
})

test('records that are not valid are refused with their code', async () => {
  const { put, record, name, time } = createTestHandler()
  const value = await record(1n)
  const damaged = new Uint8Array(value)
  damaged.set([damaged[damaged.length - 1]! ^ 1], damaged.length - 1)
  const other = ipnsNameToString(parseIpnsName('k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8'))
  const refused = async (path: string, body: Uint8Array): Promise<string> => {
    const response = await put(path, body)
    expect(response.status).toBe(400)
    return response.text()
  }
  expect(await refused(`ipns/${name}`, damaged)).toMatch(/SIGNATURE_INVALID|IPNS_|CBOR_|PROTOBUF_/)
  expect(await refused(`ipns/${other}`, value)).toMatch(/SIGNATURE_INVALID|PUBLIC_KEY_MISMATCH/)
  expect(await refused(`ipns/${name}`, new Uint8Array(0))).toMatch(/the record is not valid: /)
  expect(await refused(`ipns/${name}`, new TextEncoder().encode('<html>'))).toMatch(/the record is not valid: /)
  expect(await refused(`ipns/${name}`, new Uint8Array(10_241))).toMatch(/larger than 10240 bytes/)
  expect(await refused('ipns/not-a-name', value)).toMatch(/the IPNS name is not valid/)
  await time.advance(49n * hour)
  expect(await refused(`ipns/${name}`, value)).toMatch(/EXPIRED/)
})

test('an older record does not replace a later one: 409', async () => {
  const { put, get, record, name, time } = createTestHandler()
  await put(`ipns/${name}`, await record(2n))
  expect((await put(`ipns/${name}`, await record(1n))).status).toBe(409)
  const { content } = await openIpnsRecord(await bytesOf(await get(`ipns/${name}`)), {
    name: parseIpnsName(name),
    now: time.clock(),
    algorithms: [ed25519Portable]
  })
  expect(content.sequence).toBe(2n)
  expect((await put(`ipns/${name}`, await record(2n))).status).toBe(200)
})

test('a full store is 503', async () => {
  const { put, record, name } = createTestHandler({}, { maxRecords: 1, maxRecordsPerNamespace: 0 })
  const response = await put(`ipns/${name}`, await record(1n))
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '600'])
})

test('media types that are not those of the route are 406, and the answer names the right one', async () => {
  const { get, put, record, name } = createTestHandler()
  const response = await get(`ipns/${name}`, { accept: 'application/json' })
  expect([response.status, await response.text()]).toEqual([
    406,
    `the answer is an IPNS record; retry with Accept: ${recordType}\n`
  ])
  expect((await get(`ipns/${name}`, { accept: `${recordType};q=0` })).status).toBe(406)
  expect((await get(`ipns/${name}`, { accept: 'text/html, */*;q=0.1' })).status).toBe(200)
  const value = await record(1n)
  expect((await put(`ipns/${name}`, value, { 'content-type': 'application/octet-stream' })).status).toBe(406)
})

test('a record that is valid for thousands of years has an Expires header that can be read', async () => {
  const { get, put, record, name } = createTestHandler()
  await put(`ipns/${name}`, await record(1n, { lifetime: 7900n * 365n * 86_400n * second }))
  const response = await get(`ipns/${name}`)
  expect(response.headers.get('expires')).toMatch(/ [0-9]{4} /)
  expect(Date.parse(response.headers.get('expires') ?? '')).toBeGreaterThan(0)
})
