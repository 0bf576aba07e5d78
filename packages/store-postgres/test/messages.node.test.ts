import { PglitePool } from '@recordkit/testing/pglite-pool'
import { expect, test } from 'vitest'
import type { PostgresPool, PostgresStatement } from '../src/index.ts'
import { PostgresRecordStore } from '../src/index.ts'
import { newSchema } from './postgres-factories.ts'
import { record, text } from './test-records.ts'

/** A pool that counts the statements which a test names, and refuses prepared ones on request. */
async function countingPool(): Promise<{ pool: PostgresPool; statements: string[]; refuse: { code?: string } }> {
  const inner = await PglitePool.shared()
  const statements: string[] = []
  const refuse: { code?: string } = {}
  const nameOf = (statement: string): string =>
    /write_many_1|write_1|fold_1|totals_1|SELECT key, entry/.exec(statement)?.[0] ?? ''
  return {
    statements,
    refuse,
    pool: {
      connect: async () => {
        const connection = await inner.connect()
        return {
          query: async (statement: string | PostgresStatement, values?: unknown[]) => {
            const isPrepared = typeof statement !== 'string'
            const name = nameOf(isPrepared ? statement.text : statement)
            if (name !== '') statements.push(isPrepared ? `prepared ${name}` : name)
            if (isPrepared && refuse.code !== undefined)
              throw Object.assign(new Error('no such prepared statement'), { code: refuse.code })
            return connection.query(statement, values)
          },
          release: () => connection.release()
        }
      }
    }
  }
}

test('a put takes one statement for a new key and for a key that this process knows, and two for others', async () => {
  const { pool, statements } = await countingPool()
  const schema = newSchema()
  const options = { schema, listen: false, clock: () => 1n }
  const store = await PostgresRecordStore.open(pool, options)
  const other = await PostgresRecordStore.open(await PglitePool.shared(), options)
  await store.put(record('/first', 1))
  const messages = async (work: () => Promise<{ readonly status: string }>): Promise<unknown[]> => {
    statements.length = 0
    const { status } = await work()
    return [status, ...statements]
  }
  expect(await messages(() => store.put(record('/k', 1)))).toEqual(['stored', 'prepared write_1'])
  expect(await messages(() => store.put(record('/k', 2)))).toEqual(['stored', 'prepared write_1'])
  await other.put(record('/k', 3))
  await other.put(record('/other', 3))
  expect(await messages(() => store.put(record('/k', 4)))).toEqual(['stored', 'prepared write_1', 'prepared write_1'])
  expect(await messages(() => store.put(record('/other', 2)))).toEqual(['stale', 'prepared write_1'])
  await store.get(text('/first'))
  expect(await messages(() => store.put(record('/first', 2)))).toEqual(['stored', 'prepared write_1'])
  expect(
    await messages(async () => {
      const results = await Promise.all(
        Array.from({ length: 64 }, (_, index) => store.put(record(`/many/${index}`, 1)))
      )
      return {
        status: results.map(({ status }) => status).every((status) => status === 'stored') ? 'stored' : 'refused'
      }
    })
  ).toEqual(['stored', 'prepared write_many_1'])
  await store.close()
  await other.close()
})

test('calls whose expectations fail are refused without the others of their statement', async () => {
  const { pool, statements } = await countingPool()
  const options = { schema: newSchema(), listen: false, clock: () => 1n }
  const store = await PostgresRecordStore.open(pool, options)
  const other = await PostgresRecordStore.open(await PglitePool.shared(), options)
  await store.put(record('/first', 1))
  for (let index = 0; index < 4; index++) await other.put(record(`/k/${index}`, index))
  statements.length = 0
  const results = await Promise.all(Array.from({ length: 8 }, (_, index) => store.put(record(`/k/${index}`, 2))))
  expect(results.map(({ status }) => status)).toEqual([
    'stored',
    'stored',
    'refreshed',
    'stale',
    'stored',
    'stored',
    'stored',
    'stored'
  ])
  expect(results.map(({ previous }) => previous?.rank[0])).toEqual([
    0,
    1,
    2,
    3,
    ...Array.from({ length: 4 }, () => undefined)
  ])
  expect(statements).toEqual(['prepared write_many_1', 'prepared write_many_1'])
  expect((await store.stats()).entries).toBe(9)
  await store.close()
  await other.close()
})

