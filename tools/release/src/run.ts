import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** pnpm is a script on Windows */
const needsShell = (command: string): boolean => process.platform === 'win32' && command === 'pnpm'

/**
 * Runs a program in a folder.
 *
 * @returns what it printed
 * @throws Error with its output when it fails
 */
export function run(
  folder: string,
  command: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      shell: needsShell(command),
      env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0) resolve(output)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output.trim()}`))
    })
  })
}

/** Calls `work` for each item, for as many at a time as there are cores. @returns the results in the order of the items */
export async function forEachOfCores<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}

/** Runs steps in turn, prints each with its time, and counts them. */
export class Steps {
  passed = 0
  failed = 0

  /** @returns the result of `work`, or `undefined` when it failed */
  async step<R>(title: string, work: () => R | Promise<R>): Promise<R | undefined> {
    const started = performance.now()
    const seconds = (): string => `(${((performance.now() - started) / 1000).toFixed(1)} s)`
    try {
      const result = await work()
      this.passed++
      console.log(`ok   ${title} ${seconds()}`)
      return result
    } catch (error) {
      this.failed++
      console.log(`FAIL ${title} ${seconds()}\n${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
}
