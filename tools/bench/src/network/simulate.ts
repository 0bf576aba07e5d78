import { runTrials } from './simulation/trials.ts'

// `node tools/bench/src/network/simulate.ts [seed] [trials]`: simulates puts and gets in networks of up to a million nodes.
const print = (line: string): void => console.log(line)
const seed = Number(process.argv[2] ?? 1)
const trials = Number(process.argv[3] ?? 500)

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

for (const table of ['trie', 'buckets'] as const) {
  print(`\n${table}, seed ${seed}, ${trials} records per row\n`)
  print(
    '| nodes | malicious | put: messages | round trips | honest copies | 20 closest found | get with a quorum of 3: messages, newest | with 16 | complete walk | 3 nearest |'
  )
  print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const nodes of [10, 20, 50, 1000, 10_000, 1_000_000]) {
    for (const malicious of [0, 0.2, 0.4]) {
      const { put, found, get, nearest } = runTrials({ nodes, malicious, table, seed, trials })
      const cells = [
        nodes.toLocaleString('en'),
        `${malicious * 100} %`,
        put.messages.toFixed(0),
        put.rounds.toFixed(1),
        put.honest.toFixed(1),
        percent(found),
        ...[...get, nearest].map(({ messages, newest }) => `${messages.toFixed(0)}, ${percent(newest)}`)
      ]
      print(`| ${cells.join(' | ')} |`)
    }
  }
}
