// `node --expose-gc src/stores.ts [records]`: measures the cost of opening, sweeping and storing a large store. Takes minutes.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { ClassicLevel } from 'classic-level'
import { recordOf } from './lines/stores.ts'

const large = Number(process.argv[2] ?? 1_000_000)
const small = large / 100
const sweeps = 10
const folder = await mkdtemp(join(tmpdir(), 'recordkit-stores-'))
let now = recordOf(0).timeReceived

async function open(name: string): Promise<LevelRecordStore> {
  return LevelRecordStore.open(new ClassicLevel(join(folder, name)), { closeDatabase: true, clock: () => now })
}

/** Fills a store. The first ten thousand records expire in groups of a thousand. */
async function fill(name: string, count: number): Promise<void> {
  const store = await open(name)
  for (let start = 0; start < count; start += 1000) {
    const expires = start < sweeps * 1000 ? now + BigInt(start / 1000 + 1) * 1000n : now + 10n ** 18n
    await store.batch(
      Array.from({ length: 1000 }, (_, index) => ({ type: 'put', record: { ...recordOf(start + index), expires } }))
    )
  }
  await store.close()
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e6
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

async function sizeOf(name: string): Promise<number> {
  let size = 0
  for (const file of await readdir(join(folder, name))) size += (await stat(join(folder, name, file))).size
  return size
}

for (const [name, count] of [
  ['empty', 0],
  ['small', small],
  ['large', large]
] as const) {
  const milliseconds = await timed(() => fill(name, count))
  console.log(`${name}: ${count} records written in ${(milliseconds / 1000).toFixed(1)} s`)
}

const raw = new ClassicLevel<Uint8Array, Uint8Array>(join(folder, 'raw'), {
  keyEncoding: 'view',
  valueEncoding: 'view'
})
for (let start = 0; start < large; start += 1000) {
  await raw.batch(
    Array.from({ length: 1000 }, (_, index) => {
      const { key, value } = recordOf(start + index)
      return { type: 'put', key, value }
    })
  )
}
await raw.close()

const openings = { empty: [] as number[], large: [] as number[] }
for (let round = 0; round < 7; round++) {
  for (const name of ['empty', 'large'] as const) {
    let store: LevelRecordStore | undefined
    openings[name].push(await timed(async () => (store = await open(name))))
    await store?.close()
  }
}
const [openEmpty, openLarge] = [median(openings.empty), median(openings.large)]
console.log(
  `opening: empty ${openEmpty.toFixed(1)} ms, ${large} records ${openLarge.toFixed(1)} ms: ${(openLarge / openEmpty).toFixed(2)} (at most 3)`
)

const stores = { small: await open('small'), large: await open('large') }
const sweeping = { small: [] as number[], large: [] as number[] }
for (let round = 1; round <= Math.min(sweeps, small / 1000); round++) {
  now += 1000n
  if (round === 1) now += 1n
  for (const name of ['small', 'large'] as const) {
    sweeping[name].push(
      await timed(async () => {
        const swept = await stores[name].sweep()
        if (swept !== 1000) throw new Error(`${swept} records were swept; 1000 were due`)
      })
    )
  }
}
const [sweepSmall, sweepLarge] = [median(sweeping.small), median(sweeping.large)]
console.log(
  `sweeping 1000: of ${small} ${sweepSmall.toFixed(1)} ms, of ${large} ${sweepLarge.toFixed(1)} ms: ${(sweepLarge / sweepSmall).toFixed(2)} (at most 1.5)`
)
await stores.small.close()
await stores.large.close()

console.log(
  `on disk, a record: ${((await sizeOf('large')) / large).toFixed(0)} bytes; raw classic-level ${((await sizeOf('raw')) / large).toFixed(0)}`
)

const count = Math.min(large, 200_000)
globalThis.gc?.()
const before = process.memoryUsage()
const memory = new MemoryRecordStore({ maxRecords: count, maxBytes: 2 ** 31 })
for (let number = 0; number < count; number++) await memory.put(recordOf(number))
globalThis.gc?.()
const after = process.memoryUsage()
const resident = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / count
console.log(`in memory, a record: ${resident.toFixed(0)} bytes (${(await memory.stats()).entries} stored)`)

await rm(folder, { recursive: true, force: true })
