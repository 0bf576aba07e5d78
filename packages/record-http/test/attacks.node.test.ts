import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import { nodeListener } from '@recordkit/record-http/node'
import { minute } from '@recordkit/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createTestHandler, recordType } from './test-handler.ts'

type Options = Parameters<typeof createTestHandler>[0]

/** A server of node:http with a handler whose time the test advances. */
async function startServer(options: Options = {}) {
  const all = createTestHandler({ limiter: false, ...options })
  const server = createServer({ maxHeaderSize: 16_384 }, nodeListener(all.handler))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    // the server resets connections of clients that misbehave
    socket.on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  /** All that the server answers until it closes the connection. */
  const answerTo = async (bytes: string | Uint8Array): Promise<string> => {
    const socket = await open()
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    const closed = once(socket, 'close')
    socket.write(bytes)
    await closed
    return answer
  }
  const isAlive = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/routing/v1/ipns/${all.name}`)).status === 200
  return { ...all, port, open, answerTo, isAlive }
}

const name = 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8'
const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'host: a', 'connection: close', ...headers, '', ''].join('\r\n')
const put = (...headers: readonly string[]): string =>
  [`PUT /routing/v1/ipns/${name} HTTP/1.1`, 'host: a', `content-type: ${recordType}`, ...headers, '', ''].join('\r\n')

test.each<[string, string | Uint8Array, number]>([
  ['a path with a broken escape', get('/routing/v1/ipns/%zz'), 400],
  ['a path out of the routes', get('/routing/v1/ipns/..%2f..%2fetc%2fpasswd'), 400],
  ['a path with dots', get('/routing/v1/../../etc/passwd'), 400],
  ['a path with bytes above ASCII', Buffer.from(get('/routing/v1/ipns/\u00ff\u0080'), 'latin1'), 400],
  ['a path that cannot be parsed', get('http://[::1'), 400],
  ['a path with two slashes', get('//routing/v1/ipns/x'), 400],
  ['a path of 15 KiB', get(`/routing/v1/ipns/${'k'.repeat(15_000)}`), 400],
  ['a path above the limit of headers', get(`/${'k'.repeat(20_000)}`), 431],
  ['headers above their limit', get('/', `a: ${'a'.repeat(20_000)}`), 431],
  ['a thousand headers', get('/', ...Array.from({ length: 1000 }, (_, index) => `h${index}: 1`)), 431],
  ['a header without a colon', get('/', 'nonsense'), 400],
  ['a header with a zero byte', get('/', 'a: \0'), 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['no request', 'nonsense\r\n\r\n', 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a TLS hello', Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3), 400],
  ['a length that is negative', put('content-length: -1'), 400],
  ['a length with an exponent', put('content-length: 1e3'), 400],
  ['two lengths', put('content-length: 1', 'content-length: 2'), 400],
  ['a length beside chunks', `${put('content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`, 400],
  ['a chunk without a size', `${put('transfer-encoding: chunked')}zz\r\n`, 400],
  ['an announced body of a terabyte', `${put('content-length: 1000000000000')}x`, 400]
])('a request with %s is answered and closed, and the next client is served', async (_, bytes, status) => {
  const { answerTo, isAlive } = await startServer()
  expect(await answerTo(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(await isAlive()).toBe(true)
})

test('a body without an end is refused when it is above the limit, however small its chunks are', async () => {
  const { answerTo, isAlive, store } = await startServer()
  const chunks = '1\r\na\r\n'.repeat(12_000)
  expect(await answerTo(put('transfer-encoding: chunked') + chunks)).toMatch(/^HTTP\/1.1 400 /)
  expect([await isAlive(), (await store.stats()).entries]).toEqual([true, 0])
})

test('a body that stalls ends with the timeout of the handler, and its connection is closed', async () => {
  const { open, time, isAlive, store } = await startServer()
  const socket = await open()
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  const closed = once(socket, 'close')
  socket.write(`${put('content-length: 300')}aaaa`)
  // the handler waits for the rest: its timer is the only one
  await expect.poll(() => time.pending).toBe(1)
  await time.advance(minute)
  await closed
  expect(answer).toMatch(/^HTTP\/1.1 (408|500) /)
  expect(time.pending).toBe(0)
  expect([await isAlive(), (await store.stats()).entries]).toEqual([true, 0])
})

test('hundreds of connections that send nothing, or half of a request, do not delay the others', async () => {
  const { open, isAlive } = await startServer()
  const sockets = await Promise.all(Array.from({ length: 400 }, open))
  for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write('GET /routing/v1/ip')
  expect(await isAlive()).toBe(true)
  for (const socket of sockets) socket.resetAndDestroy()
  expect(await isAlive()).toBe(true)
})

test('stalled puts above the maximum of requests are refused, and end with their timeout', async () => {
  const { open, time, isAlive, answerTo } = await startServer({ maxRequests: 5 })
  const stalled = await Promise.all(Array.from({ length: 5 }, open))
  for (const socket of stalled) socket.write(put('content-length: 300'))
  await expect.poll(() => time.pending).toBe(5)
  expect(await answerTo(get(`/routing/v1/ipns/${name}`))).toMatch(/^HTTP\/1.1 503 /)
  const closed = stalled.map(async (socket) => once(socket.resume(), 'close'))
  await time.advance(minute)
  await Promise.all(closed)
  expect(await isAlive()).toBe(true)
})

test('a client that leaves in the middle of its put stores nothing, and its request ends', async () => {
  const { open, time, store, isAlive } = await startServer()
  const socket = await open()
  socket.write(`${put('content-length: 300')}aaaa`)
  await expect.poll(() => time.pending).toBe(1)
  socket.resetAndDestroy()
  await expect.poll(() => time.pending).toBe(0)
  expect([await isAlive(), (await store.stats()).entries]).toEqual([true, 0])
})
