import { ipnsNameToString } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createRecordHandler } from '@recordkit/record-http'
import type { RecordHandler } from '@recordkit/record-http'
import { nodeListener } from '@recordkit/record-http/node'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { systemClock } from '@recordkit/record-types'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import type { RowResult } from './result.ts'
import { expectSame, runRow } from './result.ts'

type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** The servers of runtimes, as far as they are used. */
interface Runtime {
  readonly Bun?: {
    serve(options: object): { readonly port: number; stop(force: boolean): Promise<void> }
  }
  readonly Deno?: {
    serve(
      options: object,
      handler: RecordHandler
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
  readonly process?: { getBuiltinModule?(name: string): NodeHttp | undefined }
}

interface NodeHttp {
  createServer(listener: unknown): {
    listen(port: number, host: string, started: () => void): void
    address(): { readonly port: number }
    close(): void
    closeAllConnections(): void
  }
}

/** Serves a handler with the HTTP server of the runtime. Where there is none, the handler is called. @returns how to ask, and to stop */
async function serve(handler: RecordHandler): Promise<readonly [Ask, () => unknown]> {
  const { Bun, Deno, process } = globalThis as Runtime
  const hostname = '127.0.0.1'
  const askAt =
    (port: number): Ask =>
    (path, init) =>
      fetch(`http://${hostname}:${port}/routing/v1/${path}`, init)
  if (Bun !== undefined) {
    const server = Bun.serve({ port: 0, hostname, fetch: (request: Request) => handler(request) })
    return [askAt(server.port), () => server.stop(true)]
  }
  if (Deno !== undefined) {
    const server = Deno.serve({ port: 0, hostname, onListen: () => {} }, (request) => handler(request))
    return [askAt(server.addr.port), () => server.shutdown()]
  }
  const http = process?.getBuiltinModule?.('node:http')
  if (http === undefined)
    return [(path, init) => handler(new Request(`http://localhost/routing/v1/${path}`, init)), () => {}]
  const server = http.createServer(nodeListener(handler))
  await new Promise<void>((resolve) => server.listen(0, hostname, resolve))
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return [askAt(server.address().port), stop]
}

/** Delegated Routing V1 in this runtime. */
export async function httpRoutes(): Promise<RowResult> {
  const manager = await createRecordManager()
  const signer = await generateKeyPair()
  const info = { id: signer.peerId, addresses: [fromHex('047f000001060fa1')] }
  const find = (): readonly (typeof info)[] => [info]
  const [ask, stop] = await serve(
    createRecordHandler({ manager, providers: find, peers: find, closestPeers: find, limiter: false })
  )
  const type = 'application/vnd.ipfs.ipns-record'
  const path = `ipns/${ipnsNameToString(signer.peerId)}`
  const cid = 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
  const value = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 1n, validity: systemClock() + 3_600_000_000_000n },
    { signer }
  )
  const put = async (body: Uint8Array): Promise<number> => {
    const response = await ask(path, { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(body) })
    await response.text()
    return response.status
  }
  const list = async (of: string, accept: string): Promise<string> => {
    const response = await ask(of, { headers: { accept } })
    expectSame(`${response.status} ${response.headers.get('content-type')}`, `200 ${accept}`, `the answer for ${of}`)
    return response.text()
  }
  let etag = ''
  const result = await runRow('Delegated Routing over HTTP', [
    [
      'a miss',
      async () => {
        const response = await ask(path)
        expectSame(`${response.status} ${await response.text()}`, '200 no record was found for this IPNS name\n', 'it')
      }
    ],
    [
      'put and get a record',
      async () => {
        expectSame(await put(value), 200, 'the status')
        const response = await ask(path, { headers: { accept: type } })
        expectSame(toHex(new Uint8Array(await response.arrayBuffer())), toHex(value), 'the record')
        etag = response.headers.get('etag') ?? ''
      }
    ],
    [
      'a record that the client has',
      async () => {
        const response = await ask(path, { headers: { 'if-none-match': etag } })
        expectSame(`${response.status}${await response.text()}`, '304', 'the answer')
      }
    ],
    ['a damaged record', async () => expectSame(await put(value.slice(1)), 400, 'the status')],
    ['a body that is too large', async () => expectSame(await put(new Uint8Array(20_000)), 400, 'the status')],
    [
      'providers and peers as JSON and as a stream',
      async () => {
        for (const of of [`providers/${cid}`, `peers/${path.slice(5)}`, `dht/closest/peers/${cid}`]) {
          const json = await list(of, 'application/json')
          const stream = await list(of, 'application/x-ndjson')
          expectSame(json.includes(stream.trim()), true, `that both contain the same peer: ${json} ${stream}`)
        }
      }
    ],
    [
      'HEAD, OPTIONS and an unknown path',
      async () => {
        const head = await ask(path, { method: 'HEAD' })
        expectSame(`${head.headers.get('content-type')}${await head.text()}`, type, 'the answer')
        const options = await ask(path, { method: 'OPTIONS' })
        expectSame(options.headers.get('access-control-allow-origin'), '*', 'the header')
        await options.text()
        const unknown = await ask('nothing')
        expectSame(`${unknown.status} ${await unknown.text()}`, '400 unknown path\n', 'the answer')
      }
    ]
  ])
  await stop()
  await manager.close()
  return result
}
