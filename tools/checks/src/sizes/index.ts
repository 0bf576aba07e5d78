// `pnpm run keep-sizes`: measures every program and its alternative, and writes the sizes to sizes.json, to the table of docs/size.md, and to the guides and READMEs that name them.
import { readFileSync, writeFileSync } from 'node:fs'
import { measureWithEsbuild } from './bundle.ts'
import { measure, pagesWithSizes, sizesFile, withSizes } from './kept-sizes.ts'
import type { KeptSize } from './kept-sizes.ts'
import { programs } from './programs.ts'

const kept: Record<string, KeptSize> = {}
const kilobytes = (bytes: number | undefined): string => (bytes === undefined ? '' : `${(bytes / 1000).toFixed(1)} kB`)
const rows: string[] = []
for (const program of programs) {
  const { esbuild, rollup } = await measure(program)
  const alternative = program.alternative === undefined ? undefined : await measureWithEsbuild(program.alternative, [])
  kept[program.name] = { esbuild, rollup, alternative }
  rows.push(`| ${program.name} | ${[esbuild, rollup, program.target, alternative].map(kilobytes).join(' | ')} |`)
  console.log(rows.at(-1))
}
writeFileSync(sizesFile, `${JSON.stringify(kept, null, 2)}\n`)

const table = [
  '<!-- sizes -->',
  '| program, bundled for a page, gzip | esbuild | rollup | target | with other libraries |',
  '| --- | --- | --- | --- | --- |',
  ...rows,
  '| any package, imported and unused | 0 B | 0 B | 0 B | |',
  '<!-- /sizes -->'
]
const page = new URL('../../../../docs/size.md', import.meta.url)
writeFileSync(page, readFileSync(page, 'utf8').replace(/<!-- sizes -->[\s\S]*<!-- \/sizes -->/, table.join('\n')))

for (const path of pagesWithSizes()) writeFileSync(path, withSizes(readFileSync(path, 'utf8'), kept))
