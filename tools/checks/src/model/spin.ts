import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const model = fileURLToPath(new URL('../../../../docs/spec/store-put.pml', import.meta.url))

/** The result of the model checker. */
export interface ModelResult {
  readonly states: number
  readonly errors: number
  readonly seconds: number
}

function run(command: string, args: readonly string[], cwd?: string): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Whether all of these commands are installed. */
export function has(...commands: readonly string[]): boolean {
  return commands.every((command) => spawnSync(command, ['--version']).error === undefined)
}

/** Checks every state of the model with these defines. */
export function check(defines: readonly string[]): ModelResult {
  const folder = mkdtempSync(join(tmpdir(), 'recordkit-model-'))
  try {
    run('spin', [...defines.map((name) => `-D${name}`), '-a', model], folder)
    run('gcc', ['-O2', '-DSAFETY', '-DCOLLAPSE', '-DVECTORSZ=2048', '-w', '-o', 'pan', 'pan.c'], folder)
    const started = performance.now()
    const output = run('./pan', ['-m1000000', '-n'], folder)
    if (/max search depth too small|out of memory/.test(output))
      throw new Error(`spin did not check all states:\n${output}`)
    const states = /(\d+) states, stored/.exec(output)
    const errors = /errors: (\d+)/.exec(output)
    if (states === null || errors === null)
      throw new Error(`the output of spin has no number of states or errors:\n${output}`)
    return { states: Number(states[1]), errors: Number(errors[1]), seconds: (performance.now() - started) / 1000 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every transition of the model: record, mark, until, publication, now, operation, then the next entry. */
export function transitionsOfModel(): number[][] {
  const lines = run('spin', ['-DTABLE', '-T', model]).split('\n')
  return lines.map((line) => line.trim().split(' ').map(Number)).filter((numbers) => numbers.length === 10)
}
