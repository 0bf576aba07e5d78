import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('..', import.meta.url))
const binary = process.platform === 'win32' ? '.exe' : ''
/** ms after which an unused build is deleted */
const maxUnused = 30 * 24 * 3600 * 1000
/** ms */
const buildTimeout = 25 * 60 * 1000

/** The folder of builds, outside of any checkout. */
export function cacheHome(): string {
  const platform =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches')
      : (process.env['LOCALAPPDATA'] ?? join(homedir(), '.cache'))
  return join(process.env['XDG_CACHE_HOME'] ?? platform, 'recordkit-interop')
}

/** A built program, or the reason why there is none. */
export type Built =
  | { readonly command: string; readonly args: readonly string[]; readonly environment?: NodeJS.ProcessEnv }
  | { readonly missing: string }
  | { readonly broken: string }

interface Step {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment?: NodeJS.ProcessEnv
}

/** The first line of the version that a tool prints; `undefined` when the tool is missing. */
function versionOf(command: string, args: readonly string[]): string | undefined {
  const result = spawnSync(command, args, { encoding: 'utf8' })
  if (result.error !== undefined || result.status !== 0) return undefined
  return `${result.stdout}${result.stderr}`.trim().split('\n')[0]
}

/** The same, when the version is at least `least`. */
function newEnough(command: string, args: readonly string[], least: readonly number[]): string | undefined {
  const text = versionOf(command, args)
  const numbers =
    /\d+(?:\.\d+)*/u
      .exec(text ?? '')?.[0]
      .split('.')
      .map(Number) ?? []
  for (const [index, wanted] of least.entries()) {
    const found = numbers[index] ?? 0
    if (found !== wanted) return found > wanted ? text : undefined
  }
  return text
}

/** Whether a C compiler is available and finds the header. */
function compilesWith(header: string): boolean {
  const result = spawnSync('cc', ['-E', '-'], { input: `#include <${header}>\n` })
  return result.error === undefined && result.status === 0
}

const goVersion = (): string | undefined => newEnough('go', ['version'], [1, 26, 5])

function keyOf(folder: string, names: RegExp, ...more: string[]): string {
  const hash = createHash('sha256')
  const paths = readdirSync(join(here, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => names.test(path) && !path.includes('__pycache__') && !path.startsWith('target/'))
    .toSorted()
  for (const path of paths) {
    hash.update(`${path}\0`)
    hash.update(readFileSync(join(here, folder, path)))
  }
  for (const one of more) hash.update(`\0${one}`)
  return hash.digest('hex').slice(0, 16)
}

async function run(step: Step, log: string): Promise<string | undefined> {
  const file = openSync(log, 'a')
  const child = spawn(step.command, step.args, {
    cwd: step.cwd,
    env: { ...process.env, ...step.environment },
    stdio: ['ignore', file, file],
    timeout: buildTimeout
  })
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (status, signal) => resolve(status ?? signal ?? 'ended'))
  })
  if (code === 0) return undefined
  const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ')
  return `${step.command} ${step.args[0] ?? ''}: ${code}: ${tail}`
}

/**
 * The folder of a build, made by `steps` when it does not exist. A stamp is written last, so that an interrupted build is
 * repeated.
 */
