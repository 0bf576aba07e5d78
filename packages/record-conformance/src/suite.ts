import { checkPart } from '@recordkit/record-types/internal'
import { show } from './assert.ts'

/** `must`: required of every implementation. `should`: recommended. */
export type CaseLevel = 'must' | 'should'

/** One rule and the test of it. `Context` is what the test receives, `Requirement` what an implementation must support. */
export interface ConformanceCase<Context, Requirement extends string = string> {
  /** does not change between releases */
  readonly id: string
  readonly title: string
  readonly requires: readonly Requirement[]
  readonly level: CaseLevel
  /** Rejects when the rule is violated. */
  run(context: Context): Promise<void>
}

/** The result of one case. */
export interface CaseResult {
  readonly id: string
  readonly title: string
  readonly level: CaseLevel
  readonly status: 'passed' | 'failed' | 'skipped'
  /** why it was skipped, or the message of its error */
  readonly reason?: string | undefined
  readonly error?: unknown
}

/** The results of all cases for one implementation. It is filled while they run. */
export interface ConformanceReport {
  readonly name: string
  readonly results: CaseResult[]
}

/** The functions of a test runner: vitest, node:test, mocha (`it`), bun:test, or `Deno.test`. */
export interface TestRunner {
  test(title: string, run: () => Promise<void>): unknown
  describe?(title: string, body: () => void): unknown
}

/** Cases and the implementation that they test. */
export interface Suite<Context, Requirement extends string> {
  readonly name: string
  readonly cases: readonly ConformanceCase<Context, Requirement>[]
  /** Returns why a requirement is not met, or `undefined` when it is. */
  missing(requirement: Requirement): string | undefined
  /** Calls `run` with a new context and cleans up afterwards. */
  use(run: (context: Context) => Promise<void>): Promise<void>
  /** ms after which a case fails. @default 300_000 */
  readonly timeout?: number | undefined
}

/** Registers every case as a test. The report is complete when the tests have run. */
export function registerSuite<Context, Requirement extends string>(
  runner: TestRunner,
  suite: Suite<Context, Requirement>
): ConformanceReport {
  checkPart(
    runner,
    'runner',
    ['test'],
    'an object with the `test` of a test runner, such as `{ test, describe }` of vitest,'
  )
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

/** Runs every case, one after another, without a test runner. Resolves also when cases fail. */
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
    await withTimeout(
      suite.use((context) => each.run(context)),
      suite.timeout ?? 300_000
    )
    return { id, title, level, status: 'passed' }
  } catch (error) {
    return { id, title, level, status: 'failed', reason: error instanceof Error ? error.message : show(error), error }
  }
}

/** Rejects when `running` has not settled after `timeout` ms. */
async function withTimeout(running: Promise<void>, timeout: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not ended after ${timeout / 1000} s`)), timeout)
  })
  try {
    await Promise.race([running, timedOut])
  } finally {
    clearTimeout(timer)
  }
}
