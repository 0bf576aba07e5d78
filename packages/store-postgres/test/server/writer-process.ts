// Writes to a store until it is stopped, and sends each acknowledged write to its parent: `[key, order]`.
import pg from 'pg'
import { PostgresRecordStore } from '../../src/index.ts'
import { recordOf } from './records.ts'

interface Task {
  readonly port: number
  readonly schema: string
  readonly prefix: string
  readonly keys: number
  /** writes; Infinity is not JSON: 0 means no end */
  readonly writes: number
  readonly callers: number
  /** ms by which the clock is ahead */
  readonly ahead?: number
  readonly sweeps?: boolean
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task
if (task.ahead !== undefined) {
  const { now } = Date
  const ahead = task.ahead
  Date.now = () => now() + ahead
}
const pool = new pg.Pool({ host: '127.0.0.1', port: task.port, user: 'postgres', database: 'postgres', max: 5 })
const store = await PostgresRecordStore.open(pool, { schema: task.schema, closePool: true })

let acknowledged: [string, number][] = []
let written = 0
const counts: Record<string, number> = {}
const flush = setInterval(() => {
  if (acknowledged.length > 0) process.send?.({ acknowledged: acknowledged.splice(0) })
}, 5)

async function write(caller: number): Promise<void> {
  while (task.writes === 0 || written < task.writes) {
    written++
    // the orders of several processes grow alike, so that each replaces records of the other
    const order = written * 1000 + Math.floor(Math.random() * 50_000)
    const key = `${task.prefix}${Math.floor(Math.random() * task.keys)}`
    try {
      const { status } = await store.put(recordOf(key, order))
      counts[status] = (counts[status] ?? 0) + 1
      if (status === 'stored' || status === 'refreshed') acknowledged.push([key, order])
    } catch (error) {
      const code = (error as { readonly code?: string }).code ?? String(error)
      counts[code] = (counts[code] ?? 0) + 1
    }
    if (task.sweeps === true && caller === 0) await store.sweep()
  }
}

process.send?.({ ready: true })
await Promise.all(Array.from({ length: task.callers }, (_, caller) => write(caller)))
clearInterval(flush)
await store.close()
process.send?.({ acknowledged: acknowledged.splice(0), counts, done: true }, () => process.disconnect())
