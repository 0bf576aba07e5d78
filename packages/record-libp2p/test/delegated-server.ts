import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { mapKey } from '@recordkit/record-types/internal'

const type = 'application/vnd.ipfs.ipns-record'

/** The values of a server by record key. They are not verified, so that a test can make the server malicious. */
class ValuesByKey {
  readonly #values = new Map<string, Uint8Array>()

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(mapKey(key))
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(mapKey(key), value)
  }
}

export interface DelegatedServer extends AsyncDisposable {
  readonly url: string
  readonly values: ValuesByKey
}

/** Starts a Delegated Routing V1 server for IPNS records on the loopback interface. */
export async function startDelegatedServer(): Promise<DelegatedServer> {
  const values = new ValuesByKey()
  const server = createServer((request, response) => {
    const name = (request.url ?? '').replace(/^.*\//, '')
    const key = ipnsRoutingKey(parseIpnsName(name))
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        values.set(key, Buffer.concat(chunks))
        response.writeHead(200).end()
      })
      return
    }
    const value = values.get(key)
    if (value === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': type }).end(value)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    values,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
