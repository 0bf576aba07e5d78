import { ipnsNameToString, ipnsRoutingKey, parsePeerId } from '@recordkit/record-codec'
import { DhtRecordStore } from '@recordkit/store-dht'
import { gatewayRouting } from '@recordkit/store-dht/gateway'
import { expect, test } from 'vitest'
import { serve } from './http-server.ts'
import type { Handler } from './http-server.ts'
import { forged, good, ToyEngine } from './toy-engine.ts'

const name = parsePeerId('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')
const key = ipnsRoutingKey(name)
const type = 'application/vnd.ipfs.ipns-record'

const answering =
  (value: Uint8Array): Handler =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': type }).end(value)

test('over HTTP, the record of the honest gateway wins among gateways that lie, redirect and never end', async () => {
  await using honest = await serve(answering(good(2)))
  await using malicious = await serve(answering(forged(9)))
  await using redirecting = await serve(
    (_request, response) => void response.writeHead(302, { location: honest.url }).end()
  )
  await using page = await serve(
    (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
  )
  await using endless = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': type })
    const more = (): void => {
      while (!response.destroyed && response.write(new Uint8Array(4096)));
    }
    response.on('drain', more)
    more()
  })
  const servers = [malicious, redirecting, page, endless, honest]
  const store = new DhtRecordStore({
    routing: gatewayRouting(servers.map(({ url }) => url)),
    engine: new ToyEngine(),
    quorum: 9
  })
  expect((await store.get(key))?.record.value).toEqual(good(2))
  for (const { requests } of servers)
    expect(requests).toEqual([`GET /ipns/${ipnsNameToString(name)}?format=ipns-record`])
})
