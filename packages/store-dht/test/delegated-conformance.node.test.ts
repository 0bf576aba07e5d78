import { ipnsRoutingKey } from '@recordkit/record-codec'
import { testRouting } from '@recordkit/record-conformance'
import type { RecordRouting } from '@recordkit/record-types'
import { fallbackRouting, parallelRouting } from '@recordkit/store-dht'
import { delegatedRouting } from '@recordkit/store-dht/delegated'
import { describe, test } from 'vitest'
import { serve } from './http-server.ts'
import type { HttpServer } from './http-server.ts'

const type = 'application/vnd.ipfs.ipns-record'
const servers = new Map<RecordRouting, readonly HttpServer[]>()

/** A server that stores every record it receives, and allows its answers to be cached for a minute. */
async function recordServer(): Promise<HttpServer> {
  const stored = new Map<string, Buffer>()
  return serve((request, response) => {
    const path = request.url ?? ''
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        stored.set(path, Buffer.concat(chunks))
        response.writeHead(200).end()
      })
      return
    }
    const value = stored.get(path)
    if (value === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': type, 'cache-control': 'public, max-age=60' }).end(value)
  })
}

const combinations = {
  'Delegated Routing V1 over two HTTP servers': (urls: readonly string[]) => delegatedRouting(urls),
  'two HTTP servers in parallel': (urls: readonly string[]) =>
    parallelRouting(urls.map((url) => delegatedRouting([url]))),
  'two HTTP servers one after another': (urls: readonly string[]) =>
    fallbackRouting(urls.map((url) => delegatedRouting([url])))
}

for (const [title, combine] of Object.entries(combinations))
  testRouting(
    { test, describe },
    {
      name: title,
      putToPeer: true,
      providers: false,
      async open() {
        const opened = [await recordServer(), await recordServer()]
        const routing = combine(opened.map(({ url }) => url))
        servers.set(routing, opened)
        return routing
      },
      openAlone: () => combine([]),
      record: (number) => ({
        // a peer ID with an inline Ed25519 key
        key: ipnsRoutingKey(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...new Uint8Array(32).fill(number))),
        value: Uint8Array.of(number, 1, 2)
      }),
      async close(routing) {
        for (const server of servers.get(routing) ?? []) await server[Symbol.asyncDispose]()
        servers.delete(routing)
      }
    }
  )
