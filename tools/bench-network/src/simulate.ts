// `node tools/bench-network/src/simulate.ts --seed 1`: look-ups in networks larger than a machine holds. The same seed, the same table.
import { parseArgs } from 'node:util'
import { simulate } from './simulation/rows.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '400' },
    paths: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '10,20,50,10000,1000000' }
  }
})
const percent = (share: number): string => `${Math.round(share * 100)} %`
console.log(
  '| nodes | hostile | they answer | put: messages | round trips | copies acknowledged | kept | get: messages | round trips | quorum of 3 met | found |'
)
console.log('| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const size of values.sizes.split(',').map(Number)) {
  for (const share of [0, 0.2, 0.4]) {
    for (const conduct of share === 0 ? (['mute'] as const) : (['mute', 'conspiring'] as const)) {
      const [records, seed, paths] = [values.records, values.seed, values.paths].map(Number) as [number, number, number]
      const row = simulate({ size, share, conduct, paths, records, seed })
      const cells = [
        size,
        percent(share),
        share === 0 ? '' : { mute: 'with nobody', conspiring: 'with each other' }[conduct],
        row.putMessages.toFixed(0),
        row.putRounds.toFixed(1),
        row.acknowledged.toFixed(1),
        row.kept.toFixed(1),
        row.getMessages.toFixed(0),
        row.getRounds.toFixed(1),
        percent(row.quorate),
        percent(row.found)
      ]
      console.log(`| ${cells.join(' | ')} |`)
    }
  }
}
