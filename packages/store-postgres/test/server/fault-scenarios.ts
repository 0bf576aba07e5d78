import { recordOf, text } from './records.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import type { Scenario } from './scenario.ts'
import { check, codeOf, newPool, newSchema, openStore } from './scenario.ts'
import { PostgresRecordStore } from '../../src/index.ts'

const cuts: Scenario = {
  name: 'a connection is cut before the changes arrive, and before the reply',
  run: async ({ cluster }) => {
    const schema = newSchema()
    const proxy = await CuttingProxy.start(cluster.port)
    const store = await openStore(cluster, schema, { listen: false }, { port: proxy.port })
    const counts: Record<string, number> = {}
    for (let round = 0; round < 10; round++) {
      for (const [cut, code, isStored] of [
        [{ text: 'write_1', when: 'before' }, 'STORE_UNKNOWN', false],
        [{ text: 'write_1', when: 'after' }, 'STORE_UNKNOWN', true]
      ] as const) {
        const record = recordOf(`/cut/${round}/${cut.text}/${cut.when}`, 1)
        proxy.cutNext(cut)
        const found = await codeOf(store.put(record))
        check(found === code, `${cut.text} ${cut.when}: got ${found}; expected ${code}`)
        const { status } = await store.put(record)
        const expected = isStored ? 'refreshed' : 'stored'
        check(status === expected, `${cut.text} ${cut.when}: the same put again is ${status}; expected ${expected}`)
        counts[code] = (counts[code] ?? 0) + 1
      }
    }
    proxy.cutNext({ text: 'SELECT key', when: 'after' })
    check((await codeOf(store.get(text('/cut')))) === 'STORE_IO', 'a read on a connection that is cut')
    const { entries } = await store.stats()
    check(entries === 20, `${entries} records; expected 20`)
    await store.close()
    await proxy.close()
    return `${proxy.cuts} cuts, ${JSON.stringify(counts)}`
  }
}

const exhausted: Scenario = {
  name: 'the pool or the server has no free connection',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const pool = newPool(cluster, { max: 3 })
    const store = await PostgresRecordStore.open(pool, { schema, timeout: 2000 })
    const taken = await Promise.all([pool.connect(), pool.connect(), pool.connect()])
    const codes = [await codeOf(store.put(recordOf('/k', 1))), await codeOf(store.get(text('/k')))]
    for (const connection of taken) connection.release()
    check(
      codes.every((code) => code === 'STORE_IO'),
      `got ${codes.join()}; expected STORE_IO`
    )
    check((await store.put(recordOf('/k', 1))).status === 'stored', 'a put after the connections are free')
    await admin.query('CREATE ROLE limited LOGIN SUPERUSER CONNECTION LIMIT 1')
    await admin.query('ALTER ROLE limited NOSUPERUSER')
    await admin.query(`GRANT ALL ON SCHEMA ${schema} TO limited`)
    await admin.query(`GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO limited`)
    const limited = newPool(cluster, { user: 'limited' })
    const other = await PostgresRecordStore.open(limited, { schema, listen: false })
    const held = await limited.connect()
    const code = await codeOf(other.get(text('/k')))
    held.release()
    check(code === 'STORE_IO', `got ${code} for 53300; expected STORE_IO`)
    await other.close()
    await store.close()
    await limited.end()
    await pool.end()
    return `${codes.join(', ')}, ${code}`
  }
}

const locked: Scenario = {
  name: 'another program holds a lock on one key',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema, { timeout: 3000 })
    await store.put(recordOf('/locked', 1))
    const holder = await admin.connect()
    await holder.query('BEGIN')
    await holder.query(`SELECT 1 FROM ${schema}.entries FOR UPDATE`)
    const [code, other] = await Promise.all([
      codeOf(store.put(recordOf('/locked', 2))),
      store.put(recordOf('/free', 1))
    ])
    await holder.query('ROLLBACK')
    holder.release()
    check(code === 'STORE_CONTENDED', `got ${code}; expected STORE_CONTENDED`)
    check(other.status === 'stored', 'a put of another key failed')
    check((await store.put(recordOf('/locked', 2))).status === 'stored', 'a put after the lock is released')
    await store.close()
    return `${code}; the put of another key in the same turn is ${other.status}`
  }
}

