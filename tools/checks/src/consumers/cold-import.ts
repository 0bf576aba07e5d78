import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Project } from './projects.ts'

const run = promisify(execFile)
const rounds = 11

/** The time in ms that a new process takes for an import, less that of an empty module: medians of interleaved runs. */
export async function coldImports(programs: readonly (readonly [Project, string])[]): Promise<number[]> {
  const files = await Promise.all(
    programs.map(async ([project, code], index) => {
      await project.write(`cold-${index}.mjs`, code)
      await project.write('empty.mjs', '')
      return [join(project.folder, `cold-${index}.mjs`), join(project.folder, 'empty.mjs')] as const
    })
  )
  const times = files.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, [program, empty]] of files.entries()) {
      const baseline = await timed(empty)
      times[index]?.push((await timed(program)) - baseline)
    }
  }
  return times.map((each) => each.toSorted((a, b) => a - b)[rounds >> 1] as number)
}

async function timed(file: string): Promise<number> {
  const started = performance.now()
  await run(process.execPath, [file])
  return performance.now() - started
}
