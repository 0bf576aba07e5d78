import { record, text } from './test-records.ts'
import { FakeTimers } from '@recordkit/record-conformance'
import { isRecordError } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { openPostgresBackend } from '../src/open-backend.ts'
import type { PostgresConnection, PostgresPool } from '../src/index.ts'
import { PostgresRecordStore } from '../src/index.ts'
import { PglitePool } from '@recordkit/testing/pglite-pool'
import { newSchema } from './postgres-factories.ts'

type Failing = (text: string) => Error | undefined

/** A pool whose statements fail as `failing` says, before or after the database runs them. */
function failingPool(
  inner: PostgresPool,
  failing: Failing,
  when: 'before' | 'after'
): PostgresPool & { released: unknown[] } {
  const released: unknown[] = []
  return {
    released,
    connect: async (): Promise<PostgresConnection> => {
      const connection = await inner.connect()
      let isLost = false
      return {
        query: async (statement, values) => {
          const error = failing(typeof statement === 'string' ? statement : statement.text)
          const result = error === undefined || when === 'after' ? await connection.query(statement, values) : undefined
          if (error !== undefined) {
            isLost = true
            throw error
          }
          return result ?? { rows: [] }
        },
        release: (reason) => {
          released.push(reason)
          // the server ends the transaction of a connection that is lost
          if (!isLost) connection.release()
          else void connection.query('ROLLBACK').then(() => connection.release())
        }
      }
    }
  }
}

const lost = (): Error => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
const server = (code: string): Error => Object.assign(new Error('refused by the server'), { code })

async function storeThatFails(
  failing: Failing,
  when: 'before' | 'after' = 'before'
): Promise<{ store: PostgresRecordStore; schema: string; pool: PostgresPool & { released: unknown[] } }> {
  const inner = await PglitePool.shared()
  const schema = newSchema()
  await (await PostgresRecordStore.open(inner, { schema, listen: false })).close()
  const pool = failingPool(inner, failing, when)
  return { store: await PostgresRecordStore.open(pool, { schema, listen: false }), schema, pool }
}

for (const [name, failing, when, code, isStored] of [
  ['a connection that is lost before the changes arrive', /write_1/, 'before', 'STORE_UNKNOWN', false],
  ['a connection that is lost when the changes were applied', /write_1/, 'after', 'STORE_UNKNOWN', true]
] as const) {
  test(`${name} is ${code}, and the same put again finds out`, async () => {
    let isFailing = true
    const { store, pool } = await storeThatFails(
      (statement) => (isFailing && failing.test(statement) ? lost() : undefined),
      when
    )
    await expect(store.put(record('/k', 1))).rejects.toMatchObject({ code })
    expect(pool.released.at(-1)).toBeInstanceOf(Error)
    isFailing = false
    expect((await store.put(record('/k', 1))).status).toBe(isStored ? 'refreshed' : 'stored')
    await store.close()
  })
}

for (const [sqlState, code] of [
  ['53100', 'STORE_IO'],
  ['53300', 'STORE_IO'],
  ['57P01', 'STORE_UNKNOWN'],
  ['57014', 'STORE_IO'],
  ['55P03', 'STORE_CONTENDED'],
  ['25006', 'STORE_READ_ONLY'],
  ['42883', 'STORE_NEWER_FORMAT']
] as const) {
  test(`an error ${sqlState} of the server is ${code}, and contains the code of the server`, async () => {
    let isFailing = true
    const { store } = await storeThatFails((statement) =>
      isFailing && statement.includes('write_1') ? server(sqlState) : undefined
    )
    await expect(store.put(record('/k', 1))).rejects.toMatchObject({ code, details: { sqlState } })
    isFailing = false
    expect((await store.put(record('/k', 1))).status).toBe('stored')
    await store.close()
  })
}

for (const sqlState of ['40001', '40P01', '23505']) {
  test(`an error ${sqlState} of the server is contention: the put is decided anew`, async () => {
    let failures = 3
    const { store } = await storeThatFails((statement) =>
      statement.includes('write_1') && failures-- > 0 ? server(sqlState) : undefined
    )
    expect((await store.put(record('/k', 1))).status).toBe('stored')
    await store.close()
  })
}

