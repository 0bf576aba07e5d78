// `node tools/bench/src/postgres.ts [records]`: store-postgres beside the same PostgreSQL server used bare, as ratios of one run. Starts
// a server of its own; prints one line where none is installed. Takes minutes.
import { RecordManager } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { encodeStoreEntry } from '@recordkit/record-store'
import { ValidationEngine } from '@recordkit/record-validators'
import { PostgresRecordStore } from '@recordkit/store-postgres'
import pg from 'pg'
import { Cluster, findServer } from '@recordkit/testing/postgres-cluster'
import { formatLine } from './format.ts'
import { recordOf } from './lines/stores.ts'
import type { Line } from './measure.ts'
import { measure } from './measure.ts'

const large = Number(process.argv[2] ?? 1_000_000)
const programs = findServer()
if (programs === undefined) {
  console.log('skip: the server of PostgreSQL is not installed')
  process.exit(0)
}
const cluster = await Cluster.start(programs)
const pool = new pg.Pool({ ...cluster.config, max: 64 })
let now = recordOf(0).timeReceived

function open(schema: string): Promise<RecordStore> {
  return PostgresRecordStore.open(pool, { schema, clock: () => now, maxRecords: 10_000_000, maxBytes: 10 ** 12 })
}

const store = await open('ours')
await pool.query('CREATE TABLE bare (key bytea PRIMARY KEY, rank bytea NOT NULL, entry bytea NOT NULL)')

/** What one who needs only the rule of ranks would write, in one statement. */
async function barePut(number: number, rank = recordOf(number).rank): Promise<void> {
  const record = { ...recordOf(number), rank }
  await pool.query(
    `INSERT INTO bare VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET rank = excluded.rank, entry = excluded.entry
      WHERE bare.rank < excluded.rank`,
    [record.key, record.rank, encodeStoreEntry(record.key, { record })]
  )
}

async function bareGet(number: number): Promise<void> {
  await pool.query('SELECT entry FROM bare WHERE key = $1', [recordOf(number).key])
}

async function bareIterate(): Promise<void> {
  let last = new Uint8Array(0)
  for (;;) {
    const { rows } = await pool.query<{ key: Uint8Array<ArrayBuffer> }>(
      'SELECT key, entry FROM bare WHERE key > $1 ORDER BY key LIMIT 1000',
      [last]
    )
    const key = rows.at(-1)?.key
    if (key === undefined) return
    last = key
  }
}

const callers = 64
const stored = 20_000
let next = stored
const together = (call: (number: number) => Promise<unknown>, number: () => number): Promise<unknown> =>
  Promise.all(Array.from({ length: callers }, () => call(number())))
const anyNumber = (): number => Math.floor(Math.random() * stored)

for (let start = 0; start < stored; start += 1000) {
  const numbers = Array.from({ length: 1000 }, (_, index) => start + index)
  await store.batch(numbers.map((number) => ({ type: 'put', record: recordOf(number) })))
  await Promise.all(numbers.map((number) => barePut(number)))
}
await pool.query('ANALYZE')

