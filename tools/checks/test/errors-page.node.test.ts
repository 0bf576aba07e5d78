import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { advice } from '../src/errors/advice.ts'
import { errorsFile, errorsPage } from '../src/errors/page.ts'
import { root } from './packages.ts'

const source = readFileSync(join(root, 'packages/record-types/src/errors.ts'), 'utf8')
const declared = [...source.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code]) => code as string)
const [, codec = ''] = /export type CodecErrorCode =([\s\S]*?)\n\n/.exec(source) ?? []

test('docs/errors.md is what its command writes', () => {
  expect(readFileSync(errorsFile, 'utf8')).toBe(errorsPage())
})

test('docs/errors.md explains every error code once, with a package that uses it', () => {
  const rows = [...errorsPage().matchAll(/^\| `([A-Z0-9_]+)` \| \[[a-z0-9-]+\]\([^)]*\): /gm)].map(
    ([, code]) => code as string
  )
  expect(rows.sort()).toEqual([...new Set(declared)].sort())
})

test('docs/errors.md says what to do about every code, except those of malformed bytes', () => {
  const expected = new Set(declared.filter((code) => !codec.includes(`'${code}'`)))
  expect(Object.keys(advice).sort()).toEqual([...expected].sort())
})
