// `npm run timing`: measures two classes of secrets, interleaved, and prints Welch's t of their times, the largest over six crops.
// Above 4.5 is suspicious, above 10 certain. `-- --write` writes the table to docs/security/timing.md, `-- --only text` selects lines.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { lines } from './lines.ts'
import { measure } from './measure.ts'
import { largestT } from './welch.ts'

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, only: { type: 'string', default: '' } }
})
/** thresholds of dudect: below `suspicious` no dependence is shown, above `certain` it is proved */
const suspicious = 4.5
const certain = 10

const rows: string[] = []
let failed = 0
for (const line of lines.filter(({ title }) => title.includes(values.only))) {
  globalThis.gc?.()
  const t = largestT(await measure(line))
  const found = Math.abs(t) > certain ? 'depends' : Math.abs(t) > suspicious ? 'suspicious' : 'no dependence found'
  const contradicts =
    line.claim === 'does not depend on the secret'
      ? Math.abs(t) > certain
      : line.claim === 'depends, as a control' && Math.abs(t) < certain
  if (contradicts) failed++
  const row = `| ${line.title} | ${line.claim} | ${line.samples} | ${Math.abs(t).toFixed(1)} | ${found} |`
  rows.push(row)
  console.log(contradicts ? `${row} CONTRADICTS` : row)
}
if (values.write) {
  const page = new URL('../../../../docs/security/timing.md', import.meta.url)
  const head = ['| measured | claim | samples | t | result |', '| --- | --- | ---: | ---: | --- |']
  const table = ['<!-- timing -->', ...head, ...rows, '<!-- /timing -->'].join('\n')
  const text = await readFile(page, 'utf8')
  await writeFile(
    page,
    text.replace(/<!-- timing -->[\s\S]*<!-- \/timing -->/, () => table)
  )
}
process.exit(failed === 0 ? 0 : 1)
