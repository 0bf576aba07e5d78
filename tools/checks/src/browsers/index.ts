// `npm run browsers`: runs the conformance kit on IndexedDB, and a race of three tabs, in Chromium, Firefox and WebKitGTK, and prints
// counts. `-- --engine firefox`: in one browser; `-- --puts 1500`: a shorter race; `-- --short`: also without durable writes.
import { fileURLToPath } from 'node:url'
import type { Engine, TestBrowser } from '@recordkit/testing/browsers'
import { engines, inEachBrowser, openBrowser } from '@recordkit/testing/browsers'
import { raceTabs } from './race.ts'

interface Report {
  readonly name: string
  readonly results: readonly { readonly id: string; readonly status: string; readonly reason?: string }[]
}

const valueOf = (option: string): string | undefined => {
  const index = process.argv.indexOf(option)
  return index < 0 ? undefined : process.argv[index + 1]
}
const short = process.argv.includes('--short')
const puts = Number(valueOf('--puts') ?? (short ? 1500 : 10_000))
const only = valueOf('--engine')
if (!(puts > 0) || (only !== undefined && !engines.includes(only as Engine))) {
  console.error(`usage: npm run browsers -- [--engine ${engines.join('|')}] [--puts number] [--short]`)
  process.exit(2)
}

const program = (name: string): string =>
  fileURLToPath(new URL(`../../../../packages/store-indexeddb/test/programs/${name}.ts`, import.meta.url))
const count = { passed: 0, failed: 0, skipped: 0 }

async function runKit(browser: TestBrowser): Promise<void> {
  const reports = await browser.run({ entry: program('kit'), argument: { durable: !short }, timeout: 900_000 })
  for (const { name, results } of reports as Report[]) {
    const failed = results.filter(({ status }) => status === 'failed')
    const skipped = results.filter(({ status }) => status === 'skipped').length
    const passed = results.length - failed.length - skipped
    count.passed += passed
    count.failed += failed.length
    count.skipped += skipped
    console.log(`  ${name}: ${passed} passed, ${failed.length} failed, ${skipped} skipped`)
    for (const { id, reason } of failed) console.log(`    ${id}: ${reason}`)
  }
}

async function runRace(browser: TestBrowser): Promise<void> {
  const { acknowledged, ofClosed, problems } = await raceTabs(browser, program('race'), puts)
  if (problems.length === 0) count.passed++
  else count.failed++
  const accepted = `${acknowledged} accepted, ${ofClosed} of them by the tab that was closed`
  console.log(`  three tabs, ${puts} puts (${accepted}): ${problems.length} problems`)
  for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`)
}

await inEachBrowser(only, count, async (engine) => {
  await using browser = await openBrowser(engine)
  console.log(browser.version)
  await runKit(browser)
  await runRace(browser)
})
