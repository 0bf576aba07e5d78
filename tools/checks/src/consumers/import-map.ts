import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from './projects.ts'

/** An import map of a page. */
export interface ImportMap {
  readonly imports: Record<string, string>
  readonly scopes: Record<string, Record<string, string>>
}

type Target = string | null | readonly Target[] | { readonly [condition: string]: Target }

const conditions = new Set(['browser', 'import', 'module', 'default'])

/** The path that a page loads for an entry of `exports` or `imports`. */
function pathIn(target: Target | undefined): string | undefined {
  if (target === null || target === undefined || typeof target === 'string') return target ?? undefined
  if (Array.isArray(target)) return target.map(pathIn).find((path) => path !== undefined)
  for (const [condition, inner] of Object.entries(target)) {
    const path = conditions.has(condition) ? pathIn(inner) : undefined
    if (path !== undefined) return path
  }
  return undefined
}

/** The entries of `exports`, which may be only what `.` is. */
function subpaths(exports: Target | undefined): Readonly<Record<string, Target>> {
  if (exports === null || exports === undefined) return {}
  const isOnlyMain = typeof exports === 'string' || !Object.keys(exports).every((key) => key.startsWith('.'))
  return isOnlyMain ? { '.': exports } : (exports as Readonly<Record<string, Target>>)
}

/** Names the files of all installed packages under `./node_modules/`, so that a page loads them without a bundler. */
export async function importMap(project: Project): Promise<ImportMap> {
  const map: ImportMap = { imports: {}, scopes: {} }
  const modules = join(project.folder, 'node_modules')
  const entries = await readdir(modules)
  const scoped = await Promise.all(
    entries
      .filter((name) => name.startsWith('@'))
      .map(async (scope) => (await readdir(join(modules, scope))).map((name) => `${scope}/${name}`))
  )
  for (const name of [...entries.filter((entry) => !/^[.@]/.test(entry)), ...scoped.flat()].toSorted()) {
    // oxlint-disable-next-line no-await-in-loop -- in order of their names
    const manifest = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8')) as {
      readonly exports?: Target
      readonly module?: string
      readonly main?: string
      readonly browser?: string | Record<string, string | false>
      readonly imports?: Record<string, Target>
    }
    const url = (path: string): string => `./node_modules/${name}/${path.replace(/^\.\//, '')}`
    for (const [subpath, target] of Object.entries(subpaths(manifest.exports ?? manifest.module ?? manifest.main))) {
      const path = subpath.includes('*') ? undefined : pathIn(target)
      if (path !== undefined) map.imports[name + subpath.slice(1)] = url(path)
    }
    // files that a page replaces, also where another file of the package imports them
    for (const [path, target] of Object.entries(typeof manifest.browser === 'object' ? manifest.browser : {}))
      if (path.startsWith('.') && target !== false) map.imports[url(path)] = url(target)
    // `#name` means something else in each package
    for (const [specifier, target] of Object.entries(manifest.imports ?? {})) {
      const path = pathIn(target)
      if (path !== undefined) (map.scopes[url('')] ??= {})[specifier] = url(path)
    }
  }
  return map
}
