import { show } from './assert.ts'

/** How much a case binds: what every implementation must do, or what a good one does. */
export type CaseLevel = 'must' | 'should'

/** One rule and how to try it. `Context` is what it is tried on, `Requirement` what that has to be able to do. */
export interface ConformanceCase<Context, Requirement extends string = string> {
  /** stable: it stays the same from release to release */
  readonly id: string
  readonly title: string
  readonly requires: readonly Requirement[]
  readonly level: CaseLevel
  run(context: Context): Promise<void>
}

/** What became of one case. */
export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly level: CaseLevel
  readonly status: 'passed' | 'failed' | 'skipped'
  /** why it was skipped, or what it failed with */
  readonly reason?: string | undefined
  readonly error?: unknown
}

/** What became of all cases on one implementation; filled while they run. */
export interface ConformanceReport {
  readonly name: string
  readonly results: CaseResult[]
}

/** What the kit needs of a test runner: vitest, node:test, mocha (`it`), bun:test, or `Deno.test`. */
export interface TestRunner {
  test(title: string, run: () => Promise<void>): unknown
  describe?(title: string, body: () => void): unknown
}

/** A family of cases, bound to what they are tried on. */
export interface Suite<Context, Requirement extends string> {
  readonly name: string
  readonly cases: readonly ConformanceCase<Context, Requirement>[]
  /** why `requirement` is not met; `undefined` when it is */
  missing(requirement: Requirement): string | undefined
  /** runs `run` on a context of its own and cleans up behind it */
  use(run: (context: Context) => Promise<void>): Promise<void>
  /** ms after which a case that does not end has failed; 20,000 when absent */
  readonly timeout?: number | undefined
}

/** Registers every case as a test. The report is complete when the tests have run. */
export function registerSuite<Context, Requirement extends string>(
  runner: TestRunner,
  suite: Suite<Context, Requirement>
): ConformanceReport {
  const report: ConformanceReport = { name: suite.name, results: [] }
  const register = (): void => {
    for (const each of suite.cases) {
      const skipped = skippedResult(suite, each)
      if (skipped !== undefined) {
        report.results.push(skipped)
        continue
      }
      runner.test(`${each.title} (${each.id})`, async () => {
        const result = await runCase(suite, each)
        report.results.push(result)
        if (result.status === 'failed') throw result.error
      })
    }
  }
  if (runner.describe === undefined) register()
  else runner.describe(suite.name, register)
  return report
}

/** Runs every case, one after another, without a test runner. Never throws for a case that fails. */
export async function runSuite<Context, Requirement extends string>(
  suite: Suite<Context, Requirement>
): Promise<ConformanceReport> {
  const report: ConformanceReport = { name: suite.name, results: [] }
  for (const each of suite.cases) report.results.push(skippedResult(suite, each) ?? (await runCase(suite, each)))
  return report
}

function skippedResult<Context, Requirement extends string>(
  suite: Suite<Context, Requirement>,
  { id, title, level, requires }: ConformanceCase<Context, Requirement>
): CaseResult | undefined {
  for (const requirement of requires) {
    const reason = suite.missing(requirement)
    if (reason !== undefined) return { id, title, level, status: 'skipped', reason }
  }
  return undefined
}

async function runCase<Context, Requirement extends string>(
  suite: Suite<Context, Requirement>,
  each: ConformanceCase<Context, Requirement>
): Promise<CaseResult> {
  const { id, title, level } = each
  try {
    await inTime(
      suite.use((context) => each.run(context)),
      suite.timeout ?? 20_000
    )
    return { id, title, level, status: 'passed' }
  } catch (error) {
    return { id, title, level, status: 'failed', reason: error instanceof Error ? error.message : show(error), error }
  }
}

/** A case that waits for ever is a case that fails. */
async function inTime(running: Promise<void>, timeout: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not ended after ${timeout} ms`)), timeout)
  })
  try {
    await Promise.race([running, late])
  } finally {
    clearTimeout(timer)
  }
}
