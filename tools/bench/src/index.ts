// `npm run bench`: every line in turn, ours and the peer's interleaved; `-- --json` ends with one JSON object; `-- --only text`
// measures the lines whose name contains it.
import { codecLines } from './lines/codec.ts'
import { ipnsLines } from './lines/ipns.ts'
import { recordLines } from './lines/records.ts'
import { measure } from './measure.ts'
import type { Measured } from './measure.ts'

const json = process.argv.includes('--json')
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const lines = [...codecLines, ...ipnsLines, ...recordLines].filter(({ name }) => name.includes(only))

function show({ line, ratio, spread, nanoseconds, ok }: Measured): string {
  const sign = line.better === 'higher' ? '≥' : '≤'
  const figures = `${ratio.toFixed(2)} (${spread.map((value) => value.toFixed(2)).join(' to ')})`
  const time = nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(2)} µs` : `${(nanoseconds / 1e6).toFixed(2)} ms`
  return `${ok ? 'pass ' : 'short'} ${line.name.padEnd(46)} ${figures.padEnd(24)} ${sign} ${String(line.target).padEnd(5)} ${time.padStart(11)}  against ${line.peer}`
}

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
if (json) {
  const entries = results.map(({ line: { name, target, better }, ratio, ok }) => [
    name,
    { ratio: Number(ratio.toFixed(3)), target, better, ok }
  ])
  console.log(JSON.stringify(Object.fromEntries(entries)))
}
process.exit(0)