async function cached(
  name: string,
  key: string,
  steps: (folder: string) => readonly Step[],
  print: (line: string) => void
): Promise<string | { broken: string }> {
  const folder = join(cacheHome(), `${name}-${key}`)
  const stamp = join(folder, 'built')
  if (existsSync(stamp)) {
    utimesSync(stamp, new Date(), new Date())
    return folder
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  print(`Building ${name} …`)
  const started = Date.now()
  for (const step of steps(folder)) {
    const broken = await run(step, join(folder, 'log'))
    if (broken !== undefined) return { broken }
  }
  writeFileSync(stamp, '')
  print(`Built ${name} in ${Math.round((Date.now() - started) / 1000)} s`)
  return folder
}

/** Deletes builds that were not used for a long time. */
export function pruneCache(): void {
  if (!existsSync(cacheHome())) return
  for (const name of readdirSync(cacheHome())) {
    const stamp = join(cacheHome(), name, 'built')
    if (!existsSync(stamp) || Date.now() - statSync(stamp).mtimeMs < maxUnused) continue
    rmSync(join(cacheHome(), name), { recursive: true, force: true })
  }
}

export async function buildGo(print: (line: string) => void): Promise<Built> {
  const version = goVersion()
  if (version === undefined) return { missing: 'no Go 1.26.5 or newer (go.dev); the go column is skipped' }
  const key = keyOf('go', /^[^/]+\.(go|mod|sum)$/u, version)
  const folder = await cached(
    'go',
    key,
    (target) => [
      {
        command: 'go',
        args: ['build', '-mod=readonly', '-trimpath', '-o', join(target, `peer${binary}`), '.'],
        cwd: join(here, 'go')
      }
    ],
    print
  )
  return typeof folder === 'string' ? { command: join(folder, `peer${binary}`), args: [] } : folder
}

export async function buildKubo(print: (line: string) => void): Promise<Built> {
  const version = goVersion()
  if (version === undefined) return { missing: 'no Go 1.26.5 or newer (go.dev); the kubo column is skipped' }
  const key = keyOf('go', /^go\.(mod|sum)$/u, version)
  const folder = await cached(
    'kubo',
    key,
    (target) => [
      {
        command: 'go',
        args: [
          'build',
          '-mod=readonly',
          '-trimpath',
          '-o',
          join(target, `ipfs${binary}`),
          'github.com/ipfs/kubo/cmd/ipfs'
        ],
        cwd: join(here, 'go')
      }
    ],
    print
  )
  return typeof folder === 'string' ? { command: join(folder, `ipfs${binary}`), args: [] } : folder
}

export async function buildRust(print: (line: string) => void): Promise<Built> {
  const version = newEnough('cargo', ['--version'], [1, 88])
  if (version === undefined) return { missing: 'no Rust 1.88 or newer (rustup.rs); the rust column is skipped' }
  if (!compilesWith('stdio.h')) return { missing: 'no C compiler; the rust column is skipped' }
  const key = keyOf('rust', /\.(rs|toml|lock)$/u, version)
  // compiled dependencies are reused after a change of our sources
  const target = join(cacheHome(), 'rust-target')
  const folder = await cached(
    'rust',
    key,
    () => [
      {
        command: 'cargo',
        args: ['build', '--release', '--locked'],
        cwd: join(here, 'rust'),
        environment: { CARGO_TARGET_DIR: target }
      }
    ],
    print
  )
  if (typeof folder !== 'string') return folder
  const peer = join(folder, `peer${binary}`)
  if (!existsSync(peer)) {
    copyFileSync(join(target, 'release', `recordkit-interop${binary}`), `${peer}.new`)
    renameSync(`${peer}.new`, peer)
  }
  return { command: peer, args: [] }
}

function findPython(): string | undefined {
  return ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'].find(
    (name) =>
      newEnough(name, ['--version'], [3, 11]) !== undefined &&
      versionOf(name, ['-c', 'import ensurepip, venv; print(1)']) !== undefined
  )
}

export async function buildPython(print: (line: string) => void): Promise<Built> {
  const python = findPython()
  if (python === undefined)
    return { missing: 'no Python 3.11 or newer with venv (python.org); the python column is skipped' }
  if (!compilesWith('gmp.h')) return { missing: "no C compiler with GMP's headers; the python column is skipped" }
  const key = keyOf('python', /^requirements\.txt$/u, versionOf(python, ['--version']) ?? '')
  const inside = (folder: string): string =>
    process.platform === 'win32' ? join(folder, 'venv', 'Scripts', 'python.exe') : join(folder, 'venv', 'bin', 'python')
  const folder = await cached(
    'python',
    key,
    (target) => [
      { command: python, args: ['-m', 'venv', join(target, 'venv')], cwd: target },
      {
        command: inside(target),
        args: [
          '-m',
          'pip',
          'install',
          '--no-input',
          '--disable-pip-version-check',
          '--require-hashes',
          '-r',
          join(here, 'python', 'requirements.txt')
        ],
        cwd: target
      }
    ],
    print
  )
  if (typeof folder !== 'string') return folder
  return {
    command: inside(folder),
    args: [join(here, 'python', 'main.py')],
    environment: { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' }
  }
}

/** Needs no build: its packages belong to this workspace. */
export function buildJs(): Built {
  return { command: process.execPath, args: [join(here, 'js', 'main.ts')] }
}
