// A process of the fleet: a manager on the shared database, which publishes, watches, and puts records until it is killed.
import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { RecordManager, replication } from '@recordkit/record-manager'
import { isRefusal, RecordError } from '@recordkit/record-types'
import type { RecordNetwork } from '@recordkit/record-types'
import { toHex } from '@recordkit/testing'
import { PostgresRecordStore } from '@recordkit/store-postgres'
import pg from 'pg'
import { createEngine, fleetSigner, keyOf, nameOf, Outbox } from './messages.ts'
import type { ProcessMessage, Seen, Task } from './messages.ts'

const task = JSON.parse(process.argv[2] ?? '{}') as Task
const send = (message: ProcessMessage): void => void process.send?.(message)
const agent = new Agent({ keepAlive: true })

async function call(method: string, key: Uint8Array, value?: Uint8Array): Promise<Uint8Array | undefined> {
  const path = `/?key=${toHex(key)}&process=${task.index}`
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: task.network, method, path, agent, timeout: 10_000 },
      (response) => {
        const status = response.statusCode ?? 0
        buffer(response).then((body) => resolve(status < 300 ? new Uint8Array(body) : undefined), reject)
      }
    )
    sent.on('error', (error) => reject(new RecordError('ROUTING_FAILED', error.message, { key })))
    sent.end(value)
  })
}

const engine = createEngine()
const network: RecordNetwork = {
  async get(key) {
    const value = await call('GET', key)
    const record = value && engine.parse(key, value)
    const verified = record === undefined || isRefusal(record) ? undefined : await engine.verify(record)
    if (verified === undefined || isRefusal(verified)) return undefined
    return { record: verified, valid: 1, complete: true, from: [], refused: [] }
  },
  async put(key, value) {
    await call('POST', key, value)
    return { copies: { requested: 1, reached: 1 }, peers: [] }
  }
}

const pool = new pg.Pool({ host: '127.0.0.1', port: task.database, user: 'postgres', database: 'postgres', max: 8 })
const store = await PostgresRecordStore.open(pool, { schema: 'fleet' })
const sweep = store.sweep.bind(store)
store.sweep = async (options) => {
  if (options?.limit !== 0) send({ type: 'swept' })
  return sweep(options)
}
const signer = await fleetSigner()
const replicated = replication(network, { republish: { interval: () => task.interval, concurrency: 16 } })
const manager = new RecordManager({ engine, store, signer, network: replicated, sweepInterval: 2000 })
manager.events.addEventListener('record:unpublished', ({ detail }) =>
  send({ type: 'failed', message: `unpublished ${nameOf(detail.key)}: ${String(detail.error)}` })
)
manager.events.addEventListener('changes:unread', ({ detail }) =>
  send({ type: 'failed', message: `changes: ${String(detail.error)}` })
)

const watched = new Outbox<Seen>((records) => send({ type: 'watched', records }))
const puts = new Outbox<Seen>((records) => send({ type: 'put', records }))
void (async () => {
  for await (const { key, sequence } of manager.watch({ prefix: '/config/' }))
    watched.add({ key: nameOf(key), sequence: String(sequence), at: Date.now() })
})()
await manager.start()
send({ type: 'ready' })

// a machine that is too busy to run this process in time says nothing about its watcher
let expected = Date.now() + 100
setInterval(() => {
  const milliseconds = Date.now() - expected
  if (milliseconds > 200) send({ type: 'late', at: Date.now(), milliseconds })
  expected = Date.now() + 100
}, 100)

let count = 0
setInterval(() => {
  const name = `live-${Math.floor(Math.random() * task.liveKeys)}`
  const content = new TextEncoder().encode(`${task.index} ${process.pid} ${++count}`)
  manager.put(keyOf(signer, name), content).then(
    ({ record }) => puts.add({ key: name, sequence: String(record.sequence), at: Date.now() }),
    (error: unknown) => send({ type: 'failed', message: `put ${name}: ${String(error)}` })
  )
}, task.putInterval)
process.on('disconnect', () => process.exit())