const readOnly: Scenario = {
  name: 'the database is read-only',
  run: async ({ cluster }) => {
    const schema = newSchema()
    const writable = await openStore(cluster, schema)
    await writable.put(recordOf('/k', 1))
    await writable.close()
    const options = { options: '-c default_transaction_read_only=on' }
    const store = await openStore(cluster, schema, {}, options)
    check(await store.has(text('/k')), 'a read')
    const codes = [
      await codeOf(store.put(recordOf('/k', 2))),
      await codeOf(store.delete(text('/k'))),
      await codeOf(store.lease('name', 1000))
    ]
    await store.close()
    codes.push(await codeOf(openStore(cluster, newSchema(), {}, options)))
    check(
      codes.every((code) => code === 'STORE_READ_ONLY'),
      `got ${codes.join()}; expected STORE_READ_ONLY`
    )
    return codes.join(', ')
  }
}

const formats: Scenario = {
  name: 'the schema is of a newer version, or of another program',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema)
    await store.put(recordOf('/k', 1))
    await admin.query(`UPDATE ${schema}.format SET version = 99`)
    const newer = await codeOf(openStore(cluster, schema))
    await admin.query(`UPDATE ${schema}.format SET version = 1`)
    // a later version replaces the function while a process of this version runs
    const definition = await admin.query(`SELECT pg_get_functiondef('${schema}.write_1'::regproc) AS text`)
    await admin.query(`DROP FUNCTION ${schema}.write_1`)
    const running = await codeOf(store.put(recordOf('/k', 2)))
    await admin.query((definition.rows[0] as { text: string }).text)
    check((await store.put(recordOf('/k', 2))).status === 'stored', 'a put with the function of this version')
    await store.close()
    const foreign: string[] = []
    for (const tables of [
      'CREATE TABLE other (id integer)',
      'CREATE TABLE format (id integer)',
      "CREATE TABLE format (id integer, name text, version integer); INSERT INTO format VALUES (1, 'other', 1)"
    ]) {
      const name = newSchema()
      await admin.query(`CREATE SCHEMA ${name}; SET search_path = ${name}; ${tables}; RESET search_path`)
      foreign.push(await codeOf(openStore(cluster, name)))
      const { rows } = await admin.query('SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = $1', [name])
      check((rows[0] as { count: number }).count === 1, 'the schema of another program was changed')
    }
    check(newer === 'STORE_NEWER_FORMAT' && running === 'STORE_NEWER_FORMAT', `got ${newer}, ${running}`)
    check(
      foreign.every((code) => code === 'STORE_UNRECOGNIZED'),
      `got ${foreign.join()}`
    )
    return `${newer}, ${running}; ${foreign.join(', ')}`
  }
}

const opening: Scenario = {
  name: '12 stores open a new schema concurrently',
  run: async ({ cluster }) => {
    const schema = newSchema()
    const stores = await Promise.all(Array.from({ length: 12 }, () => openStore(cluster, schema, {}, { max: 3 })))
    await Promise.all(stores.map((store, index) => store.put(recordOf('/k', index))))
    const ranks = await Promise.all(stores.map(async (store) => (await store.get(text('/k')))?.rank[7]))
    check(
      ranks.every((rank) => rank === 11),
      `orders ${ranks.join()}; expected 11`
    )
    await Promise.all(stores.map((store) => store.close()))
    return `${stores.length} opened`
  }
}

const listening: Scenario = {
  name: 'the connection for notifications is ended by the server, and changes go on',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema, { pollInterval: 100 })
    const other = await openStore(cluster, schema)
    const changes = store.changes()
    const seen: string[] = []
    const reading = (async () => {
      for await (const key of changes) seen.push(new TextDecoder().decode(key))
    })()
    for (let round = 0; round < 5; round++) {
      await other.put(recordOf(`/k/${round}`, 1))
      for (let wait = 0; wait < 100 && !seen.includes(`/k/${round}`); wait++)
        await new Promise((resolve) => setTimeout(resolve, 20))
      check(seen.includes(`/k/${round}`), `the change of /k/${round} was not reported within 2 s`)
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    }
    await store.close()
    await reading
    await other.close()
    return `${seen.length} reports of 5 changes`
  }
}

export const faultScenarios: readonly Scenario[] = [opening, cuts, exhausted, locked, readOnly, formats, listening]
