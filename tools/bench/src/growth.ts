// `node --expose-gc src/growth.ts [largest]`: measures the cost of one more item, in time and memory, for 100 to 1,000,000 items,
// and the allocations of decode, validate and get. Writes docs/growth/*.svg and the tables of docs/growth.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allocations } from './growth/allocation.ts'
import type { Point } from './growth/fit.ts'
import { exponent, exponentOfSorting } from './growth/fit.ts'
import { plot } from './growth/plot.ts'
import type { Subject } from './growth/subjects.ts'
import { subjects } from './growth/subjects.ts'

const { gc } = globalThis
if (gc === undefined) throw new Error('run with --expose-gc')
const largest = Number(process.argv[2] ?? 1_000_000)
const counts = [100, 1000, 10_000, 100_000, 1_000_000].filter((count) => count <= largest)
const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
/** minimum time in ms and minimum number of the runs of one count, whose median is used */
const [minTime, minRuns] = [300, 3]
/** allowed above the exponent of n log n, for noise of the machine */
const tolerance = 0.06

async function used(): Promise<number> {
  // the second collection frees the memory of array buffers that the first found unreachable
  for (let time = 0; time < 2; time++) {
    gc?.()
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

interface Run {
  readonly nanoseconds: number
  readonly bytes: number
}

async function run(subject: Subject, count: number): Promise<Run> {
  const before = await used()
  const subjectRun = await subject.make(count)
  const started = process.cpuUsage()
  const added = Math.min(count, subjectRun.most ?? count)
  for (let number = 0; number < added; number++) {
    const result = subjectRun.add(number)
    if (result instanceof Promise) await result
  }
  await subjectRun.flush?.()
  const { user, system } = process.cpuUsage(started)
  const nanoseconds = ((user + system) * 1000) / added
  const bytes = ((await used()) - before) / count
  await subjectRun.end?.()
  return { nanoseconds, bytes }
}

async function measure(subject: Subject, count: number): Promise<Run> {
  const runs: Run[] = []
  const started = performance.now()
  while (runs.length < minRuns || performance.now() - started < minTime) runs.push(await run(subject, count))
  const median = (of: (run: Run) => number): number => runs.map(of).toSorted((a, b) => a - b)[runs.length >> 1] ?? 0
  return {
    nanoseconds: median((one) => one.nanoseconds),
    bytes: Math.max(
      1,
      median((one) => one.bytes)
    )
  }
}

function formatted(points: readonly Point[]): string {
  return points.map(({ each }) => each.toLocaleString('en', { maximumFractionDigits: each < 10 ? 1 : 0 })).join(' | ')
}

mkdirSync(`${docs}growth`, { recursive: true })
const rows: { readonly time: string[]; readonly memory: string[] } = { time: [], memory: [] }
const plots: string[] = []
let steep = 0
for (const subject of subjects) {
  const file = subject.name.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '')
  await run(subject, 1000)
  const time: Point[] = []
  const memory: Point[] = []
  for (const count of counts) {
    const { nanoseconds, bytes } = await measure(subject, count)
    time.push({ count, each: nanoseconds })
    memory.push({ count, each: bytes })
  }
  const fitted = exponent(time)
  const ok = fitted <= exponentOfSorting(time) + tolerance
  if (!ok) steep++
  // with few items most of the memory is that of the JavaScript engine
  const largeCounts = memory.filter(({ count }) => count >= 10_000)
  const space = largeCounts.length > 1 ? exponent(largeCounts).toFixed(2) : ''
  rows.time.push(`| ${subject.name} | ${formatted(time)} | ${fitted.toFixed(2)} | ${ok ? 'yes' : 'no'} |`)
  rows.memory.push(`| ${subject.name} | ${formatted(memory)} | ${space} |`)
  plots.push(`![${subject.name}: time](growth/${file}.svg)`)
  writeFileSync(`${docs}growth/${file}.svg`, plot(subject.name, 'ns each', time))
  console.log(
    `${ok ? 'pass ' : 'steep'} ${subject.name}: ${formatted(time)} ns; n^${fitted.toFixed(2)}; ${formatted(memory)} B`
  )
}
const limit = exponentOfSorting(counts.map((count) => ({ count, each: 1 }))).toFixed(2)
const allocated = await allocations()
for (const { name, bytes } of allocated) console.log(`${name}: ${bytes.toFixed(0)} B per call`)

const head = counts.map((count) => count.toLocaleString('en')).join(' | ')
const line = counts.map(() => '---:').join(' | ')
const tables = [
  `Time per item in ns, and the exponent of the total; that of n log n is ${limit}:`,
  '',
  `| | ${head} | exponent | at most n log n |`,
  `| --- | ${line} | ---: | --- |`,
  ...rows.time,
  '',
  'Memory per item in bytes (heap and array buffers, without native memory), and the exponent for 10,000 items and more:',
  '',
  `| | ${head} | exponent |`,
  `| --- | ${line} | ---: |`,
  ...rows.memory,
  '',
  'Allocations per call:',
  '',
  '| | bytes |',
  '| --- | ---: |',
  ...allocated.map(({ name, bytes }) => `| ${name} | ${bytes.toFixed(0)} |`),
  '',
  ...plots.flatMap((one) => [one, ''])
].join('\n')
const page = readFileSync(`${docs}growth.md`, 'utf8')
writeFileSync(
  `${docs}growth.md`,
  page.replace(/(?<=<!-- growth -->\n)[^]*(?=<!-- \/growth -->)/, () => `${tables}\n`)
)
console.log(`${subjects.length - steep} of ${subjects.length} grow at most as n log n does`)
process.exit(steep === 0 ? 0 : 1)
