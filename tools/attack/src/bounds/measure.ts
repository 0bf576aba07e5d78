// The child process that fills one subject and prints what that takes, as JSON.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settledMemory } from '../measure.ts'
import { subjects } from './subjects.ts'

/** What a full subject takes. */
export interface Measured {
  readonly id: string
  readonly count: number
  readonly limit: number
  /** bytes of heap and buffers more than before, after a garbage collection */
  readonly memory: number
  /** bytes of the process more than before; memory that is free again is included */
  readonly rss: number
  /** bytes on disk */
  readonly disk: number
}

async function sizeOnDisk(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/**
 * The memory in use, when much was allocated and freed before: only then V8 frees 4 MiB that loading the modules took, which would be
 * subtracted from what a subject takes.
 */
function steadyMemory(): number {
  for (let count = 0; count < 5_000; count++) void new Uint8Array(65_536)
  return settledMemory()
}

const [id, scale] = process.argv.slice(2)
const subject = subjects.find((each) => each.id === id)
if (subject === undefined) throw new Error(`there is no subject ${id}`)
const folder = await mkdtemp(join(tmpdir(), 'recordkit-bounds-'))
try {
  const before = { memory: steadyMemory(), rss: process.memoryUsage.rss() }
  const { count, limit, kept, close } = await subject.fill(Number(scale), folder)
  const memory = steadyMemory() - before.memory
  const rss = process.memoryUsage.rss() - before.rss
  const measured: Measured = { id: subject.id, count, limit, memory, rss, disk: await sizeOnDisk(folder) }
  await close?.()
  // `kept` is used here, so that nothing of it was collected before
  if (kept !== undefined) console.log(JSON.stringify(measured))
} finally {
  await rm(folder, { recursive: true, force: true })
}
