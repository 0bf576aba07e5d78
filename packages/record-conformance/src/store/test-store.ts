import { checkObject, checkPart } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import type { ConformanceReport, Suite, TestRunner } from '../suite.ts'
import { registerSuite, runSuite } from '../suite.ts'
import type { StoreCase, StoreContext, StoreFactory, StoreRequirement, StoreSetting, TestClock } from './store-case.ts'
import { startTime } from './store-case.ts'
import { storeCases } from './store-cases.ts'

/**
 * Registers every case for a store with a test runner.
 *
 * @returns a report that is complete when the tests have run; format it with `formatReports`
 * @example
 * ```ts
 * import { describe, test } from 'vitest'
 * testStore({ test, describe }, { name: 'MyStore', capabilities, open: (setting) => new MyStore(setting) })
 * ```
 */
export function testStore(runner: TestRunner, factory: StoreFactory): ConformanceReport {
  return registerSuite(runner, storeSuite(factory))
}

/**
 * Runs cases for a store without a test runner.
 *
 * @param cases - Default: all
 * @example
 * ```ts
 * const { results } = await runStore({ name: 'MyStore', capabilities, open: (setting) => new MyStore(setting) })
 * ```
 */
export function runStore(factory: StoreFactory, cases: readonly StoreCase[] = storeCases): Promise<ConformanceReport> {
  return runSuite({ ...storeSuite(factory), cases })
}

/** The methods of a factory that requirements depend on. */
const factoryMethods = {
  reopen: 'reopen',
  share: 'share',
  faults: 'openFaulty',
  corruption: 'corrupt'
} as const

function storeSuite(factory: StoreFactory): Suite<StoreContext, StoreRequirement> {
  checkPart(factory, 'factory', ['open'], 'an object with `name`, `capabilities` and `open`')
  checkObject(factory.capabilities, 'capabilities')
  return {
    name: factory.name,
    cases: storeCases,
    timeout: factory.timeout,
    missing: (requirement) => missing(factory, requirement),
    use: (run) => useContext(factory, run)
  }
}

function missing(factory: StoreFactory, requirement: StoreRequirement): string | undefined {
  switch (requirement) {
    case 'reopen':
    case 'share':
    case 'faults':
    case 'corruption': {
      const method = factoryMethods[requirement]
      return factory[method] === undefined ? `the factory has no \`${method}\`` : undefined
    }
    case 'sharedChanges':
    case 'sharedLeases':
      return factory[requirement] === true ? undefined : `the factory does not declare \`${requirement}\``
    default:
      return factory.capabilities[requirement] ? undefined : `the store does not declare \`${requirement}\``
  }
}

async function useContext(factory: StoreFactory, run: (context: StoreContext) => Promise<void>): Promise<void> {
  const clock: TestClock = { now: startTime }
  const setting: StoreSetting = { clock: () => clock.now }
  const opened: RecordStore[] = []
  const track = (store: RecordStore): RecordStore => {
    opened.push(store)
    return store
  }
  const context: StoreContext = {
    clock,
    factory,
    open: async (limits) => track(await factory.open({ ...setting, limits })),
    openBounded: async (bounds) => track(await factory.open({ ...setting, ...bounds })),
    openFaulty: async () => {
      const faulty = await required(factory.openFaulty?.(setting))
      track(faulty.store)
      return faulty
    },
    share: async (store) => track(await required(factory.share?.(store, setting))),
    reopen: async (store, bounds) => {
      await store.close()
      return track(await required(factory.reopen?.(store, { ...setting, ...bounds })))
    }
  }
  try {
    await run(context)
  } finally {
    await Promise.allSettled(opened.map((store) => store.close()))
    await factory.cleanUp?.()
  }
}

function required<Result>(result: Result | undefined): Result {
  if (result === undefined) throw new Error('the factory lacks a method that is missing from `requires` of the case')
  return result
}
