import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RecordStore } from '@recordkit/record-store'
import type { Done, OperationsTask } from './operations-process.ts'
import { orderOf, text } from './records.ts'
import type { Scenario } from './scenario.ts'
import { check, checkCounts, newSchema, openStore, sleep } from './scenario.ts'

function start(
  task: OperationsTask,
  done: Done[]
): { child: ChildProcess; ready: Promise<void>; ended: Promise<void> } {
  const child = fork(fileURLToPath(new URL('operations-process.ts', import.meta.url)), [JSON.stringify(task)])
  const ended = new Promise<void>((resolve) => void child.on('close', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    void ended.then(resolve)
    child.on('message', (message: { readonly ready?: boolean; readonly done?: readonly Done[] }) => {
      if (message.ready === true) resolve()
      done.push(...(message.done ?? []))
    })
  })
  return { child, ready, ended }
}

/** Checks the operations of one key by the rules of a put. @param keepsOrder - whether nothing is removed for lack of space */
async function checkKey(
  store: RecordStore,
  key: string,
  operations: readonly Done[],
  keepsOrder: boolean
): Promise<void> {
  const stored = operations.filter(({ status }) => status === 'stored')
  for (const { type, status, order, previous, condition, start: begun } of operations) {
    const acknowledged = stored.filter(({ end }) => end < begun).map((each) => each.order)
    const highest = Math.max(-1, ...acknowledged)
    if (status === 'stored') {
      check(previous === undefined || previous < order, `${key}: ${order} replaced ${String(previous)}`)
      check(condition !== null || previous === undefined, `${key}: ${order} replaced a record that had to be absent`)
      check(typeof condition !== 'number' || previous === condition, `${key}: ${order} replaced another record`)
      check(!keepsOrder || order >= highest, `${key}: ${order} was stored after ${highest}`)
    }
    if (keepsOrder && type === 'get')
      check((previous ?? highest) >= highest, `${key}: read ${String(previous)} after ${highest}`)
  }
  if (!keepsOrder) return
  const [record, mark] = [await store.get(text(key)), await store.mark(text(key))]
  const kept = Math.max(...[record, mark].map((one) => (one === undefined ? -1 : orderOf(one.rank))))
  const last = Math.max(-1, ...stored.map(({ order }) => order))
  check(kept >= last, `${key} has ${kept}; ${last} was acknowledged`)
}

function operations(name: string, maxRecords: number, kills: number): Scenario {
  return {
    name,
    run: async ({ cluster, admin }) => {
      const schema = newSchema()
      const store = await openStore(cluster, schema, { maxRecords })
      const done: Done[] = []
      const task = {
        port: cluster.port,
        schema,
        keys: 100,
        operations: 5000,
        callers: 12,
        started: Date.now(),
        maxRecords
      }
      const processes = [start(task, done), start(task, done)]
      for (let kill = 0; kill < kills; kill++) {
        const killed = start({ ...task, operations: Number.MAX_SAFE_INTEGER }, done)
        await killed.ready
        await sleep(200 + Math.random() * 300)
        killed.child.kill('SIGKILL')
        await killed.ended
      }
      await Promise.all(processes.map(({ ended }) => ended))
      for (const key of new Set(done.map((each) => each.key))) {
        const ofKey = done.filter((each) => each.key === key)
        await checkKey(store, key, ofKey, maxRecords > task.keys)
      }
      const errors = done.filter(({ type }) => type === 'error').map(({ status }) => status)
      check(errors.length === 0, `errors ${errors.slice(0, 5).join()}`)
      await checkCounts(store, admin, schema)
      const { rows } = await admin.query(
        `SELECT shard FROM ${schema}.changes GROUP BY shard HAVING max(change) - min(change) + 1 <> count(*)`
      )
      check(rows.length === 0, 'the numbers of changes have gaps')
      const { entries } = await store.stats()
      check(entries <= maxRecords, `${entries} records; ${maxRecords} are allowed`)
      await store.close()
      return `${done.length} operations, ${done.filter(({ status }) => status === 'stored').length} stored, ${entries} records`
    }
  }
}

export const operationScenarios: readonly Scenario[] = [
  operations('two processes race all operations on 100 keys, while others are killed', 1_000_000, 10),
  operations('two processes race all operations in a store that is full', 40, 0)
]
