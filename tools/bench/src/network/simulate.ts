import { runTrials } from './simulation/trials.ts'

const say = (line: string): void => console.log(line)
const seed = Number(process.argv[2] ?? 1)
const trials = Number(process.argv[3] ?? 500)

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

for (const table of ['trie', 'buckets'] as const) {
  say(`\n${table}, seed ${seed}, ${trials} records a row\n`)
  say(
    '| nodes | hostile | put: messages | round trips | honest copies | 20 closest found | get with a quorum of 3: messages, newest | with 16 | to the end | 3 nearest |'
  )
  say('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const nodes of [10, 20, 50, 1000, 10_000, 1_000_000]) {
    for (const hostile of [0, 0.2, 0.4]) {
      const { put, found, get, nearest } = runTrials({ nodes, hostile, table, seed, trials })
      const cells = [
        nodes.toLocaleString('en'),
        `${hostile * 100} %`,
        put.messages.toFixed(0),
        put.rounds.toFixed(1),
        put.honest.toFixed(1),
        percent(found),
        ...[...get, nearest].map(({ messages, newest }) => `${messages.toFixed(0)}, ${percent(newest)}`)
      ]
      say(`| ${cells.join(' | ')} |`)
    }
  }
}
