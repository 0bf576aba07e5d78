import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root, sources } from './packages.ts'

const unions = readFileSync(join(root, 'packages/record-types/src/errors.ts'), 'utf8')
  .split(/^export type /m)
  .filter((text) => /^(?:CodecErrorCode|CryptoErrorCode|RefusalCode) /.test(text))
const declared = unions.flatMap((text) => [...text.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, code]) => code as string))

const document = readFileSync(join(root, 'docs/refusals.md'), 'utf8')

/** The codes in the table below a heading of docs/refusals.md. */
function codesUnder(heading: string): string[] {
  const [, section = ''] = document.split(`\n## ${heading}\n`)
  const rows = (section.split('\n## ')[0] as string).matchAll(/^\|([^|]+)\|/gm)
  return [...rows].flatMap(([, cell]) =>
    [...(cell as string).matchAll(/`([A-Z0-9_]+)`/g)].map(([, code]) => code as string)
  )
}

const tables: Readonly<Record<string, readonly string[]>> = {
  reject: codesUnder('Rejected'),
  ignore: codesUnder('Ignored')
}

/** Every place in the source that gives a code a status. */
const decisions = packages.flatMap(({ folder }) =>
  sources(join(folder, 'src')).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const calls = [...text.matchAll(/\b(reject|ignore)\(\s*'([A-Z0-9_]+)'/g)]
    const literals = [...text.matchAll(/status: '(reject|ignore)',\s*code: '([A-Z0-9_]+)'/g)]
    return [...calls, ...literals].map(([, status, code]) => ({ file, status: status as string, code: code as string }))
  })
)

test('docs/refusals.md contains every code of a refusal once', () => {
  expect([...(tables['reject'] ?? []), ...(tables['ignore'] ?? [])].sort()).toEqual([...declared].sort())
})

test('every row of docs/refusals.md has codes, a reason and the implementations consulted', () => {
  const rows = document.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(20)
  const incomplete = rows.filter((row) => {
    const cells = row.slice(1, -1).split('|')
    return cells.length !== 3 || cells.some((cell) => cell.trim().length < 1)
  })
  expect(incomplete).toEqual([])
})

test('every code in the source has the status that docs/refusals.md states', () => {
  expect(decisions.length).toBeGreaterThan(20)
  expect(decisions.filter(({ status, code }) => tables[status]?.includes(code) !== true)).toEqual([])
})

test('the codes of errors that the source rejects, and no others, are among those that docs/refusals.md rejects', () => {
  const text = readFileSync(join(root, 'packages/record-validators/src/refusal.ts'), 'utf8')
  const [, list = ''] = /rejected: ReadonlySet<string> = .*\[([^\]]*)\]/.exec(text) ?? []
  const thrown = [...list.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code]) => code as string)
  const returned = decisions.filter(({ status }) => status === 'reject').map(({ code }) => code)
  expect([...new Set([...thrown, ...returned])].sort()).toEqual([...(tables['reject'] ?? [])].sort())
})
