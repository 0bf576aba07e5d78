// `npm run fuzz -- --inputs 10000000`: fuzzes every decoder, guided by coverage. `--only text` selects decoders by name, `--seed 7`
// gives other inputs, `--write` saves the corpus and the report.
import { writeFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readCorpus, writeCorpus } from './corpus.ts'
import { Coverage, instrumentPackages, reached } from './coverage.ts'
import { fuzz } from './fuzz.ts'
import { randomOf } from './mutate.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false }
  }
})
instrumentPackages()
const { targets } = await import('./targets/index.ts')
const chosen = targets.filter(({ name }) => name.includes(values.only))
const each = Math.ceil(Number(values.inputs) / chosen.length)
const coverage = new Coverage()
const rows: string[] = []
let total = 0
let failed = 0
for (const target of chosen) {
  coverage.newlyReached()
  const before = coverage.reached
  const started = performance.now()
  const { inputs, findings, corpus, slowest } = fuzz(
    target,
    readCorpus(target.name),
    each,
    randomOf(Number(values.seed)),
    {
      select(batch, run) {
        let open = coverage.newlyReached()
        const selected: Uint8Array[] = []
        for (const input of batch) {
          if (open.length === 0) break
          try {
            run(input)
          } catch {
            // reported already
          }
          const rest = open.filter((counter) => !reached(counter))
          if (rest.length < open.length) selected.push(input)
          open = rest
        }
        return selected
      }
    }
  )
  total += inputs
  failed += findings.length
  for (const { input, error } of findings)
    console.log(`${target.name}: ${Buffer.from(input).toString('hex')}\n  ${String(error)}`)
  if (values.write) writeCorpus(target.name, [...corpus, ...findings.map(({ input }) => input)])
  const seconds = (performance.now() - started) / 1000
  rows.push(
    `| ${target.name} | ${inputs} | ${findings.length} | ${coverage.reached - before} | ${corpus.length} | ${(slowest.nanoseconds / 1e3).toFixed(0)} µs for ${slowest.size} B | ${(inputs / seconds / 1000).toFixed(0)} k |`
  )
  console.log(rows.at(-1))
}
console.log(
  `\n${total} inputs, ${failed} findings; ${coverage.reached} of ${coverage.known} statements, functions and branches of the imported packages covered`
)
if (values.write) {
  const page = new URL('../../../docs/security/fuzzing.md', import.meta.url)
  const table = [
    '| decoder | inputs | findings | newly covered | corpus | slowest | inputs per second |',
    '| --- | ---: | ---: | ---: | ---: | --- | ---: |',
    ...rows,
    '',
    `${total} inputs in all, ${failed} findings.`
  ]
  const text = readFileSync(page, 'utf8')
  writeFileSync(
    page,
    text.replace(/<!-- fuzz -->[\s\S]*<!-- \/fuzz -->/, `<!-- fuzz -->\n${table.join('\n')}\n<!-- /fuzz -->`)
  )
}
process.exit(failed === 0 ? 0 : 1)
