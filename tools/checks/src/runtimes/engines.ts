import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installTools } from '../npm-tools.ts'

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

/** Bun, which also bundles. Its package `bun` needs an install script; this one contains the program. */
export const bun = {
  name: 'Bun',
  package: `@oven/bun-${target}`,
  program: join('@oven', `bun-${target}`, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun'),
  args: ['run'],
  version: ['--version']
} satisfies Engine

/** The oldest release of Node.js that is supported. */
export const oldestNode: Engine = node(20)

/** The runtimes, with the package that contains the program. */
export const engines: readonly Engine[] = [
  oldestNode,
  node(22),
  { name: 'Node 24', program: process.execPath, args: [], version: ['--version'] },
  node(26),
  bun,
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

/**
 * Installs a runtime with npm, unless it is installed.
 *
 * @param download - whether to install what is missing
 * @throws Error with the reason why it cannot be used
 */
export async function installEngine(engine: Engine, download: boolean): Promise<InstalledEngine> {
  const modules =
    engine.package === undefined ? undefined : await installTools([engine.package], { download, scripts: true })
  const path = modules === undefined ? engine.program : join(modules, engine.program)
  const { stdout } = await exec(path, engine.version, { timeout: 60_000 })
  return { ...engine, path, release: (/\d+[-.][-.\w]+/.exec(stdout) ?? [''])[0] }
}
