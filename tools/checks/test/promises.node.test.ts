import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './packages.ts'

/** Paths of tests or cases of the kit in backticks, without their extensions; a star means all files of a folder. */
function namedIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/`((?:tools|examples|record|store)[\w-]*(?:\/[\w*-]+)+)`/g)].map(
    ([, path]) => path as string
  )
}

function exists(path: string): boolean {
  const base = /^(tools|examples)\//.test(path) ? path : `packages/${path}`
  const whole = base.split('/').length > 2 ? [base, `${base}.ts`, `${base}.test.ts`, `${base}.*.test.ts`] : [base]
  return whole.some((pattern) => globSync(pattern, { cwd: root }).length > 0)
}

test.each(['SECURITY.md', 'docs/threat-model.md'])('%s names existing tests only', (page) => {
  const named = namedIn(page)
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter((path) => !exists(path))).toEqual([])
})
