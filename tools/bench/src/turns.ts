// `node --expose-gc src/turns.ts`: the longest time for which each operation keeps the event loop from other tasks. `--write` writes
// the table to docs/speed.md, `--only TEXT` measures the operations whose name contains the text. Measured in CPU time of the thread, so that other programs have little influence; a pause of the garbage
// collector counts.
import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { ed25519, keyPairFromSeed } from '@recordkit/record-crypto'
import { exportRecords, RecordManager, replication } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { ownerInKey, signed, validateMany, ValidationEngine } from '@recordkit/record-validators'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { recordOf } from './lines/stores.ts'

/** ms: the target */
const target = 10
const rounds = 7

interface Operation {
  readonly name: string
  /** returns what is measured in one round */
  readonly prepare: (round: number) => (() => unknown) | Promise<() => unknown>
}

const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
const owner = ipnsNameToString(signer.peerId)
const namespace = signed('config', {
  authors: ownerInKey(),
  // answers synchronously, also where it is asked to use threads
  algorithms: [{ ...ed25519, verify: (key, message, signature) => ed25519.verify(key, message, signature) }]
})
const keyOf = (text: string): Uint8Array => joinRecordKey('config', `${owner}/${text}`)
const engineOf = (): ValidationEngine => new ValidationEngine([namespace])
const content = new Uint8Array(200).fill(7)

/** 1,000 distinct records. */
const values = await Promise.all(
  Array.from({ length: 1000 }, async (_, number) => {
    const key = keyOf(`value-${number}`)
    const now = BigInt(Date.now()) * 1_000_000n
    return { key, value: await namespace.seal({ key, content, sequence: 1n }, { now, signer }) }
  })
)

const folder = await mkdtemp(join(tmpdir(), 'recordkit-turns-'))
const openLevel = (name: string): Promise<RecordStore> =>
  LevelRecordStore.open(new ClassicLevel(join(folder, name)), { closeDatabase: true })
const memory = (count: number): MemoryRecordStore => new MemoryRecordStore({ maxRecords: count, maxBytes: 2 ** 40 })

async function filled(store: RecordStore, count: number): Promise<RecordStore> {
  for (let start = 0; start < count; start += 1000)
    await store.batch(Array.from({ length: 1000 }, (_, index) => ({ type: 'put', record: recordOf(start + index) })))
  return store
}

async function read(iteration: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of iteration);
}

const levelManager = new RecordManager({ engine: engineOf(), store: await openLevel('manager'), signer })
const memoryManager = new RecordManager({ engine: engineOf(), store: memory(100_000), signer })
const [large, largeLevel] = [await filled(memory(300_000), 100_000), await filled(await openLevel('large'), 100_000)]

async function unused(): Promise<never> {
  throw new Error('the network must not be asked')
}

/** A manager that publishes 100,000 keys. */
const publishingStore = memory(200_000)
for (let number = 0; number < 100_000; number++) {
  const record = recordOf(number)
  await publishingStore.put(record, { publication: { key: record.key, network: true, published: record.timeReceived } })
}
// nothing is due, so that the network is not asked
const network = replication({ get: unused, put: unused })
const started = new RecordManager({ engine: engineOf(), store: publishingStore, signer, network })

