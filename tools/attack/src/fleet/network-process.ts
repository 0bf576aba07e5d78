// The network of the fleet, in a process of its own: keeps the highest record of each key, and counts what it receives.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isRefusal } from '@recordkit/record-types'
import { fromHex } from '@recordkit/testing'
import { buffer } from 'node:stream/consumers'
import { createEngine, nameOf, Outbox } from './messages.ts'
import type { NetworkMessage, Publication } from './messages.ts'

const engine = createEngine()
const values = new Map<string, Uint8Array>()
const send = (message: NetworkMessage): void => void process.send?.(message)
const outbox = new Outbox<Publication>((publications) => send({ type: 'published', publications }))

const server = createServer((request, response) => {
  void (async () => {
    const { searchParams } = new URL(request.url ?? '', 'http://network')
    const hex = searchParams.get('key') ?? ''
    // as far away as peers are
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 180))
    if (request.method === 'GET') {
      const value = values.get(hex)
      response.writeHead(value === undefined ? 404 : 200).end(value)
      return
    }
    const value = new Uint8Array(await buffer(request))
    const key = fromHex(hex)
    const record = engine.parse(key, value)
    const known = values.get(hex)
    const before = known && engine.parse(key, known)
    if (isRefusal(record)) {
      response.writeHead(400).end()
      return
    }
    if (before === undefined || isRefusal(before) || engine.compare(record, before) > 0) values.set(hex, value)
    outbox.add({
      key: nameOf(key),
      sequence: String(record.sequence),
      at: Date.now(),
      process: Number(searchParams.get('process'))
    })
    response.writeHead(204).end()
  })().catch(() => response.destroy()) // the process that sent it was killed
})
// connections stay open: a process that sends on one that is just being closed would fail
server.keepAliveTimeout = 3_600_000
server.listen(0, '127.0.0.1', () => send({ type: 'listening', port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
