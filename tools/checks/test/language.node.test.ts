import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findAvoided } from '../src/language/avoid.ts'
import { root } from './packages.ts'

const patterns = [
  'packages/*/{src,test}/**/*.ts',
  'tools/*/{src,test}/**/*.ts',
  'tools/scripts/*.mjs',
  'examples/**/*.{ts,md}',
  '{packages,tools,vectors}/**/README.md',
  '*.md',
  '.changeset/*.md',
  'docs/**/*.{md,pml}'
]

/** All source files and pages, except generated files and the list of avoided phrases itself. */
const files = globSync(patterns, {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|generated)$|tools\/checks\/src\/language$/.test(path)
})

test('source code, tests, examples and documentation contain no phrase of the avoid list', () => {
  expect(files.length).toBeGreaterThan(300)
  const found = files.flatMap((file) =>
    findAvoided(readFileSync(join(root, file), 'utf8')).map(
      ({ line, text, instead }) => `${file}:${line}: ${text} → ${instead}`
    )
  )
  expect(found).toEqual([])
})

test('the avoid list finds a phrase and allows the words of other projects', () => {
  // joined here, as this file is checked too
  const text = `${['when', 'absent'].join(' ')}: 30 s`
  expect(findAvoided(`a record\n${text}`)).toEqual([{ line: 2, text, instead: '@default' }])
  expect(findAvoided("setHeader('connection', 'keep-alive')")).toEqual([])
})