const operations: readonly Operation[] = [
  { name: 'validateMany, 1,000 records, synchronous algorithm', prepare: () => () => validateMany(engineOf(), values) },
  {
    name: '1,000 concurrent engine.validate',
    prepare: () => {
      const engine = engineOf()
      return () => Promise.all(values.map(({ key, value }) => engine.validate(key, value)))
    }
  },
  ...[
    { store: 'store-memory', manager: memoryManager },
    { store: 'store-level', manager: levelManager }
  ].flatMap(({ store, manager }): Operation[] => [
    {
      name: `1,000 concurrent manager.put, ${store}`,
      prepare: (round) => {
        const keys = values.map((_, number) => keyOf(`put-${round}-${number}`))
        return () => Promise.all(keys.map((key) => manager.put(key, content)))
      }
    },
    {
      name: `1,000 concurrent manager.get, ${store}`,
      prepare: (round) => {
        const keys = values.map((_, number) => keyOf(`put-${round}-${number}`))
        return () => Promise.all(keys.map((key) => manager.get(key)))
      }
    },
    {
      name: `1,000 concurrent manager.receive, ${store}`,
      prepare: (round) => async () => {
        await Promise.all(values.map(({ key, value }) => manager.receive(key, value)))
        if (round < rounds - 1) for (const { key } of values) await manager.delete(key)
      }
    },
    { name: `manager.list of 8,000 records, ${store}`, prepare: () => () => read(manager.list()) },
    { name: `exportRecords of 8,000 records, ${store}`, prepare: () => () => read(exportRecords(manager)) }
  ]),
  { name: 'store-memory: iterate over 100,000', prepare: () => () => read(large.iterate()) },
  {
    name: 'store-memory: list 100 of 100,000 after each of 100 new keys',
    prepare: (round) => async () => {
      for (let number = 0; number < 100; number++) {
        await large.put(recordOf(100_000 + round * 100 + number))
        await read(large.iterate({ limit: 100 }))
      }
    }
  },
  {
    name: 'store-memory: first iteration over 100,000',
    prepare: async () => {
      const store = await filled(memory(100_000), 100_000)
      return () => store.iterate({ limit: 1 }).next()
    }
  },
  {
    name: 'store-memory: sweep of 50,000 expired records',
    prepare: async () => {
      let now = 0n
      const store = new MemoryRecordStore({ clock: () => now })
      for (let number = 0; number < 50_000; number++) await store.put({ ...recordOf(number), expires: 1n })
      now = 2n
      return () => store.sweep()
    }
  },
  { name: 'store-level: iterate over 100,000', prepare: () => () => read(largeLevel.iterate()) },
  {
    name: 'store-level: getMany of 10,000 keys',
    prepare: () => {
      const keys = Array.from({ length: 10_000 }, (_, number) => recordOf(number).key)
      return () => largeLevel.getMany(keys)
    }
  },
  {
    name: 'store-level: batch of 1,000 puts',
    prepare: (round) => () =>
      largeLevel.batch(
        Array.from({ length: 1000 }, (_, number) => ({
          type: 'put' as const,
          record: recordOf(200_000 + round * 1000 + number)
        }))
      )
  },
  {
    name: 'store-level: batch of 10,000 puts',
    prepare: (round) => {
      const puts = Array.from({ length: 10_000 }, (_, number) => ({
        type: 'put' as const,
        record: recordOf(300_000 + round * 10_000 + number)
      }))
      return () => largeLevel.batch(puts)
    }
  },
  {
    name: 'manager.start() with 100,000 publications',
    prepare: () => async () => {
      await started.start()
    }
  },
  { name: 'republishQueue of 100,000 publications', prepare: () => () => started.republishQueue.length }
]

/** ms of CPU time of this thread */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** The longest time in ms during which no other task ran, while some work did. */
async function longestTurn(work: () => unknown): Promise<number> {
  let [last, longest, isDone] = [0, 0, false]
  const tick = (): void => {
    const now = cpuTime()
    longest = Math.max(longest, now - last)
    last = now
    if (!isDone) setImmediate(tick)
  }
  globalThis.gc?.()
  await new Promise<void>((resolve) => setImmediate(() => resolve()))
  last = cpuTime()
  setImmediate(tick)
  await work()
  isDone = true
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(() => resolve())))
  return longest
}

const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const rows: string[] = []
let missed = 0
for (const { name, prepare } of operations.filter((operation) => operation.name.includes(only))) {
  const turns: number[] = []
  for (let round = 0; round < rounds; round++) turns.push(await longestTurn(await prepare(round)))
  const sorted = turns.toSorted((a, b) => a - b)
  const [median, most] = [sorted[sorted.length >> 1] as number, sorted.at(-1) as number]
  if (median > target) missed++
  rows.push(`| ${name} | ${median.toFixed(1)} | ${most.toFixed(1)} | ${median <= target ? 'yes' : 'missed'} |`)
  console.log(
    `${median <= target ? 'pass  ' : 'missed'} ${name.padEnd(62)} ${median.toFixed(1).padStart(7)} ms, at most ${most.toFixed(1)}`
  )
}
console.log(`${rows.length - missed} of ${rows.length} operations block the event loop for at most ${target} ms`)
if (process.argv.includes('--write')) {
  const page = new URL('../../../docs/speed.md', import.meta.url)
  const table = [
    `| operation | longest turn, ms | longest of ${rounds} runs | at most ${target} |`,
    '| --- | ---: | ---: | --- |',
    ...rows
  ].join('\n')
  const text = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    text.replace(/<!-- turns -->[^]*<!-- \/turns -->/, () => `<!-- turns -->\n${table}\n<!-- /turns -->`)
  )
}
await rm(folder, { recursive: true, force: true })
process.exit(0)