for (const code of ['26000', '42P05']) {
  test(`goes on without prepared statements when a pooler loses them (${code})`, async () => {
    const { pool, statements, refuse } = await countingPool()
    const store = await PostgresRecordStore.open(pool, { schema: newSchema(), listen: false })
    refuse.code = code
    statements.length = 0
    expect((await store.put(record('/k', 1))).status).toBe('stored')
    expect((await store.put(record('/l', 1))).status).toBe('stored')
    expect(statements.filter((name) => name.includes('write'))).toEqual(['prepared write_1', 'write_1', 'write_1'])
    await store.close()
  })
}

test('totals, sizes and largest groups are the same before and after they are added up', async () => {
  const pool = await PglitePool.shared()
  const schema = newSchema()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false, clock: () => 1n })
  const rows = async (statement: string): Promise<readonly unknown[]> => (await pool.query(statement)).rows
  const sums = (): Promise<unknown[]> =>
    Promise.all([store.stats(), rows(`SELECT records, bytes, marks, groups FROM ${schema}.totals_1()`)])
  const sender = (index: number): Uint8Array => new Uint8Array(34).fill(index % 3)
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 9; index++)
      await store.put({ ...record(`/n/${index}`, round + 1), sender: sender(index + round) })
    // the last round empties two of the groups
    if (round === 2)
      for (let index = 0; index < 9; index++) if (index % 3 !== 0) await store.delete(text(`/n/${index}`))
    const before = await sums()
    await pool.query(`SELECT ${schema}.fold_1(NULL)`)
    expect(await sums()).toEqual(before)
    expect(await rows(`SELECT * FROM ${schema}.pending_1()`)).toEqual([])
    expect(await rows(`SELECT count(*)::integer AS count FROM ${schema}.accounts WHERE is_group`)).toEqual([
      { count: Number(((before[1] as { groups: unknown }[])[0] as { groups: unknown }).groups) }
    ])
  }
  await store.close()
})

test('what is added up is deleted when it is old, and numbers go on', async () => {
  const pool = await PglitePool.shared()
  const schema = newSchema()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false })
  for (let index = 0; index < 20; index++) await store.put(record(`/k/${index}`, 1))
  const numbers = async (): Promise<number[]> =>
    (
      await pool.query(
        `SELECT coalesce((SELECT max(c.change) FROM ${schema}.changes c WHERE c.shard = t.shard), t.change)::integer AS change
          FROM ${schema}.totals t ORDER BY t.shard`
      )
    ).rows.map((row) => (row as { change: number }).change)
  const before = await numbers()
  await pool.query(`SELECT ${schema}.fold_1(0)`)
  expect((await pool.query(`SELECT 1 FROM ${schema}.changes`)).rows).toEqual([])
  expect(await numbers()).toEqual(before)
  for (let index = 0; index < 8; index++) await store.put(record(`/l/${index}`, 1))
  expect(await numbers()).toEqual(before.map((number) => number + 1))
  expect((await store.stats()).entries).toBe(28)
  await store.close()
})

test('statements that a pooler loses at the same time are both repeated', async () => {
  const inner = await PglitePool.shared()
  let isLosing = false
  const lost: (() => void)[] = []
  const pool: PostgresPool = {
    connect: async () => ({
      query: async (statement: string | PostgresStatement, values?: unknown[]) => {
        if (typeof statement === 'string') return inner.query(statement, values)
        if (!isLosing) return inner.query(statement.text, statement.values)
        // both were sent before either was refused
        await new Promise<void>((resolve) => {
          lost.push(resolve)
          if (lost.length === 2) for (const refuse of lost) refuse()
        })
        throw Object.assign(new Error('no such prepared statement'), { code: '26000' })
      },
      release: () => undefined
    })
  }
  const schema = newSchema()
  await (await PostgresRecordStore.open(inner, { schema, listen: false })).close()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false, clock: () => 1n })
  await store.put(record('/first', 1))
  isLosing = true
  const first = store.put(record('/a', 1))
  await new Promise((resolve) => void setImmediate(resolve))
  const second = store.put(record('/b', 1))
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual(['stored', 'stored'])
  await store.close()
})
