import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The cost of a run. */
export interface Cost {
  /** CPU of this process, ms */
  readonly cpu: number
  /** bytes used more than before, after a garbage collection where Node was started with `--expose-gc` */
  readonly memory: number
}

/** Runs `work` and measures its cost. Its result is referenced until then. */
export async function costOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cost: Cost }> {
  const before = settledMemory()
  const started = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(started)
  return { result, cost: { cpu: (user + system) / 1000, memory: settledMemory() - before } }
}

/** The bytes of heap and buffers in use, after a garbage collection where Node was started with `--expose-gc`. */
export function settledMemory(): number {
  // the second collection frees the memory of buffers that the first found unreachable
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The size of all files in a folder, bytes. */
export async function folderSize(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
