import { measuredMessages } from './simulation/measured.ts'
import { runTrials } from './simulation/trials.ts'

// `node tools/bench/src/network/compare.ts [sizes]`: compares the messages of real nodes with those of the simulation.
const print = (line: string): void => console.log(line)
const sizes = process.argv.slice(2).map(Number)
const records = 20

print(
  '| nodes | put: messages, measured | simulated | copies, measured | simulated | get: messages, measured | simulated |'
)
print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const nodes of sizes.length > 0 ? sizes : [10, 20, 50]) {
  const real = await measuredMessages(nodes, records)
  const { put, reads } = runTrials({ nodes, hostile: 0, tables: 'js', attack: 'none', seed: 1, records: 500 })
  const complete = reads.at(-1)?.messages ?? Number.NaN
  const cells = [real.put, put.messages, real.copies, put.copies, real.get, complete].map((value) => value.toFixed(1))
  print(`| ${nodes} | ${cells.join(' | ')} |`)
}
process.exit(0)
