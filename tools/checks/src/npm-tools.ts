import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Where tools and engines are installed: outside of the repository, and kept for the next run. */
const cache = process.env['RECORDKIT_ENGINES'] ?? join(homedir(), '.cache', 'recordkit', 'engines')

/** What {@link installTools} may do. */
interface InstallOptions {
  /** whether to install what is missing. @default true */
  readonly download?: boolean
  /** whether install scripts run. @default false */
  readonly scripts?: boolean
}

/**
 * Installs packages with npm into one folder of the cache, unless they are installed.
 *
 * @param packages - names with versions; the first names the folder
 * @returns the path of `node_modules`
 * @throws Error with the reason why they cannot be installed
 */
export async function installTools(
  packages: readonly string[],
  { download = true, scripts = false }: InstallOptions = {}
): Promise<string> {
  const folder = join(cache, (packages[0] ?? '').replaceAll(/[/@]/g, '_'))
  const modules = join(folder, 'node_modules')
  const stamp = join(folder, 'installed')
  if (existsSync(stamp)) return modules
  if (!download) throw new Error('it is not installed, and --offline was given')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  const options = [
    '--no-save',
    '--no-package-lock',
    '--no-fund',
    '--no-audit',
    '--loglevel=error',
    `--ignore-scripts=${!scripts}`
  ]
  const shell = process.platform === 'win32'
  await exec('npm', ['install', ...options, ...packages], { cwd: folder, timeout: 300_000, shell })
  await writeFile(stamp, packages.join('\n'))
  return modules
}
