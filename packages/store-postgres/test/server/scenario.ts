import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { RecordStore } from '@recordkit/record-store'
import type { PostgresRecordStoreOptions } from '../../src/index.ts'
import { PostgresRecordStore } from '../../src/index.ts'
import { newSchema } from '../postgres-factories.ts'
import type { Cluster } from '@recordkit/testing/postgres-cluster'
import { orderOf, text } from './records.ts'

/** What a scenario receives. */
export interface ScenarioContext {
  readonly cluster: Cluster
  /** for what is checked beside the store */
  readonly admin: pg.Pool
}

/** A case with a real server. */
export interface Scenario {
  readonly name: string
  /** @returns what was counted */
  run(context: ScenarioContext): Promise<string>
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

export function newPool(cluster: Cluster, more: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...cluster.config, max: 5, ...more })
  pool.on('error', () => undefined)
  return pool
}

/** Opens a store in a schema, on a pool of its own. */
export function openStore(
  cluster: Cluster,
  schema: string,
  options: PostgresRecordStoreOptions = {},
  config: pg.PoolConfig = {}
): Promise<RecordStore> {
  // a pool as an operator makes it: the store itself listens to its errors
  const pool = new pg.Pool({ ...cluster.config, max: 5, ...config })
  return PostgresRecordStore.open(pool, { schema, closePool: true, ...options })
}

export { newSchema }

export type Acknowledged = Map<string, number>

export interface Writer {
  readonly child: ChildProcess
  /** resolves when the process is about to write, and when it has acknowledged the first write */
  readonly ready: Promise<void>
  readonly wrote: Promise<void>
  readonly ended: Promise<void>
  readonly counts: Record<string, number>
}

/** Starts a process that writes, and remembers the highest order that it acknowledged for each key. */
export function startWriter(task: Readonly<Record<string, unknown>>, acknowledged: Acknowledged): Writer {
  const child = fork(fileURLToPath(new URL('writer-process.ts', import.meta.url)), [JSON.stringify(task)])
  const counts: Record<string, number> = {}
  let setReady: () => void = () => undefined
  const ready = new Promise<void>((resolve) => {
    setReady = resolve
  })
  let setWrote: () => void = () => undefined
  const wrote = new Promise<void>((resolve) => {
    setWrote = resolve
  })
  child.on('message', (message) => {
    const { acknowledged: list = [], counts: found = {} } = message as {
      acknowledged?: [string, number][]
      counts?: Record<string, number>
    }
    if ('ready' in (message as object)) setReady()
    if (list.length > 0) setWrote()
    for (const [key, order] of list) acknowledged.set(key, Math.max(order, acknowledged.get(key) ?? 0))
    Object.assign(counts, found)
  })
  const ended = new Promise<void>((resolve) => {
    // after the last message
    child.on('close', () => {
      setReady()
      setWrote()
      resolve()
    })
  })
  return { child, ready, wrote, ended, counts }
}

/** Checks that each acknowledged record, or a higher one, is there. */
export async function checkAcknowledged(store: RecordStore, acknowledged: Acknowledged): Promise<void> {
  const keys = [...acknowledged.keys()]
  const records = await store.getMany(keys.map((key) => text(key)))
  for (const [index, key] of keys.entries()) {
    const found = records[index]
    const expected = acknowledged.get(key) as number
    check(found !== undefined, `${key} is missing; its order ${expected} was acknowledged`)
    check(orderOf(found.rank) >= expected, `${key} has order ${orderOf(found.rank)}; ${expected} was acknowledged`)
  }
}

/** Checks the totals and accounts of a schema against its entries. */
export async function checkCounts(store: RecordStore, admin: pg.Pool, schema: string): Promise<void> {
  const { entries, bytes, marks, publications } = await store.stats()
  let found = { records: 0, bytes: 0 }
  for await (const { key, value, rank } of store.iterate({ expired: true }))
    found = { records: found.records + 1, bytes: found.bytes + key.length + value.length + rank.length }
  check(entries === found.records, `stats count ${entries} records; there are ${found.records}`)
  check(bytes === found.bytes, `stats count ${bytes} bytes; there are ${found.bytes}`)
  await admin.query(`SELECT ${schema}.fold_1(NULL)`)
  const folded = await store.stats()
  check(folded.bytes === bytes && folded.entries === entries, 'adding up what transactions added changes the sums')
  const { rows } = await admin.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM ${schema}.entries WHERE has_mark) AS marks,
      (SELECT count(*) FROM ${schema}.entries WHERE has_publication) AS publications,
      (SELECT count(*) FROM ${schema}.entries WHERE record_group IS NOT NULL) AS members,
      (SELECT coalesce(sum(records), 0) FROM ${schema}.accounts WHERE is_group) AS grouped,
      (SELECT count(*) FROM ${schema}.accounts WHERE is_group) AS accounts,
      (SELECT sum(groups) FROM ${schema}.totals) AS groups`
  )
  const row = rows[0] ?? {}
  check(marks === Number(row['marks']), `stats count ${marks} marks; there are ${row['marks']}`)
  check(publications === Number(row['publications']), 'the publications are counted wrong')
  check(
    row['members'] === row['grouped'],
    `groups count ${row['grouped']} records; they have ${row['members']} members`
  )
  check(row['accounts'] === row['groups'], `totals count ${row['groups']} groups; there are ${row['accounts']}`)
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds))
}

/** The code of the error that a call rejects with; its result as text when it does not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    return `no error: ${JSON.stringify(await call)}`
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error)
  }
}
