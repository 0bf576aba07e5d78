import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { PrometheusMetrics } from '../src/serve/prometheus.ts'
import { runCommand, temporaryDirectory } from './run-command.ts'
import type { Ran } from './run-command.ts'

interface Started {
  readonly peerId: string
  readonly addresses: string[]
  readonly http: string
  readonly admin: string
}

const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0', '--lan', '--json']

/** Runs `recordkit serve` in this process until it has started. */
async function startServe(data: string, ...args: string[]) {
  const interrupt = new AbortController()
  let started = (_line: Started): void => {}
  const line = new Promise<Started>((resolve) => (started = resolve))
  const ended = runCommand(['serve', ...local, '--data', data, ...args], {
    signal: interrupt.signal,
    onOutput: (text) => started(JSON.parse(text) as Started)
  })
  const stop = async (): Promise<Ran> => {
    interrupt.abort()
    return ended
  }
  onTestFinished(async () => void (await stop()))
  const failed = ended.then(({ notes }) => {
    throw new Error(`it ended early: ${notes}`)
  })
  return { ...(await Promise.race([line, failed])), stop }
}

test('two servers find the records of each other, and a name is published and resolved over HTTP', async () => {
  const [first, second, client] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()]
  const one = await startServe(first)
  const two = await startServe(second, '--bootstrap', one.addresses[0] ?? '', '--admin', '127.0.0.1:0')
  const run = (...argv: string[]): Promise<Ran> => runCommand([...argv, '--data', client, '--json'])
  await run('key', 'generate')
  const health = async (url: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${url}/health`)).json()) as Record<string, unknown>
  // the second dials the first after it has started
  await expect.poll(async () => (await health(two.admin))['peers'], { timeout: 20_000 }).toBe(1)
  expect(await health(one.http)).toMatchObject({ status: 'ok', peers: 1 })
  expect((await fetch(`${two.http}/health`)).status).toBe(400)
  expect((await fetch(`${two.admin}/routing/v1/ipns/x`)).status).toBe(404)

  const published = await run('ipns', 'publish', '/ipfs/bafkqaaa', '--endpoint', two.http)
  expect(published.json()).toMatchObject({ copies: 1, servers: [{ server: two.http, status: 'stored' }] })
  const { name } = published.json<{ name: string }>()
  const reader = temporaryDirectory()
  const resolved = await runCommand(['ipns', 'resolve', name, '--endpoint', one.http, '--data', reader])
  expect([resolved.status, resolved.output]).toEqual([0, '/ipfs/bafkqaaa\n'])

  const metrics = await (await fetch(`${two.admin}/metrics`)).text()
  expect(metrics).toMatch(/^recordkit_http_requests_total\{route="ipns",method="PUT",status="200"\} 1$/m)
  expect(metrics).toMatch(/^recordkit_node_peers 1$/m)
  expect(metrics).toMatch(/^recordkit_http_request_duration_seconds_bucket\{route="ipns",le="\+Inf"\} \d+$/m)

  const locked = await runCommand(['list', '--data', first])
  expect([locked.status, locked.notes]).toEqual([
    3,
    expect.stringMatching(/in use by another process; ask a running recordkit serve/)
  ])
  const ended = await two.stop()
  expect(ended.status).toBe(0)
  const log = ended.notes
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string })
  expect(log.map(({ event }) => event)).toEqual(expect.arrayContaining(['started', 'peer:connected', 'stopping']))
  await expect(fetch(`${two.http}/health`)).rejects.toThrow()
  expect((await one.stop()).status).toBe(0)
})

test('nodes listen on WebSocket and QUIC, and connect over each', async () => {
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0/ws', '--listen', '/ip4/127.0.0.1/udp/0/quic-v1']
  const one = await startServe(temporaryDirectory(), ...listen)
  expect(one.addresses.map((address) => address.replace(/\/p2p\/.*/, '').replace(/(tcp|udp)\/\d+/, '$1'))).toEqual(
    expect.arrayContaining(['/ip4/127.0.0.1/tcp', '/ip4/127.0.0.1/tcp/ws', '/ip4/127.0.0.1/udp/quic-v1'])
  )
  for (const protocol of ['/ws/', '/quic-v1/']) {
    const address = one.addresses.find((found) => found.includes(protocol)) ?? ''
    const two = await startServe(
      temporaryDirectory(),
      '--bootstrap',
      address,
      // QUIC is used only when the node listens on it
      '--listen',
      '/ip4/127.0.0.1/udp/0/quic-v1'
    )
    const peers = async (): Promise<unknown> =>
      ((await (await fetch(`${two.http}/health`)).json()) as Record<string, unknown>)['peers']
    await expect.poll(peers, { timeout: 20_000, message: protocol }).toBe(1)
    await two.stop()
  }
})

test('a server without peers stores and answers by itself, and what it stored survives a restart', async () => {
  const data = temporaryDirectory()
  const first = await startServe(data)
  const client = temporaryDirectory()
  await runCommand(['key', 'generate', '--data', client])
  const published = await runCommand([
    'ipns',
    'publish',
    'bafkqaaa',
    '--data',
    client,
    '--endpoint',
    first.http,
    '--json'
  ])
  const { name } = published.json<{ name: string }>()
  await first.stop()
  const second = await startServe(data, '--read-only')
  expect(second.peerId).toBe(first.peerId)
  const url = `${second.http}/routing/v1/ipns/${name}`
  expect((await fetch(url)).headers.get('content-type')).toBe('application/vnd.ipfs.ipns-record')
  expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(501)
  // it does not wait for a first peer
  expect(await (await fetch(`${second.http}/routing/v1/providers/bafkqaaa`)).json()).toEqual({ Providers: [] })
})

test('a port in use, for HTTP or the node, is one sentence, and the store is free again', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const data = temporaryDirectory()
  const free = ['--listen', '/ip4/127.0.0.1/tcp/0', '--data', data]
  const http = await runCommand(['serve', ...free, '--http', `127.0.0.1:${port}`])
  expect([http.status, http.notes]).toEqual([
    3,
    `recordkit: cannot listen on 127.0.0.1:${port} (--http): the port is in use by another process; choose another one\n`
  ])
  const listen = `/ip4/127.0.0.1/tcp/${port}`
  const node = await runCommand(['serve', '--listen', listen, '--http', '127.0.0.1:0', '--data', data])
  expect(node.status).toBe(3)
  expect(node.notes).toMatch(/^recordkit: the node cannot listen on .*\(--listen\): .*\n$/)
  expect((await runCommand(['list', '--data', data])).status).toBe(0)
  const database = ['--store', 'postgres://127.0.0.1:1/db']
  expect((await runCommand(['serve', ...free, '--http', '127.0.0.1:0', ...database])).status).toBe(3)
})

test('metrics have escaped labels, help, cumulative buckets and a bounded number of series', async () => {
  const metrics = new PrometheusMetrics()
  metrics.count('record.puts', { status: 'a"b\\c\nd', namespace: 'ipns', code: 'none' })
  metrics.observe('record.get.duration', 0.2, { status: 'hit' })
  for (let index = 0; index < 2000; index++) metrics.count('record.lookups', { source: String(index) })
  const text = await metrics.text([
    { name: 'own', type: 'gauge', description: 'Own.', labels: { version: '1' }, read: () => 7 }
  ])
  expect(text).toContain('recordkit_record_puts_total{status="a\\"b\\\\c\\nd",namespace="ipns",code="none"} 1\n')
  expect(text).toContain('# HELP recordkit_record_puts_total Records that were put here or received, by result.\n')
  expect(text).toContain('recordkit_record_get_duration_seconds_bucket{status="hit",le="0.1"} 0\n')
  expect(text).toContain('recordkit_record_get_duration_seconds_bucket{status="hit",le="0.25"} 1\n')
  expect(text).toContain('# TYPE own gauge\nown{version="1"} 7\n')
  expect(text.match(/^recordkit_record_lookups_total\{/gm)).toHaveLength(1000)
})
