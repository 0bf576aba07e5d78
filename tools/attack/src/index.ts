// `npm run attack`: runs every attack in turn, each on nodes of its own. `-- --short` runs a part of each, `-- --only text` those
// whose name contains the text, `-- --seed 7` selects other inputs, `-- --peers 100`
// connects at most as many peers of an attacker over the wire, `-- --write` writes the rows to docs/security/attacks.md.
// `-- --pace` measures the pace of honest traffic instead, by what attackers send.
import { parseArgs } from 'node:util'
import { attacks } from './attacks.ts'
import { runAttack } from './run-attack.ts'
import type { Row } from './run-attack.ts'
import { paceTable } from './pace.ts'
import { mergedInto, tableOf, writeTable } from './table.ts'

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    pace: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false }
  }
})
const peers = values.peers === '' ? undefined : Number(values.peers)
const settings = { seed: Number(values.seed), scale: values.short ? 0.02 : 1, peers }

const page = new URL('../../../docs/security/attacks.md', import.meta.url)
if (values.pace) {
  const table = await paceTable(settings.seed, (line) => console.log(line))
  if (values.write) await writeTable(page, 'pace', table)
  process.exit(0)
}

const rows: Row[] = []
for (const attack of attacks.filter(({ id }) => id.includes(values.only))) {
  const row = await runAttack(attack, settings)
  rows.push(row)
  const { tried, honest } = row.result
  const outcome = row.faults.length === 0 ? 'repelled' : `FAULTS: ${row.faults.join('; ')}`
  console.log(
    `${attack.id.padEnd(24)} ${String(tried).padStart(7)} attempts, honest ${honest.right}/${honest.of}: ${outcome}`
  )
}
const table = tableOf(rows)
console.log(`\n${table}`)
if (values.write) await writeTable(page, 'attacks', await mergedInto(page, rows))
process.exit(rows.some(({ faults }) => faults.length > 0) ? 1 : 0)
