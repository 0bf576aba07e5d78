import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a run cost. */
export interface Cost {
  /** CPU of this process, ms */
  readonly cpu: number
  /** bytes held more than before, after a collection where Node lets us ask for one */
  readonly memory: number
}

/** Runs `work` and measures what it cost. What it made is let go only afterwards. */
export async function costOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cost: Cost }> {
  const before = held()
  const started = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(started)
  return { result, cost: { cpu: (user + system) / 1000, memory: held() - before } }
}

function held(): number {
  // the second one frees the memory behind buffers that the first has found dead
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Bytes of the files in a folder. */
export async function folderSize(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
