import { measuredMessages } from './simulation/measured.ts'
import { runTrials } from './simulation/trials.ts'

const say = (line: string): void => console.log(line)
const sizes = process.argv.slice(2).map(Number)
const records = 20

say(
  '| nodes | put: messages, measured | simulated | copies, measured | simulated | get: messages, measured | simulated |'
)
say('| ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const nodes of sizes.length > 0 ? sizes : [10, 20, 50]) {
  const real = await measuredMessages(nodes, records)
  const { put, get } = runTrials({ nodes, hostile: 0, table: 'trie', seed: 1, trials: 500 })
  const toEnd = get.at(-1)?.messages ?? Number.NaN
  const cells = [real.put, put.messages, real.copies, put.copies, real.get, toEnd].map((value) => value.toFixed(1))
  say(`| ${nodes} | ${cells.join(' | ')} |`)
}
process.exit(0)
