// `npm run soak -- --minutes 60`: runs eight nodes on disk, each in its own process, through kills, partitions and attackers.
// Samples go to a file of JSON lines; at the end every key is checked. `--write` writes plot and figures to docs/security/.
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Fleet } from './fleet.ts'
import { Ledger } from './ledger.ts'
import { writeReport } from './report.ts'
import { Samples } from './samples.ts'
import { checkFleet } from './check-fleet.ts'
import { lifetimes, wait, FaultInjector } from './fault-injector.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    samples: { type: 'string', default: join(tmpdir(), 'recordkit-soak.jsonl') },
    write: { type: 'boolean', default: false }
  }
})
const minutes = Number(values.minutes)
const nodes = 8
const folder = await mkdtemp(join(tmpdir(), 'recordkit-soak-'))
const file = createWriteStream(values.samples)
const started = Date.now()
let failed = true
try {
  await using fleet = await Fleet.start({ nodes, folder, republish: lifetimes.republish })
  console.log(`${nodes} nodes run; samples in ${values.samples}`)
  const ledger = new Ledger(nodes, 4)
  const end = started + minutes * 60_000
  const faultInjector = new FaultInjector(fleet, ledger, () => Date.now() < end)
  const samples = new Samples(fleet, ledger, faultInjector, started, (line) => {
    file.write(`${line}\n`)
  })
  let over = false
  const sampling = samples.run(() => !over)
  await faultInjector.run()
  console.log('no more faults: all nodes run and are connected; waiting until everything is republished')
  await fleet.heal()
  await wait(2.5 * lifetimes.republish)
  over = true
  await sampling
  await samples.take()
  const check = await checkFleet(fleet, ledger, Date.now())
  const memory = samples.memory()
  const problems = [...check.problems, ...memory.problems]
  if (ledger.wrong > 0) problems.push(`${ledger.wrong} reads returned content that was never put`)
  const report = {
    minutes,
    nodes,
    ledger,
    faults: faultInjector.faults,
    checked: check.checked,
    memory,
    problems
  }
  console.log(await writeReport(report, samples.lines(), values.write))
  failed = problems.length > 0
} finally {
  file.end()
  await rm(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
