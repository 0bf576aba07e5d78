import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Package {
  readonly name: string
  readonly folder: string
  readonly manifest: {
    readonly dependencies?: Record<string, string>
    readonly peerDependencies?: Record<string, string>
    readonly exports: Record<string, string>
    /** of a program for Node */
    readonly bin?: Record<string, string>
  }
}

export const packages: readonly Package[] = readdirSync(join(root, 'packages')).map((name) => {
  const folder = join(root, 'packages', name)
  return {
    name,
    folder,
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package['manifest']
  }
})

/** Every TypeScript file under `folder`. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}
