import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

/** All codes of the unions in errors.ts. */
const declared = [
  ...readFileSync(join(root, 'packages/record-types/src/errors.ts'), 'utf8').matchAll(/'([A-Z][A-Z0-9_]+)'/g)
].map((match) => match[1] as string)

/** All codes with a row in the README of a package. */
const documented = packages.flatMap(({ folder }) => {
  const readme = join(folder, 'README.md')
  if (!existsSync(readme)) return []
  const [, section = ''] = readFileSync(readme, 'utf8').split(/^## Error codes$/m)
  return [...section.matchAll(/^\|([^|]+)\|/gm)].flatMap((row) =>
    [...(row[1] as string).matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((match) => match[1] as string)
  )
})

test('the README of a package explains every error code', () => {
  expect(declared.filter((code) => !documented.includes(code))).toEqual([])
})

test('every error code in a README exists', () => {
  expect(documented.filter((code) => !declared.includes(code))).toEqual([])
})

test('the source of a package uses every error code', () => {
  const text = packages.flatMap(({ folder }) => sourcesOf(folder)).join('\n')
  const unused = new Set(declared.filter((code) => !text.includes(`'${code}'`)))
  expect([...unused]).toEqual([])
})

function sourcesOf(folder: string): string[] {
  return sources(join(folder, 'src'))
    .filter((file) => !file.endsWith('/errors.ts'))
    .map((file) => readFileSync(file, 'utf8'))
}
