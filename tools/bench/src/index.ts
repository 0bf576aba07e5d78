// `npm run bench`: runs every benchmark in turn, ours and that of the other library interleaved. `-- --json` prints one JSON object
// at the end, `-- --only text` runs those whose name contains the text, `-- --write` writes the table to docs/speed.md.
import { ed25519Sodium } from '@recordkit/record-crypto/ed25519-sodium'
import { codecLines } from './lines/codec.ts'
import { coldLines, coldLinesBy } from './lines/cold.ts'
import { ipnsLines } from './lines/ipns.ts'
import { levelLines } from './lines/level.ts'
import { libraryLines } from './lines/libraries.ts'
import { memoryLines } from './lines/memory.ts'
import { pubsubLines } from './lines/pubsub.ts'
import { putLines } from './lines/puts.ts'
import { readLines } from './lines/reads.ts'
import { recordLines } from './lines/records.ts'
import { measure } from './measure.ts'
import type { Measured } from './measure.ts'
import { formatLine, writeTable } from './format.ts'

const json = process.argv.includes('--json')
const write = process.argv.includes('--write')
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const lines = [
  ...codecLines,
  ...ipnsLines,
  ...libraryLines,
  ...putLines,
  ...readLines,
  ...recordLines,
  ...levelLines,
  ...memoryLines,
  ...pubsubLines,
  ...coldLines,
  ...coldLinesBy(ed25519Sodium, 'sodium-native', { one: 2.5, batch: 5 })
].filter(({ name }) => name.includes(only))

const results: Measured[] = []
for (const line of lines) {
  const measured = await measure(line)
  results.push(measured)
  console.log(formatLine(measured))
}
const missed = results.filter(({ ok }) => !ok).length
console.log(
  `\n${results.length - missed} of ${results.length} lines reached their target. Ratios: medians of interleaved rounds, with quartiles.`
)
if (write) writeTable('bench', results)
if (json) {
  const entries = results.map(({ line: { name, target, better }, ratio, ok }) => [
    name,
    { ratio: Number(ratio.toFixed(3)), target, better, ok }
  ])
  console.log(JSON.stringify(Object.fromEntries(entries)))
}
process.exit(0)
