import { readFileSync } from 'node:fs'
import { counterDefinitions, gaugeDefinitions, histogramDefinitions, prometheusName } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { packages } from './packages.ts'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
const nodeMetrics = readFileSync(
  new URL('../../../packages/record-cli/src/serve/node-metrics.node.ts', import.meta.url),
  'utf8'
)

/** The rows of the table under a heading, each a list of cells. */
function rows(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('| `'))
  return lines.map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim())
  )
}

const code = (text: string): string => `\`${text}\``

test('docs/metrics.md lists every counter and histogram with its names, unit, labels and meaning', () => {
  for (const [heading, type, definitions] of [
    ['Counters', 'counter', counterDefinitions],
    ['Histograms', 'histogram', histogramDefinitions]
  ] as const) {
    const expected = Object.entries(definitions).map(([name, { unit, labels, description }]) => [
      code(name),
      code(prometheusName(name, unit, type)),
      code(unit),
      labels.map(code).join(', '),
      description
    ])
    const found = rows(heading).map(([name, prometheus, unit, labels, meaning = '']) => [
      name,
      prometheus,
      unit,
      labels,
      // what follows explains the values of labels
      meaning.slice(0, meaning.indexOf('.') + 1)
    ])
    expect(found).toEqual(expected)
    for (const [name = '', , , labels = '', meaning = ''] of rows(heading))
      for (const label of labels.split(', ').filter((text) => !['`namespace`', '`method`'].includes(text)))
        if (!['`http.requests` `status`', '`http.request.duration` `route`'].includes(`${name} ${label}`))
          expect(meaning, `the values of ${label}`).toContain(`${label}: `)
  }
})

test('docs/metrics.md lists every gauge with its names, unit and meaning', () => {
  const expected = Object.entries(gaugeDefinitions).map(([name, { unit, description }]) => [
    code(name),
    code(prometheusName(name, unit, 'gauge')),
    code(unit),
    description
  ])
  expect(rows('Gauges')).toEqual(expected)
})

test('docs/metrics.md lists what only the program measures', () => {
  const found = [...nodeMetrics.matchAll(/name: '(.*)',\n +type: '(.*)',\n +description: '(.*)'/g)]
  expect(found.length).toBeGreaterThan(3)
  expect(rows('Only in `recordkit serve`')).toEqual(
    found.map(([, name = '', type, description]) => [code(name), type, description])
  )
})

test('every counter and histogram is reported by the code of a package', () => {
  const sources = packages
    .flatMap(({ folder }) => globSync('src/**/*.ts', { cwd: folder }).map((file) => join(folder, file)))
    .filter((file) => !/metric-definitions\.ts$|record-types.src.metrics\.ts$/.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  for (const name of [...Object.keys(counterDefinitions), ...Object.keys(histogramDefinitions)])
    expect(sources, name).toContain(`'${name}'`)
})

test('the alerts in docs/metrics.md use metrics that exist', () => {
  const known = new Set([...page.matchAll(/^\|.*?`((?:recordkit|process)_\w+)`/gm)].map(([, name]) => name as string))
  const alerts = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''
  const used = [...alerts.matchAll(/recordkit_\w+/g)].map(([name]) => name)
  expect(used.length).toBeGreaterThan(5)
  expect(used.filter((name) => !known.has(name))).toEqual([])
})