test('a damaged entry that is replaced is counted once', async () => {
  const pool = await PglitePool.shared()
  const schema = newSchema()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false, onCorrupt: () => {} })
  const author = new Uint8Array(34).fill(5)
  const key = text('/published')
  const puts = async (): Promise<void> => {
    await store.put({ ...record('/config/k', 1), author, sender: author })
    await store.put({ ...record('/published', 1), key }, { publication: { key, network: true } })
  }
  const counts = async (): Promise<unknown[]> => {
    await pool.query(`SELECT ${schema}.fold_1(NULL)`)
    return [
      (
        await pool.query(`SELECT sum(records) AS records, sum(bytes) AS bytes, sum(publications) AS publications,
      sum(published_bytes) AS published, sum(groups) AS groups FROM ${schema}.totals`)
      ).rows,
      (await pool.query(`SELECT name, records, bytes, marks FROM ${schema}.accounts ORDER BY name`)).rows
    ]
  }
  await puts()
  const before = await counts()
  for (let round = 0; round < 3; round++) {
    await pool.query(`UPDATE ${schema}.entries SET entry = $1`, [Uint8Array.of(1, 7, round)])
    await puts()
    expect(await counts()).toEqual(before)
  }
  // one that another program wrote was not counted
  await pool.query(`INSERT INTO ${schema}.entries VALUES ($1, $2, NULL, true, false, false)`, [
    text('/other'),
    Uint8Array.of(1, 7)
  ])
  await store.put(record('/other', 1))
  const { entries } = await store.stats()
  expect(entries).toBe(3)
  await store.close()
})

test('an entry without bytes is damaged, and a put replaces it', async () => {
  const pool = await PglitePool.shared()
  const schema = newSchema()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false, onCorrupt: () => {} })
  await store.put(record('/first', 1))
  for (const keys of [['/k'], ['/m', '/n']]) {
    for (const key of keys)
      await pool.query(`INSERT INTO ${schema}.entries VALUES ($1, '', NULL, true, false, false)`, [text(key)])
    const results = await Promise.all(keys.map((key) => store.put(record(key, 1))))
    expect(results.map(({ status }) => status)).toEqual(keys.map(() => 'stored'))
  }
  const { rows } = await pool.query(`SELECT count(*)::integer AS count FROM ${schema}.quarantine`)
  expect(rows).toEqual([{ count: 3 }])
  await store.close()
})

test('a pool without a free connection is STORE_IO after a quarter of the timeout, and a late connection is released', async () => {
  const inner = await PglitePool.shared()
  const schema = newSchema()
  const timers = new FakeTimers()
  const { setTimer } = timers
  const backend = await openPostgresBackend(inner, { schema, listen: false, setTimer, timeout: 4000 })
  const held = await inner.connect()
  const reading = backend.read([text('/k')])
  const failed = expect(reading).rejects.toMatchObject({ code: 'STORE_IO' })
  await timers.advance(1_000_000_000n)
  await failed
  held.release()
  expect(await backend.read([text('/k')])).toEqual([{}])
  await backend.close()
})

test('a reader whose changes were deleted is told so, and a new one goes on', async () => {
  const pool = await PglitePool.shared()
  const schema = newSchema()
  const store = await PostgresRecordStore.open(pool, { schema, listen: false, pollInterval: 5 })
  const other = await PostgresRecordStore.open(pool, { schema, listen: false })
  await other.put(record('/before', 1))
  const changes = store.changes()
  expect(new TextDecoder().decode((await changes.next()).value as Uint8Array)).toBe('/before')
  const next = changes.next()
  // as if this process had been away until the change that it should read next was deleted
  await pool.query(`DELETE FROM ${schema}.changes`)
  await pool.query(
    `WITH t AS (UPDATE ${schema}.totals SET change = change + 5 RETURNING shard, change)
      INSERT INTO ${schema}.changes SELECT shard, change, ARRAY['\\x2f6b'::bytea], now(), ARRAY[0, 0, 0, 0, 0, 0], '{}', '{}', '{}', '{}'
      FROM t`
  )
  await expect(next).rejects.toSatisfy((error) => isRecordError(error, 'STORE_IO'))
  const again = store.changes()
  const first = again.next()
  await other.put(record('/after', 1))
  for (let step = first; ; step = again.next())
    if (new TextDecoder().decode((await step).value as Uint8Array) === '/after') break
  await store.close()
  await other.close()
})

test('refuses wrong options, naming them', async () => {
  const pool = await PglitePool.shared()
  for (const [options, name] of [
    [{ schema: '' }, 'schema'],
    [{ schema: 'x'.repeat(49) }, 'schema'],
    [{ pollInterval: 0 }, 'pollInterval'],
    [{ timeout: -1 }, 'timeout'],
    [{ maxRecords: -1 }, 'maxRecords']
  ] as const) {
    const opening = PostgresRecordStore.open(pool, options)
    await expect(opening).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(name) as string
    })
  }
  await expect(PostgresRecordStore.open({} as PostgresPool)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
