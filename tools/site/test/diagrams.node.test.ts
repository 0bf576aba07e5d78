import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diagrams } from '../src/diagrams/diagrams.ts'
import { constant, layeredPackages, pipelineSteps } from '../src/diagrams/facts.ts'
import { readPage, repository } from '../src/pages.ts'

const folder = join(repository, 'docs', 'concepts')

test('the diagrams are those that the code gives (`pnpm run diagrams` in tools/site writes them)', () => {
  const drawn = diagrams()
  expect(
    readdirSync(folder)
      .filter((name) => name.endsWith('.svg'))
      .toSorted()
  ).toEqual([...drawn.keys()].toSorted())
  for (const [name, svg] of drawn) expect(readFileSync(join(folder, name), 'utf8'), name).toBe(svg)
})

test('no package of the diagram of the layers imports one of its own layer or above', () => {
  const layers = new Map(layeredPackages().map(({ name, layer }) => [name, layer]))
  const upward = layeredPackages().flatMap(({ name, layer, imports }) =>
    imports.filter((other) => (layers.get(other) ?? 9) >= layer).map((other) => `${name} → ${other}`)
  )
  expect(upward).toEqual([])
})

test('ARCHITECTURE.md numbers as many steps of the pipeline as the code', () => {
  const [, section = ''] = readPage('ARCHITECTURE.md').split('## The path of a record')
  const numbers = [...section.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(pipelineSteps().map((_, index) => index + 1))
})

test('the numbers of the specified stopping rule are those of the code', () => {
  const rows = [...readPage('docs/spec/stopping-rule.md').matchAll(/^\| `(\w+)`: [^|]+ \| (\d+) \|$/gm)]
  const files: Readonly<Record<string, string>> = {
    alpha: 'read-walk',
    k: 'read-walk',
    placesPerAnswer: 'read-walk',
    firstAsked: 'read-walk',
    factor: 'stall-time',
    least: 'stall-time'
  }
  expect(rows.length).toBeGreaterThan(10)
  for (const [, name = '', number] of rows)
    expect(Number(number), name).toBe(constant(`store-dht/src/${files[name] ?? 'read-progress'}.ts`, name))
})

test('a number that the code does not have is an error', () => {
  expect(() => constant('store-dht/src/read-walk.ts', 'beta')).toThrow('has no number beta')
})
