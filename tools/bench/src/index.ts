// `npm run bench`: every line in turn, ours and the peer's interleaved; `-- --json` ends with one JSON object; `-- --only text`
// measures the lines whose name contains it; `-- --write` keeps the table in docs/speed.md.
import { codecLines } from './lines/codec.ts'
import { ipnsLines } from './lines/ipns.ts'
import { libraryLines } from './lines/libraries.ts'
import { recordLines } from './lines/records.ts'
import { storeLines } from './lines/stores.ts'
import { measure } from './measure.ts'
import type { Measured } from './measure.ts'
import { keepTable, show } from './show.ts'

const json = process.argv.includes('--json')
const write = process.argv.includes('--write')
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const lines = [...codecLines, ...ipnsLines, ...libraryLines, ...recordLines, ...storeLines].filter(({ name }) =>
  name.includes(only)
)

const results: Measured[] = []
for (const line of lines) {
  const measured = await measure(line)
  results.push(measured)
  console.log(show(measured))
}
const short = results.filter(({ ok }) => !ok).length
console.log(
  `\n${results.length - short} of ${results.length} lines at their target. Ratios: medians of interleaved rounds, with quartiles.`
)
if (write) keepTable('bench', results)
if (json) {
  const entries = results.map(({ line: { name, target, better }, ratio, ok }) => [
    name,
    { ratio: Number(ratio.toFixed(3)), target, better, ok }
  ])
  console.log(JSON.stringify(Object.fromEntries(entries)))
}
process.exit(0)
