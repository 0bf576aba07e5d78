// `npm run fleet -- --minutes N`: four processes share one PostgreSQL database and one network, and are killed again and again. Each
// due record must be published once, by any of them, and each watcher must see what any of them puts within a second. Skipped
// with one line where the server is not installed.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RecordManager } from '@recordkit/record-manager'
import { systemClock } from '@recordkit/record-types'
import { PostgresRecordStore } from '@recordkit/store-postgres'
import { Cluster, findServer } from '@recordkit/testing/postgres-cluster'
import pg from 'pg'
import { checkPublications, checkWatchers } from './fleet-results.ts'
import type { Life } from './fleet-results.ts'
import { createEngine, fleetSigner, keyOf } from './messages.ts'
import type { NetworkMessage, ProcessMessage, Publication, Seen } from './messages.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    processes: { type: 'string', default: '4' },
    records: { type: 'string', default: '200' }
  }
})
const minutes = Number(values.minutes)
const processes = Number(values.processes)
/** ms between two publications of a record */
const interval = 20_000
const names = Array.from({ length: Number(values.records) }, (_, index) => `due-${index}`)
const sleep = async (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const programs = findServer()
if (programs === undefined) {
  console.log('skip the fleet: the server of PostgreSQL is not installed\n\n0 passed, 0 failed, 1 skipped')
  process.exit(0)
}

const publications: Publication[] = []
const puts: Seen[] = []
const lives: Life[] = []
const failures = new Map<string, number>()
const children = new Set<ChildProcess>()
let sweeps = 0

function start(program: string, task: unknown): ChildProcess {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [JSON.stringify(task)])
  children.add(child)
  child.on('close', () => children.delete(child))
  return child
}

/** Starts a process of the fleet, and resolves when it publishes and watches. */
async function startProcess(
  index: number,
  ports: { database: number; network: number }
): Promise<{ kill: () => Promise<void> }> {
  const task = { index, ...ports, interval, liveKeys: 40, putInterval: 250 }
  const child = start('record-process.ts', task)
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  let life: Life | undefined
  const ready = new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`process ${index} ended with ${String(code)} before it was ready`)))
    child.on('message', (received) => {
      const message = received as ProcessMessage
      if (message.type === 'ready') {
        life = {
          process: index,
          from: Date.now() + 1000,
          until: Number.POSITIVE_INFINITY,
          watched: new Map(),
          late: []
        }
        lives.push(life)
        resolve()
      } else if (message.type === 'put') puts.push(...message.records)
      else if (message.type === 'swept') sweeps++
      else if (message.type === 'late') life?.late.push(message)
      else if (message.type === 'failed') failures.set(message.message, (failures.get(message.message) ?? 0) + 1)
      else
        for (const record of message.records) {
          const list = life?.watched.get(record.key) ?? []
          list.push(record)
          life?.watched.set(record.key, list)
        }
    })
  })
  await ready
  return {
    kill: async () => {
      if (life !== undefined) life.until = Date.now()
      child.kill('SIGKILL')
      await closed
    }
  }
}

const cluster = await Cluster.start(programs)
let failed = 0
const report = (name: string, isPassed: boolean, result: string): void => {
  if (!isPassed) failed++
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${name}: ${result}`)
}
try {
  const network = start('network-process.ts', {})
  const port = await new Promise<number>((resolve) => {
    network.on('message', (received) => {
      const message = received as NetworkMessage
      if (message.type === 'listening') resolve(message.port)
      else publications.push(...message.publications)
    })
  })
  const ports = { database: cluster.port, network: port }

  // what is published already, and due within the interval: as after a restart of everything
  const pool = new pg.Pool({ ...cluster.config, max: 4 })
  const store = await PostgresRecordStore.open(pool, { schema: 'fleet' })
  const signer = await fleetSigner()
  const manager = new RecordManager({ engine: createEngine(), store, signer })
  for (const [index, name] of names.entries()) {
    const { record } = await manager.put(keyOf(signer, name), new Uint8Array(100), { lifetime: 3_600_000 })
    const published = systemClock() - (BigInt(index) * BigInt(interval) * 1_000_000n) / BigInt(names.length)
    const known = await store.publication(record.key)
    await store.touch(record.key, { publication: { key: record.key, ...known, network: true, published } })
  }
  await store.close()
  await pool.end()

  const fleet = await Promise.all(Array.from({ length: processes }, (_, index) => startProcess(index, ports)))
  const from = Date.now()
  const end = from + minutes * 60_000
  let kills = 0
  let alive = processes
  const restarts = new Set<Promise<void>>()
  const kill = async (index: number): Promise<void> => {
    alive--
    await fleet[index]?.kill()
    await sleep(1000 + Math.random() * 5000)
    fleet[index] = await startProcess(index, ports)
    alive++
  }
  let next = 0
  // the last minute shows whether everything is taken over
  while (Date.now() < end - 15_000) {
    await sleep(2000 + Math.random() * 6000)
    if (alive < 3) continue
    kills++
    const restart = kill(next++ % processes)
    restarts.add(restart)
    restart.finally(() => restarts.delete(restart)).catch((error: unknown) => failures.set(String(error), 1))
  }
  await Promise.all(restarts)
  await sleep(Math.max(0, end - Date.now()))
  const until = Date.now()
  for (const life of lives) life.until = Math.min(life.until, until)
  await sleep(1000)
  await Promise.all(fleet.map(async (each) => each.kill()))

  console.log(
    `${minutes} minutes, ${processes} processes, ${kills} kills, ${puts.length} puts, ${publications.length} publications`
  )
  const published = checkPublications(publications, { names, interval, from, until })
  const ratio = (published.due + published.repeated) / Math.max(1, published.due)
  report(
    'each due record is published once',
    ratio <= 1.05 && published.due > 0,
    `${published.due} due, ${published.repeated} repeated: ${ratio.toFixed(3)} times; at most 1.05`
  )
  report(
    'none is missed',
    published.missed.length === 0,
    `longest wait ${(published.longest / 1000).toFixed(1)} s of at most ${interval / 1000 + 60}; ${published.missed.length} missed ${published.missed.slice(0, 3).join(', ')}`
  )
  const watched = checkWatchers(puts, lives)
  report(
    'every watcher sees every change within a second',
    watched.missed.length === 0 && watched.expected > 0,
    `${watched.expected} expected, ${watched.missed.length} later, ${watched.late} while the machine was busy; ${watched.times} ${watched.missed.slice(0, 3).join(', ')}`
  )
  const intervals = (minutes * 60) / 2
  report(
    'one process sweeps at a time',
    sweeps > 0 && sweeps <= intervals * 1.2,
    `${sweeps} sweeps in ${intervals} intervals`
  )
  report(
    'no call failed',
    failures.size === 0,
    [...failures]
      .slice(0, 5)
      .map(([message, count]) => `${count} × ${message}`)
      .join('; ') || 'none'
  )
} catch (error) {
  report('the fleet runs', false, error instanceof Error ? (error.stack ?? error.message) : String(error))
} finally {
  for (const child of children) child.kill('SIGKILL')
  cluster.remove()
}
console.log(`\n${5 - Math.min(5, failed)} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 ? 0 : 1)
