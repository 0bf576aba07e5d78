import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './packages.ts'

interface Named {
  /** without the extension; relative to `packages`, `tools` or `examples` */
  readonly path: string
  /** a test, a case of the kit, or a row of the attacks */
  readonly name: string
}

/** The text of each promise: the rows of the first table, or the items of the section Promises. */
function promisesOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  if (page === 'SECURITY.md') return (/## Promises\n([\s\S]*?)\n## /.exec(text)?.[1] ?? '').split(/^- /m).slice(1)
  const [, table = ''] = /((?:^\|.*\n)+)/m.exec(text) ?? []
  return table.trim().split('\n').slice(2)
}

/** The tests that a promise names: a path in backticks, then a name in quotes. */
function testsOf(promise: string): Named[] {
  return [...promise.matchAll(/`([\w-]+(?:\/[\w-]+)+)`(?:\s+"([^"]+)")?/g)].map(([, path = '', name = '']) => ({
    path,
    name
  }))
}

function exists({ path, name }: Named): boolean {
  const base = join(root, /^(tools|examples)\//.test(path) ? path : `packages/${path}`)
  const files = globSync([`${base}.ts`, `${base}.test.ts`, `${base}.*.test.ts`])
  return name !== '' && files.some((file) => readFileSync(file, 'utf8').includes(name))
}

test.each(['SECURITY.md', 'docs/threat-model.md', 'docs/one-author.md'])(
  'each promise of %s names a test that exists',
  (page) => {
    const promises = promisesOf(page)
    expect(promises.length).toBeGreaterThan(8)
    expect(promises.filter((promise) => testsOf(promise).length === 0)).toEqual([])
    expect(promises.flatMap(testsOf).filter((named) => !exists(named))).toEqual([])
  }
)

test('a test is missing when its file or its name is', () => {
  const [found] = testsOf('`tools/checks/test/promises` "a test is missing when its file or its name is"')
  expect(found !== undefined && exists(found)).toBe(true)
  expect(exists({ path: 'tools/checks/test/none', name: 'a test' })).toBe(false)
  expect(exists({ path: 'tools/checks/test/promises', name: crypto.randomUUID() })).toBe(false)
  // a file alone names no test
  expect(testsOf('`tools/checks/test/promises`').map(exists)).toEqual([false])
})
