import { checkObject, checkPart } from '@recordkit/record-types/internal'
import type { StoreBackend } from '@recordkit/record-store'
import type { ConformanceReport, Suite, TestRunner } from '../suite.ts'
import { registerSuite, runSuite } from '../suite.ts'
import type { BackendCase, BackendContext, BackendFactory, BackendRequirement } from './backend-case.ts'
import { backendCases } from './backend-cases.ts'

/**
 * Registers every case for a `StoreBackend` with a test runner. Run it beside `testStore`: it finds mistakes of the backend
 * that `createStore` meets only when several processes write, or when there are many entries.
 *
 * @returns a report that is complete when the tests have run; format it with `formatReports`
 * @example
 * ```ts
 * import { describe, test } from 'vitest'
 * testBackend({ test, describe }, { name: 'MyBackend', capabilities, create: () => new MyBackend() })
 * ```
 */
export function testBackend(runner: TestRunner, factory: BackendFactory): ConformanceReport {
  return registerSuite(runner, backendSuite(factory))
}

/**
 * Runs cases for a `StoreBackend` without a test runner.
 *
 * @param cases - Default: all
 * @example
 * ```ts
 * const { results } = await runBackend({ name: 'MyBackend', capabilities, create: () => new MyBackend() })
 * ```
 */
export function runBackend(
  factory: BackendFactory,
  cases: readonly BackendCase[] = backendCases
): Promise<ConformanceReport> {
  return runSuite({ ...backendSuite(factory), cases })
}

/** The methods of a factory that requirements depend on. */
const factoryMethods = {
  share: 'share',
  reopen: 'reopen',
  corruption: 'corrupt',
  newer: 'writeNewer',
  quarantine: 'quarantined'
} as const

function backendSuite(factory: BackendFactory): Suite<BackendContext, BackendRequirement> {
  checkPart(factory, 'factory', ['create'], 'an object with `name`, `capabilities` and `create`')
  checkObject(factory.capabilities, 'capabilities')
  return {
    name: factory.name,
    cases: backendCases,
    timeout: factory.timeout,
    missing: (requirement) => missing(factory, requirement),
    use: (run) => useContext(factory, run)
  }
}

function missing(factory: BackendFactory, requirement: BackendRequirement): string | undefined {
  switch (requirement) {
    case 'share':
    case 'reopen':
    case 'corruption':
    case 'newer':
    case 'quarantine': {
      const method = factoryMethods[requirement]
      return factory[method] === undefined ? `the factory has no \`${method}\`` : undefined
    }
    case 'expectations':
    case 'accounts':
      return factory[requirement] === true ? undefined : `the factory does not declare \`${requirement}\``
    default:
      return factory.capabilities[requirement] ? undefined : `the backend does not declare \`${requirement}\``
  }
}

async function useContext(factory: BackendFactory, run: (context: BackendContext) => Promise<void>): Promise<void> {
  const opened = new Set<StoreBackend>()
  const track = (backend: StoreBackend | undefined): StoreBackend => {
    if (backend === undefined) throw new Error('the factory lacks a method that is missing from `requires` of the case')
    opened.add(backend)
    return backend
  }
  try {
    await run({
      factory,
      open: async () => track(await factory.create()),
      share: async (backend) => track(await factory.share?.(backend)),
      reopen: async (backend) => {
        opened.delete(backend)
        await backend.close()
        return track(await factory.reopen?.(backend))
      }
    })
  } finally {
    await Promise.allSettled([...opened].map(async (backend) => backend.close()))
    await factory.cleanUp?.()
  }
}
