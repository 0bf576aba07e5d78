// `npm run inspector`: uses the inspector page as a person does, in Chromium, Firefox and WebKitGTK, and prints counts. `-- --engine
// firefox`: in one browser; `-- --screenshots FOLDER`: only takes pictures; `-- --serve`: builds the page and serves it on loopback.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engines, inEachBrowser } from '@recordkit/testing/browsers'
import type { Engine } from '@recordkit/testing/browsers'
import { openScenarios } from './run-scenarios.ts'
import type { ScenarioSuite } from './run-scenarios.ts'
import { takeScreenshots } from './screenshots.ts'

const valueOf = (option: string): string | undefined => {
  const index = process.argv.indexOf(option)
  return index < 0 ? undefined : (process.argv[index + 1] ?? '')
}
const only = valueOf('--engine')
const folder = valueOf('--screenshots')
if (folder === '' || (only !== undefined && !engines.includes(only as Engine))) {
  console.error(`usage: npm run inspector -- [--engine ${engines.join('|')}] [--screenshots folder] [--serve]`)
  process.exit(2)
}

const count = { passed: 0, failed: 0, skipped: 0 }

async function runAll(suite: ScenarioSuite): Promise<void> {
  for (const { title, run } of suite.scenarios) {
    try {
      await run()
      count.passed++
    } catch (error) {
      count.failed++
      console.log(`  FAIL ${title}\n${error instanceof Error ? error.stack : String(error)}`)
    }
  }
}

async function useIn(engine: Engine): Promise<void> {
  await using suite = await openScenarios(engine)
  console.log(suite.version)
  if (folder === undefined) {
    await runAll(suite)
    return
  }
  mkdirSync(folder, { recursive: true })
  await takeScreenshots(suite, (name, image) => writeFileSync(join(folder, `${engine}-${name}.png`), image))
}

if (process.argv.includes('--serve')) await import('../../build/serve.ts')
else await inEachBrowser(only, count, useIn)
