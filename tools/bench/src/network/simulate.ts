// `npm run simulate`: simulates puts and gets in networks of up to a million nodes, and prints Markdown tables. `-- --json` prints
// one JSON object per line instead. `--nodes 1000,10000` chooses the sizes, `--records 100` the records per row, `--seed 1` the run,
// `--attacks none,eclipse` the attacks.
import { parseArgs } from 'node:util'
import type { Attack } from './simulation/attacks.ts'
import type { Tables } from './simulation/population.ts'
import { runTrials } from './simulation/trials.ts'
import type { TrialResult } from './simulation/trials.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '1000,10000,100000' },
    records: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    attacks: { type: 'string' }
  }
})
const [records, seed] = [count(values.records, 'records'), count(values.seed, 'seed')]
const sizes = values.nodes.split(',').map((size) => count(size, 'nodes'))

const attacks = values.attacks?.split(',')
const allCells: readonly (readonly [attack: Attack, hostile: number])[] = [
  ['none', 0],
  ['dead', 0],
  ...(['older', 'fast', 'instant', 'mixed'] as const).flatMap((attack) => [
    [attack, 0.2] as const,
    [attack, 0.4] as const
  ]),
  ...[0.01, 0.05, 0.2, 0.4].map((hostile) => ['phantom', hostile] as const),
  ...[0, 0.2, 0.4].map((hostile) => ['eclipse', hostile] as const)
]
const cells = allCells.filter(([attack]) => attacks?.includes(attack) ?? true)

function count(text: string, name: string): number {
  const number = Number(text.replaceAll('_', ''))
  if (Number.isSafeInteger(number) && number > 0) return number
  console.error(`--${name} is ${text}; a whole number above 0 is expected`)
  return process.exit(2)
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function printRows(
  nodes: number,
  hostile: number,
  tables: Tables,
  attack: Attack,
  { reads, eclipsed }: TrialResult
): void {
  for (const { rule, newest, messages, rtt } of reads) {
    const judged = rule === 'default' ? { eclipsed: eclipsed.reads } : {}
    const row = { nodes, hostile, tables, attack, rule, newest, messages, rtt, ...judged }
    console.log(JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? rounded(value) : value)))
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(4))
}

function printCells(nodes: number, hostile: number, attack: Attack, result: TrialResult): void {
  const { put, ownPut, reads, eclipsed } = result
  const cells = [
    nodes.toLocaleString('en'),
    attack,
    `${hostile * 100} %`,
    ...[ownPut, put].flatMap(({ messages, rtt, honest, found }) => [
      `${messages.toFixed(0)}, ${rtt.toFixed(1)}`,
      honest.toFixed(1),
      percent(found)
    ]),
    percent(eclipsed.reads),
    ...reads.map(({ newest, messages, rtt }) => `${percent(newest)}, ${messages.toFixed(0)}, ${rtt.toFixed(1)}`)
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

for (const tables of ['js', 'go'] as const) {
  if (!values.json) {
    console.log(`\nRouting tables of ${tables}, seed ${seed}, ${records} records per row\n`)
    console.log(
      '| nodes | attack | malicious | put: messages, rtt | honest copies | 20 closest found | put of kad-dht: messages, rtt | honest copies | 20 closest found | judged to be eclipsed | get: newest, messages, rtt | quorum of 3 | quorum of 16 | complete |'
    )
    console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  }
  for (const nodes of sizes) {
    for (const [attack, hostile] of cells) {
      const result = runTrials({ nodes, hostile, tables, attack, seed, records })
      if (values.json) printRows(nodes, hostile, tables, attack, result)
      else printCells(nodes, hostile, attack, result)
    }
  }
}
