import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly exports: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The folders of the packages below `root`, in alphabetical order. */
export function packageFolders(root: string): string[] {
  return globSync('packages/*/package.json', { cwd: root })
    .map((file) => join(root, dirname(file)))
    .toSorted()
}

/** Copies every file of the repository that git tracks or would add. */
export function copyRepository(target: string): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 1 << 26
  })
  for (const file of list.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    // a file that was deleted and is not committed yet
    cpSync(join(repository, file), join(target, file), { force: true, errorOnExist: false, verbatimSymlinks: true })
  }
}
