import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** A runtime that is a program, and has npm packages of its releases. */
export interface Engine {
  readonly name: string
  /** npm package with the program; `undefined` for the Node.js that runs this */
  readonly package?: string
  /** path of the program, below `node_modules` */
  readonly program: string
  /** arguments before the path of the bundle */
  readonly args: readonly string[]
  /** arguments that print the version */
  readonly version: readonly string[]
}

const target = `${process.platform}-${process.arch}`

const node = (release: number): Engine => ({
  name: `Node ${release}`,
  package: `node@${release}`,
  program: join('node', 'bin', 'node'),
  args: [],
  version: ['--version']
})

/** The runtimes, with the package that contains the program: no install script has to run. */
export const engines: readonly Engine[] = [
  node(20),
  node(22),
  { name: 'Node 24', program: process.execPath, args: [], version: ['--version'] },
  node(26),
  {
    name: 'Bun',
    package: `@oven/bun-${target}`,
    program: join('@oven', `bun-${target}`, 'bin', 'bun'),
    args: ['run'],
    version: ['--version']
  },
  {
    name: 'Deno',
    package: 'deno',
    program: join('deno', 'deno'),
    args: ['run', '--allow-all'],
    version: ['--version']
  },
  {
    name: 'workerd',
    package: 'workerd',
    program: join('workerd', 'bin', 'workerd'),
    args: ['test'],
    version: ['--version']
  }
]

/** An installed runtime. */
export interface InstalledEngine extends Engine {
  readonly path: string
  readonly release: string
}

/** Where engines are installed: outside of the repository, and kept for the next run. */
const cache = process.env['RECORDKIT_ENGINES'] ?? join(homedir(), '.cache', 'recordkit', 'engines')

/**
 * Installs a runtime with npm, unless it is installed.
 *
 * @param download - whether to install what is missing
 * @throws Error with the reason why it cannot be used
 */
export async function installEngine(engine: Engine, download: boolean): Promise<InstalledEngine> {
  let path = engine.program
  if (engine.package !== undefined) {
    const folder = join(cache, engine.package.replaceAll(/[/@]/g, '_'))
    path = join(folder, 'node_modules', engine.program)
    if (!existsSync(path)) {
      if (!download) throw new Error('it is not installed, and --offline was given')
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'package.json'), '{ "private": true }')
      const options = ['--no-save', '--no-package-lock', '--no-fund', '--no-audit', '--loglevel=error']
      await exec('npm', ['install', ...options, engine.package], { cwd: folder, timeout: 300_000 })
    }
  }
  const { stdout } = await exec(path, engine.version, { timeout: 60_000 })
  return { ...engine, path, release: (/\d+[-.][-.\w]+/.exec(stdout) ?? [''])[0] }
}
