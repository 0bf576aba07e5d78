// `pnpm run keep-sizes`: weighs every program and its peer, and keeps the weights in sizes.json and in the README's table.
import { readFileSync, writeFileSync } from 'node:fs'
import { weighByEsbuild } from './bundle.ts'
import { keptFile, weigh } from './kept.ts'
import type { Weight } from './kept.ts'
import { programs } from './programs.ts'

const kept: Record<string, Weight & { peer?: number }> = {}
const kilobytes = (bytes: number | undefined): string => (bytes === undefined ? '' : `${(bytes / 1000).toFixed(1)} kB`)
const rows: string[] = []
for (const program of programs) {
  const weight: Weight & { peer?: number } = await weigh(program)
  if (program.peer !== undefined) weight.peer = await weighByEsbuild(program.peer, [])
  kept[program.name] = weight
  const { esbuild, rollup, peer } = weight
  rows.push(`| ${program.name} | ${[esbuild, rollup, program.budget, peer].map(kilobytes).join(' | ')} |`)
  console.log(rows.at(-1))
}
writeFileSync(keptFile, `${JSON.stringify(kept, null, 2)}\n`)

const table = [
  '<!-- sizes -->',
  '| program, bundled for a page, gzip | esbuild | rollup | set out for | with the libraries there are |',
  '| --- | --- | --- | --- | --- |',
  ...rows,
  '| any package, imported and unused | 0 B | 0 B | 0 B | |',
  '<!-- /sizes -->'
]
const readme = new URL('../../../../README.md', import.meta.url)
writeFileSync(readme, readFileSync(readme, 'utf8').replace(/<!-- sizes -->[\s\S]*<!-- \/sizes -->/, table.join('\n')))
