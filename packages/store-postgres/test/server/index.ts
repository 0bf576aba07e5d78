// `npm run postgres`: starts a PostgreSQL server of its own and runs the kit and everything that needs several processes, kills
// and restarts. Skips with one line where the server is not installed. `-- --only TEXT` runs the scenarios whose name contains TEXT.
import pg from 'pg'
import type { ConformanceReport } from '@recordkit/record-conformance'
import { runBackend, runStore } from '@recordkit/record-conformance'
import { postgresFactories } from '../postgres-factories.ts'
import type { TestPool } from '../postgres-factories.ts'
import { Cluster, findServer } from '@recordkit/testing/postgres-cluster'
import { faultScenarios } from './fault-scenarios.ts'
import { loadScenarios } from './load-scenarios.ts'
import { operationScenarios } from './operation-scenarios.ts'
import { TransactionPooler } from './transaction-pooler.ts'

const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : ''
const programs = findServer()
if (programs === undefined) {
  console.log('skip PostgreSQL: its server is not installed\n\n0 passed, 0 failed, 1 skipped')
  process.exit(0)
}

const count = { passed: 0, failed: 0, skipped: 0 }
const cluster = await Cluster.start(programs)
const admin = new pg.Pool({ ...cluster.config, max: 8 })
admin.on('error', () => undefined)

function report(name: string, started: number, result: string, isFailed = false): void {
  count[isFailed ? 'failed' : 'passed']++
  console.log(
    `${isFailed ? 'FAIL' : 'ok  '} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s): ${result}`
  )
}

async function kit(name: string, pool: TestPool, listen: boolean): Promise<void> {
  if (!name.includes(only)) return
  const started = performance.now()
  const { store, backend } = postgresFactories(name, async () => pool, { listen, pollInterval: 20 }, true)
  const reports: ConformanceReport[] = [await runStore(store), await runBackend(backend)]
  const results = reports.flatMap((each) => each.results)
  const failed = results.filter(({ status }) => status === 'failed')
  count.passed += results.filter(({ status }) => status === 'passed').length - 1
  count.skipped += results.filter(({ status }) => status === 'skipped').length
  const reasons = failed.map(({ id, reason }) => `\n  ${id}: ${reason}`).join('')
  report(
    name,
    started,
    `${results.length - failed.length} of ${results.length} cases passed or skipped${reasons}`,
    failed.length > 0
  )
}

try {
  const version = await admin.query('SHOW server_version')
  console.log(`PostgreSQL ${(version.rows[0] as { server_version: string }).server_version}`)
  await kit('kit with pg', admin, true)
  const pooler = new TransactionPooler(new pg.Pool({ ...cluster.config, max: 5 }))
  await kit('kit behind a pooler in transaction mode', pooler, false)
  for (const { name, run } of [...faultScenarios, ...loadScenarios, ...operationScenarios]) {
    if (!name.includes(only)) continue
    const started = performance.now()
    try {
      report(name, started, await run({ cluster, admin }))
    } catch (error) {
      report(name, started, error instanceof Error ? (error.stack ?? error.message) : String(error), true)
    }
  }
} finally {
  await admin.end().catch(() => undefined)
  cluster.remove()
}
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed === 0 ? 0 : 1)
