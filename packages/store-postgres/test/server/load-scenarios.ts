import { isRecordError } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { orderOf, recordOf, text } from './records.ts'
import type { Acknowledged, Scenario } from './scenario.ts'
import { check, checkAcknowledged, checkCounts, newSchema, openStore, sleep, startWriter } from './scenario.ts'

const race: Scenario = {
  name: 'two processes race 10,000 writes on 100 keys, and a third sees every change',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema)
    const seen = new Map<string, number>()
    const watching = (async () => {
      for await (const key of store.changes()) {
        const found = await store.get(key)
        if (found !== undefined) seen.set(mapKey(key), orderOf(found.rank))
      }
    })()
    await sleep(200)
    const acknowledged: Acknowledged = new Map()
    const task = { port: cluster.port, schema, prefix: '/race/', keys: 100, writes: 5000, callers: 32 }
    const writers = [startWriter(task, acknowledged), startWriter(task, acknowledged)]
    await Promise.all(writers.map(({ ended }) => ended))
    await sleep(1000)
    await checkAcknowledged(store, acknowledged)
    await checkCounts(store, admin, schema)
    for (const [key, order] of acknowledged)
      check((seen.get(mapKey(text(key))) ?? -1) >= order, `the last change of ${key} was not reported`)
    await store.close()
    await watching
    const counts: Record<string, number> = {}
    for (const writer of writers)
      for (const [name, count] of Object.entries(writer.counts)) counts[name] = (counts[name] ?? 0) + count
    check(
      Object.keys(counts).every((name) => name === 'stored' || name === 'stale' || name === 'refreshed'),
      JSON.stringify(counts)
    )
    return `${JSON.stringify(counts)}, ${seen.size} keys watched, 0 lost`
  }
}

const kills: Scenario = {
  name: '20 kills of a writing process',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const acknowledged: Acknowledged = new Map()
    const store = await openStore(cluster, schema)
    for (let kill = 0; kill < 20; kill++) {
      const task = { port: cluster.port, schema, prefix: `/kill/${kill % 4}/`, keys: 500, writes: 0, callers: 32 }
      const { child, wrote, ended } = startWriter(task, acknowledged)
      await wrote
      await sleep(Math.random() * 200)
      child.kill('SIGKILL')
      await ended
    }
    check(acknowledged.size > 0, 'no process wrote anything')
    await checkAcknowledged(store, acknowledged)
    await checkCounts(store, admin, schema)
    await store.close()
    return `${acknowledged.size} keys acknowledged, 0 lost`
  }
}

const restarts: Scenario = {
  name: '6 immediate stops of the server while 16 callers write',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema, { timeout: 8000 })
    const acknowledged: Acknowledged = new Map()
    const codes: Record<string, number> = {}
    let isRunning = true
    let order = 0
    const write = async (caller: number): Promise<void> => {
      while (isRunning) {
        const key = `/restart/${caller}/${Math.floor(Math.random() * 20)}`
        const record = recordOf(key, ++order)
        try {
          await store.put(record)
          acknowledged.set(key, Math.max(orderOf(record.rank), acknowledged.get(key) ?? 0))
        } catch (error) {
          const code = isRecordError(error) ? error.code : String(error)
          codes[code] = (codes[code] ?? 0) + 1
          await sleep(20)
        }
      }
    }
    const writing = Array.from({ length: 16 }, (_, caller) => write(caller))
    for (let stop = 0; stop < 6; stop++) {
      await sleep(300)
      cluster.stop('immediate')
      await sleep(100)
      cluster.start()
    }
    await sleep(300)
    isRunning = false
    await Promise.all(writing)
    check(
      Object.keys(codes).every((code) => ['STORE_IO', 'STORE_UNKNOWN'].includes(code)),
      `unexpected codes ${JSON.stringify(codes)}`
    )
    await checkAcknowledged(store, acknowledged)
    await checkCounts(store, admin, schema)
    await store.close()
    return `${order} writes, ${acknowledged.size} keys acknowledged, 0 lost; ${JSON.stringify(codes)}`
  }
}

const iteration: Scenario = {
  name: '100,000 records are iterated while another process writes',
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema)
    const count = 100_000
    const nameOf = (index: number): string => `/iterate/${String(index).padStart(6, '0')}`
    for (let start = 0; start < count; start += 1000)
      await store.batch(
        Array.from({ length: 1000 }, (_, index) => ({
          type: 'put' as const,
          record: recordOf(nameOf(start + index), 1)
        }))
      )
    const acknowledged: Acknowledged = new Map()
    const task = { port: cluster.port, schema, prefix: '/iterate/0', keys: 100_000, writes: 0, callers: 16 }
    const writer = startWriter(task, acknowledged)
    await writer.ready
    const seen = new Set<string>()
    let others = 0
    for await (const { key } of store.iterate()) {
      const name = new TextDecoder().decode(key)
      check(!seen.has(name), `${name} was returned twice`)
      seen.add(name)
      if (acknowledged.has(name)) others++
    }
    writer.child.kill('SIGKILL')
    await writer.ended
    for (let index = 0; index < count; index++) check(seen.has(nameOf(index)), `${nameOf(index)} was not returned`)
    await checkAcknowledged(store, acknowledged)
    await checkCounts(store, admin, schema)
    await store.close()
    return `${seen.size} returned once each, ${acknowledged.size} written meanwhile, ${others} of them seen`
  }
}

const clock: Scenario = {
  name: "one process's clock is two hours ahead: it sweeps nothing that is valid, and leases count the server's time",
  run: async ({ cluster, admin }) => {
    const schema = newSchema()
    const store = await openStore(cluster, schema)
    const expires = BigInt(Date.now() + 3_600_000) * 1_000_000n
    for (let index = 0; index < 100; index++) await store.put(recordOf(`/hour/${index}`, 1, { expires }))
    const acknowledged: Acknowledged = new Map()
    const task = {
      port: cluster.port,
      schema,
      prefix: '/ahead/',
      keys: 50,
      writes: 500,
      callers: 8,
      ahead: 7_200_000,
      sweeps: true
    }
    const ahead = startWriter(task, acknowledged)
    await ahead.ended
    for (let index = 0; index < 100; index++) check(await store.has(text(`/hour/${index}`)), `/hour/${index} is gone`)
    await checkAcknowledged(store, acknowledged)
    const lease = await store.lease('sweep', 60_000)
    check(lease !== undefined, 'a free lease was not given')
    const other = await openStore(cluster, schema, { clock: () => BigInt(Date.now() + 7_200_000) * 1_000_000n })
    check((await other.lease('sweep', 60_000)) === undefined, 'a process took a lease that another has')
    await checkCounts(store, admin, schema)
    await other.close()
    await store.close()
    return `${JSON.stringify(ahead.counts)}, 100 of 100 records kept`
  }
}

export const loadScenarios: readonly Scenario[] = [race, kills, restarts, iteration, clock]