const lines: Line[] = [
  {
    name: 'store-postgres put, 64 callers',
    other: 'one statement per call',
    better: 'higher',
    target: 1.5,
    prepare: () => ({
      ours: () =>
        together(
          (number) => store.put(recordOf(number)),
          () => next++
        ),
      theirs: () =>
        together(
          (number) => barePut(number),
          () => next++
        )
    })
  },
  {
    name: 'store-postgres get, 64 callers',
    other: 'one statement per call',
    better: 'higher',
    target: 1.5,
    prepare: () => ({
      ours: () => together((number) => store.get(recordOf(number).key), anyNumber),
      theirs: () => together(bareGet, anyNumber)
    })
  },
  {
    name: 'store-postgres put, one at a time',
    other: 'one statement',
    better: 'higher',
    target: 0.8,
    prepare: async () => {
      // a process that runs for long has compiled both
      for (let count = 0; count < 2000; count++) {
        await store.put(recordOf(next++))
        await barePut(next++)
      }
      return { ours: () => store.put(recordOf(next++)), theirs: () => barePut(next++) }
    }
  },
  {
    name: 'store-postgres put of a known key, one at a time',
    other: 'one statement',
    better: 'higher',
    target: 0.8,
    prepare: () => {
      const [ours, theirs] = [next++, next++]
      let rank = 0
      const higher = (): Uint8Array => {
        const bytes = new Uint8Array(49).fill(255)
        new DataView(bytes.buffer).setUint32(1, ++rank)
        return bytes
      }
      return {
        ours: () => store.put({ ...recordOf(ours), rank: higher() }),
        theirs: () => barePut(theirs, higher())
      }
    }
  },
  {
    name: 'store-postgres iterate',
    other: 'pages of 1,000 rows that are not decoded',
    better: 'higher',
    target: 0.5,
    prepare: () => ({
      ours: async () => {
        for await (const record of store.iterate({ limit: stored })) void record
      },
      theirs: bareIterate
    })
  }
]
let missed = 0
for (const line of lines) {
  if (line.name.endsWith('iterate')) {
    // the same number of rows on both sides
    await pool.query('DELETE FROM bare WHERE key NOT IN (SELECT key FROM bare ORDER BY key LIMIT $1)', [stored])
    await pool.query('VACUUM ANALYZE bare')
    await pool.query('VACUUM ANALYZE ours.entries')
  }
  const measured = await measure(line)
  if (!measured.ok) missed++
  console.log(formatLine(measured))
}

/** Fills a store. Its first records expire in groups of a thousand. */
async function fill(schema: string, count: number): Promise<void> {
  const filled = await open(schema)
  for (let start = 0; start < count; start += 1000) {
    const expires = start < sweeps * 1000 ? now + BigInt(start / 1000 + 1) * 1000n : now + 10n ** 18n
    await filled.batch(
      Array.from({ length: 1000 }, (_, index) => ({ type: 'put', record: { ...recordOf(start + index), expires } }))
    )
  }
  await filled.close()
  await pool.query(`VACUUM ANALYZE ${schema}.entries`)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

function compare(name: string, times: Readonly<Record<'large' | 'small', readonly number[]>>, target: number): void {
  const ratio = median(times.large) / median(times.small)
  if (ratio > target) missed++
  const figures = `${median(times.large).toFixed(1)} ms and ${median(times.small).toFixed(1)} ms`
  console.log(`${ratio <= target ? 'pass  ' : 'missed'} ${name}: ${ratio.toFixed(2)} ≤ ${target} (${figures})`)
}

const sweeps = 9
const sizes = { large, small: 10_000, least: 1000 }
const started = performance.now()
for (const [name, count] of Object.entries(sizes)) await fill(name, count)
console.log(`filled ${large} records in ${((performance.now() - started) / 1000).toFixed(0)} s`)

async function openAndStart(schema: string): Promise<number> {
  let manager: RecordManager | undefined
  const time = await timed(async () => {
    manager = new RecordManager({
      engine: new ValidationEngine([]),
      store: await open(schema),
      clock: () => now,
      trustClock: true
    })
    await manager.start()
  })
  await manager?.close()
  return time
}

const openings: Record<'large' | 'small', number[]> = { large: [], small: [] }
for (let round = 0; round < 15; round++) {
  openings.large.push(await openAndStart('large'))
  openings.small.push(await openAndStart('least'))
}
compare(`open and start() with ${large} records and with 1,000`, openings, 2)

const swept: Record<'large' | 'small', number[]> = { large: [], small: [] }
const stores = { large: await open('large'), small: await open('small') }
for (let round = 0; round < sweeps; round++) {
  now += 1000n
  for (const name of ['large', 'small'] as const) {
    let count = 0
    swept[name].push(await timed(async () => (count = await stores[name].sweep())))
    if (round > 0 && count !== 1000) throw new Error(`swept ${count} records of ${name}; expected 1000`)
  }
}
compare(`sweep 1,000 records of ${large} and of 10,000`, swept, 1.5)

await pool.end()
cluster.remove()
console.log(`\n${lines.length + 2 - missed} of ${lines.length + 2} lines reached their target`)
process.exit(0)
