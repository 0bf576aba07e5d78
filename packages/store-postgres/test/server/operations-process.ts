// Runs random operations on a store, and sends what each one did to its parent.
import pg from 'pg'
import type { StoreOperationResult } from '@recordkit/record-store'
import { PostgresRecordStore } from '../../src/index.ts'
import { orderOf, recordOf, text } from './records.ts'

/** What a process does. */
export interface OperationsTask {
  readonly port: number
  readonly schema: string
  readonly keys: number
  readonly operations: number
  readonly callers: number
  /** ms; orders grow with the time since then */
  readonly started: number
  readonly maxRecords: number
}

/** What an operation did, with the times between which it did so. */
export interface Done {
  readonly type: 'put' | 'get' | 'other' | 'error'
  readonly key: string
  readonly order: number
  readonly status: string
  /** the order of the record that was read or replaced */
  readonly previous?: number | undefined
  /** the order that the replaced record had to have; `null`: none */
  readonly condition?: number | null | undefined
  readonly start: number
  readonly end: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as OperationsTask
const { keys, maxRecords } = task
const pool = new pg.Pool({ host: '127.0.0.1', port: task.port, user: 'postgres', database: 'postgres', max: 4 })
const store = await PostgresRecordStore.open(pool, { schema: task.schema, closePool: true, maxRecords })
const known = new Map<string, Uint8Array>()
const done: Done[] = []
const now = (): number => performance.timeOrigin + performance.now()
const oneOf = (count: number): number => Math.floor(Math.random() * count)

async function put(key: string, order: number): Promise<Partial<Done>> {
  const expected = known.get(key)
  const choice = Math.random()
  const ifRank = choice < 0.15 ? null : choice < 0.4 ? expected : undefined
  const expires = Math.random() < 0.15 ? BigInt(Date.now() + oneOf(300)) * 1_000_000n : undefined
  const sender = Math.random() < 0.3 ? text(`peer ${oneOf(5)}`) : undefined
  const publication = Math.random() < 0.03 ? { key: text(key), network: true } : undefined
  const record = recordOf(key, order, { expires, sender, author: sender && text('author') })
  const { status, previous } = await store.put(record, { ifRank, publication })
  if (previous !== undefined) known.set(key, previous.rank)
  if (status === 'stored') known.set(key, record.rank)
  const condition = ifRank && orderOf(ifRank)
  return { type: 'put', status, condition, previous: previous && orderOf(previous.rank) }
}

async function operate(key: string, order: number): Promise<Partial<Done>> {
  const choice = Math.random()
  if (choice < 0.6) return put(key, order)
  if (choice < 0.7) return { status: `deleted ${await store.delete(text(key))}` }
  if (choice < 0.8) {
    const record = await store.get(text(key))
    if (record !== undefined) known.set(key, record.rank)
    return { type: 'get', previous: record && orderOf(record.rank) }
  }
  if (choice < 0.85) return { status: `touched ${await store.touch(text(key), { timeReceived: 1n })}` }
  if (choice < 0.9) return { status: `swept ${(await store.sweep()) > 0}` }
  const records = [recordOf(key, order), recordOf(`/all/${oneOf(keys)}`, order), recordOf(key, order + 1)]
  const results = await store.batch(records.map((record) => ({ type: 'put' as const, record })))
  const { status } = results[2] as Extract<StoreOperationResult, { status: unknown }>
  return { type: 'put', order: order + 1, status }
}

async function run(): Promise<void> {
  const [key, start] = [`/all/${oneOf(keys)}`, now()]
  const order = Math.floor((Date.now() - task.started) / 4) + oneOf(60)
  const operation = { type: 'other', key, order, status: 'done', start } as const
  try {
    const result = await operate(key, order)
    done.push({ ...operation, ...result, end: now() })
  } catch (error) {
    const status = (error as { readonly code?: string }).code ?? String(error)
    done.push({ ...operation, type: 'error', status, end: now() })
  }
}

const flush = setInterval(() => void process.send?.({ done: done.splice(0) }), 5)
process.send?.({ ready: true })
let count = 0
const caller = async (): Promise<void> => {
  while (count++ < task.operations) await run()
}
await Promise.all(Array.from({ length: task.callers }, caller))
clearInterval(flush)
await store.close()
process.send?.({ done: done.splice(0) }, () => process.disconnect())
