import { checkPart } from '@recordkit/record-types/internal'
import type { RecordRouting } from '@recordkit/record-types'
import type { ConformanceReport, Suite, TestRunner } from '../suite.ts'
import { registerSuite, runSuite } from '../suite.ts'
import type { RoutingContext, RoutingFactory, RoutingRequirement } from './routing-case.ts'
import { routingCases } from './routing-cases.ts'

/**
 * Registers every case for a routing with a test runner.
 *
 * @returns a report that is complete when the tests have run
 * @example
 * ```ts
 * testRouting({ test, describe }, { name: 'mine', putToPeer: false, providers: false, open, record })
 * ```
 */
export function testRouting(runner: TestRunner, factory: RoutingFactory): ConformanceReport {
  return registerSuite(runner, routingSuite(factory))
}

/**
 * Runs every case for a routing without a test runner.
 *
 * @example
 * ```ts
 * const { results } = await runRouting({ name: 'mine', putToPeer: false, providers: false, open, record })
 * ```
 */
export function runRouting(factory: RoutingFactory): Promise<ConformanceReport> {
  return runSuite(routingSuite(factory))
}

function routingSuite(factory: RoutingFactory): Suite<RoutingContext, RoutingRequirement> {
  checkPart(factory, 'factory', ['open', 'record'], 'an object with `name`, `open` and `record`')
  return {
    name: factory.name,
    cases: routingCases,
    timeout: factory.timeout,
    missing: (requirement) => missing(factory, requirement),
    use: (run) => useContext(factory, run)
  }
}

function missing(factory: RoutingFactory, requirement: RoutingRequirement): string | undefined {
  if (requirement === 'alone') return factory.openAlone === undefined ? 'the factory has no `openAlone`' : undefined
  return factory[requirement] ? undefined : `the factory declares no \`${requirement}\``
}

async function useContext(factory: RoutingFactory, run: (context: RoutingContext) => Promise<void>): Promise<void> {
  const opened: RecordRouting[] = []
  const track = (routing: RecordRouting): RecordRouting => {
    opened.push(routing)
    return routing
  }
  const openAlone = async (): Promise<RecordRouting> => {
    if (factory.openAlone === undefined) throw new Error('the factory has no `openAlone`')
    return track(await factory.openAlone())
  }
  try {
    await run({ factory, open: async () => track(await factory.open()), openAlone })
  } finally {
    for (const routing of opened) await factory.close?.(routing)
  }
}
