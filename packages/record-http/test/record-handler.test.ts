import { createRecordHandler } from '@recordkit/record-http'
import { second } from '@recordkit/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTestHandler, recordType } from './test-handler.ts'

test('pages of every origin may read and put', async () => {
  const { send, get, name } = createTestHandler()
  const preflight = await send(`ipns/${name}`, {
    method: 'OPTIONS',
    headers: { 'x-origin': 'https://example.org' }
  })
  expect(preflight.status).toBe(204)
  for (const response of [preflight, await get(`ipns/${name}`), await get('nothing')]) {
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD, PUT, OPTIONS')
  }
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Content-Type/)
})

test('a handler that is not writable does not offer PUT', async () => {
  const { put, get, name, record } = createTestHandler({ writable: false })
  expect((await put(`ipns/${name}`, await record(1n))).status).toBe(501)
  expect((await get(`ipns/${name}`)).headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
})

test('unknown paths are 400, and methods and routes that are not supported 501', async () => {
  const { handler, get, send, name } = createTestHandler()
  for (const path of [
    '',
    'routing/v1',
    'routing/v2/ipns/a',
    'routing/v1/ipns/',
    'routing/v1/ipns/%ff',
    'routing/v1/ipns/a/b'
  ])
    expect((await handler(new Request(`http://localhost/${path}`))).status, path).toBe(400)
  expect((await get('providers/bafkqaaa')).status).toBe(501)
  expect((await send(`ipns/${name}`, { method: 'POST' })).status).toBe(501)
  expect((await send('providers/bafkqaaa', { method: 'PUT' })).status).toBe(501)
})

test('a group of clients that sends too many requests gets 429 with the time to wait, and others do not', async () => {
  const { send, name, time } = createTestHandler()
  const ask = async (address: string): Promise<Response> => send(`ipns/${name}`, {}, address)
  for (let request = 0; request < 200; request++) expect((await ask(`192.0.2.${request}`)).status).toBe(200)
  const refused = await ask('192.0.2.1')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect((await ask('::ffff:192.0.2.9')).status).toBe(429)
  expect((await ask('198.51.100.1')).status).toBe(200)
  await time.advance(second)
  expect((await ask('192.0.2.1')).status).toBe(200)
})

test('the addresses of an IPv6 /48 are one group in every notation', async () => {
  const used: string[] = []
  const limiter = { consume: async (key: string) => used.push(key) }
  const { send, name } = createTestHandler({ limiter })
  for (const address of ['2001:db8:1::1', '2001:0DB8:1:2::3%eth0', '::1', '::ffff:c000:201', '192.0.2.7', 'unix', ''])
    await send(`ipns/${name}`, {}, address)
  expect(used).toEqual(['2001:db8:1::/48', '2001:db8:1::/48', '0:0:0::/48', '192.0.2.0/24', '192.0.2.0/24'])
})

test('a limiter that fails stops no request', async () => {
  const { send, name } = createTestHandler({ limiter: { consume: async () => Promise.reject(new Error('away')) } })
  expect((await send(`ipns/${name}`, {}, '192.0.2.1')).status).toBe(200)
})

test('more requests than the maximum at a time are 503', async () => {
  let release = (): void => {}
  const wait = new Promise<void>((resolve) => (release = resolve))
  const { get, name } = createTestHandler({
    maxRequests: 1,
    peers: async () => {
      await wait
      return []
    }
  })
  const first = get(`peers/${name}`)
  expect((await get(`peers/${name}`)).status).toBe(503)
  release()
  expect((await first).status).toBe(200)
  expect((await get(`peers/${name}`)).status).toBe(200)
})

test('metrics have a bounded number of labels, whatever clients send', async () => {
  const counted: string[] = []
  const metrics = {
    count: (name: string, attributes: object) => counted.push(`${name} ${JSON.stringify(attributes)}`),
    observe: () => {}
  }
  const { send, get, name } = createTestHandler({ metrics })
  await get(`ipns/${name}`)
  await send('anything/else', { method: 'PURGE' })
  expect(counted).toEqual([
    'http.requests {"route":"ipns","method":"GET","status":"200"}',
    'http.requests {"route":"other","method":"other","status":"400"}'
  ])
})

test('wrong options are refused by name', () => {
  const { manager } = createTestHandler()
  const wrong: [object, RegExp][] = [
    [{ manager: {} }, /manager/],
    [{ manager, timeout: 0 }, /timeout/],
    [{ manager, maxRequests: -1 }, /maxRequests/],
    [{ manager, network: {} }, /network/],
    [{ manager, limiter: {} }, /limiter/],
    [{ manager, provider: () => [] }, /provider/],
    [{ manager, providers: [] }, /providers/],
    [{ manager, onError: 1 }, /onError/],
    [{ manager, writable: 'no' }, /writable/],
    [{ manager, metrics: {} }, /metrics/]
  ]
  for (const [options, message] of wrong) expect(() => createRecordHandler(options as never)).toThrow(message)
})

test('a put that takes too long is 500 with the code TIMEOUT', async () => {
  const { send, name, time } = createTestHandler({ timeout: 1000 })
  const body = new ReadableStream({ pull: () => new Promise(() => {}) })
  const init = { method: 'PUT', body, duplex: 'half', headers: { 'content-type': recordType } }
  const answer = send(`ipns/${name}`, init)
  await time.advance(2n * second)
  const response = await answer
  expect([response.status, await response.text()]).toEqual([500, 'the request failed: TIMEOUT\n'])
})

test('a record is put where requests have no stream, as in Firefox', async () => {
  const { handler, record, name, get } = createTestHandler()
  const value = new Uint8Array(await record(1n))
  const put = async (body: Uint8Array<ArrayBuffer>): Promise<number> => {
    const headers = { 'content-type': recordType }
    const request = new Request(`http://localhost/routing/v1/ipns/${name}`, { method: 'PUT', headers, body })
    Object.defineProperty(request, 'body', { value: undefined })
    return (await handler(request)).status
  }
  expect(await put(new Uint8Array(10_241))).toBe(400)
  expect(await put(value)).toBe(200)
  expect((await get(`ipns/${name}`)).headers.get('content-type')).toBe(recordType)
})

test('every request gets an answer with a documented status, whatever its method, path, headers and body', async () => {
  const { handler } = createTestHandler({ providers: () => [], peers: () => [], closestPeers: () => [] })
  const path = fc.oneof(
    fc.webPath(),
    fc
      .tuple(
        fc.constantFrom('ipns', 'providers', 'peers', 'dht/closest/peers'),
        fc.oneof(fc.webSegment(), fc.base64String())
      )
      .map(([route, id]) => `/routing/v1/${route}/${encodeURIComponent(id)}?filter-addrs=${encodeURIComponent(id)}`)
  )
  await fc.assert(
    fc.asyncProperty(
      path,
      fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'DELETE'),
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(recordType, 'application/json', ';;,', '*/*'),
      async (target, method, body, type) => {
        const hasBody = method !== 'GET' && method !== 'HEAD'
        const headers = { accept: type, 'content-type': type }
        const response = await handler(
          new Request(`http://localhost${target}`, {
            method,
            headers,
            ...(hasBody ? { body: new Uint8Array(body) } : {})
          })
        )
        expect([200, 204, 400, 404, 406, 422, 501]).toContain(response.status)
      }
    ),
    { numRuns: 200 }
  )
})
