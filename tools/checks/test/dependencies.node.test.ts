import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packages, root } from './packages.ts'

const table = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('## External dependencies')[1] ?? ''

/** Rows of the table: external packages in the first cell, ours in the second. */
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const names = (cell: string | undefined): string[] =>
      [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
    return { theirs: names(cells[1]), ours: names(cells[2]).map((name) => name.split('/')[0]), why: cells[3] }
  })

test.each(packages)(
  'ARCHITECTURE.md gives a reason for every dependency and peer dependency of $name',
  ({ name, manifest }) => {
    const wanted = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const other of wanted.filter((one) => !one.startsWith('@recordkit/'))) {
      const row = rows.find(({ theirs, ours }) => theirs.includes(other) && ours.includes(name))
      expect(row?.why, `${name} uses ${other}`).toBeTruthy()
    }
  }
)

test('every package in the table of dependencies in ARCHITECTURE.md is used', () => {
  for (const { theirs, ours } of rows) {
    for (const other of theirs) {
      const used = packages.filter(
        ({ name, manifest }) =>
          ours.includes(name) && other in { ...manifest.dependencies, ...manifest.peerDependencies }
      )
      expect(
        used.map(({ name }) => name),
        other
      ).not.toEqual([])
    }
  }
})

test('pnpm-workspace.yaml allows no install scripts', () => {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const allowed = /allowBuilds:\n((?: {2}.*\n)*)/.exec(workspace)?.[1] ?? ''
  expect(allowed).toContain('false')
  expect(allowed).not.toContain('true')
})
