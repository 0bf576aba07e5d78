// `npm run year -- --seeds 4 --days 365`: devices that publish the same keys through a year of absences, sleeps, clock jumps, failures
// and restarts, on a virtual clock. Prints what happened, and every broken rule of publications.
import { parseArgs } from 'node:util'
import { runYear } from './run-year.ts'
import { diskStorages, levelStorage, memoryStorage } from './storages.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '4' },
    /** the first seed */
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '365' }
  }
})
const first = Number(values.seed)
const days = Number(values.days)
let violations = 0
const disk = await diskStorages()
try {
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    const stores = ['memory', 'memory-level', ...(seed === first ? ['classic-level'] : [])]
    for (const store of stores) {
      for (const devices of store === 'classic-level' ? ([2] as const) : ([1, 2] as const)) {
        const started = performance.now()
        const storage = store === 'memory' ? memoryStorage : store === 'memory-level' ? levelStorage : disk.storage
        const world = await runYear({ seed, days, devices, storage })
        const seconds = ((performance.now() - started) / 1000).toFixed(0)
        console.log(`seed ${seed}, ${store}, ${devices} device${devices === 1 ? '' : 's'}, ${days} days, ${seconds} s`)
        for (const [what, count] of Object.entries(world.counts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
          console.log(`  ${String(count).padStart(8)} ${what}`)
        console.log(`  ${String(world.violations.length).padStart(8)} broken rules`)
        for (const { rule, message } of world.violations.slice(0, 10)) console.log(`           ${rule}: ${message}`)
        violations += world.violations.length
      }
    }
  }
} finally {
  await disk.remove()
}
process.exitCode = violations === 0 ? 0 : 1
