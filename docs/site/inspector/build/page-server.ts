import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** A server of the page on loopback. */
export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the built page under `/inspector/`.
 *
 * @param port - 0: one that is free
 * @param records - by IPNS name, as a Delegated Routing server answers them: the page can fetch them from this server
 */
export async function servePage(
  folder: string,
  port = 0,
  records: ReadonlyMap<string, Uint8Array> = new Map()
): Promise<PageServer> {
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const name = /^\/routing\/v1\/ipns\/([a-z0-9]+)$/.exec(path)?.[1]
    if (name !== undefined) {
      const record = records.get(name)
      response.writeHead(record === undefined ? 404 : 200, { 'content-type': 'application/vnd.ipfs.ipns-record' })
      response.end(record)
      return
    }
    const file = path === '/inspector/' ? 'index.html' : basename(path)
    if (!path.startsWith('/inspector/')) throw new Error('not found')
    const body = await readFile(join(folder, file))
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    response.end(body)
  }
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://localhost').pathname, response).catch(() => {
      response.writeHead(404, { 'content-type': 'text/plain' })
      response.end('not found')
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/inspector/`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  }
}
