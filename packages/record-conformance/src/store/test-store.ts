import type { RecordStore } from '@recordkit/record-store'
import type { ConformanceReport, Suite, TestRunner } from '../suite.ts'
import { registerSuite, runSuite } from '../suite.ts'
import type { StoreContext, StoreFactory, StoreRequirement, StoreSetting, TestClock } from './store-case.ts'
import { startTime } from './store-case.ts'
import { storeCases } from './store-cases.ts'

/**
 * Registers every case for a store with a test runner: `testStore({ test, describe }, factory)`.
 *
 * @returns a report that is complete when the tests have run; print it with `formatReports`
 */
export function testStore(runner: TestRunner, factory: StoreFactory): ConformanceReport {
  return registerSuite(runner, storeSuite(factory))
}

/** Runs every case for a store without a test runner. */
export function runStore(factory: StoreFactory): Promise<ConformanceReport> {
  return runSuite(storeSuite(factory))
}

const facilities = {
  reopen: 'reopen',
  share: 'share',
  faults: 'openFaulty',
  quotas: 'openBounded',
  markQuotas: 'openMarksBounded',
  corruption: 'corrupt'
} as const

function storeSuite(factory: StoreFactory): Suite<StoreContext, StoreRequirement> {
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
    case 'quotas':
    case 'markQuotas':
    case 'corruption': {
      const facility = facilities[requirement]
      return factory[facility] === undefined ? `the factory has no \`${facility}\`` : undefined
    }
    default:
      return factory.capabilities[requirement] ? undefined : `the store does not declare \`${requirement}\``
  }
}

async function useContext(factory: StoreFactory, run: (context: StoreContext) => Promise<void>): Promise<void> {
  const clock: TestClock = { now: startTime }
  const setting: StoreSetting = { clock: () => clock.now }
  const opened: RecordStore[] = []
  const keep = (store: RecordStore): RecordStore => {
    opened.push(store)
    return store
  }
  const context: StoreContext = {
    clock,
    factory,
    open: async (limits) => keep(await factory.open(limits === undefined ? setting : { ...setting, limits })),
    openBounded: async (bounds) => keep(await facility(factory.openBounded?.(setting, bounds))),
    openMarksBounded: async (bounds) => keep(await facility(factory.openMarksBounded?.(setting, bounds))),
    openFaulty: async () => {
      const faulty = await facility(factory.openFaulty?.(setting))
      keep(faulty.store)
      return faulty
    },
    share: async (store) => keep(await facility(factory.share?.(store, setting))),
    reopen: async (store) => {
      await store.close()
      return keep(await facility(factory.reopen?.(store, setting)))
    }
  }
  try {
    await run(context)
  } finally {
    await Promise.allSettled(opened.map((store) => store.close()))
    await factory.cleanUp?.()
  }
}

function facility<Made>(made: Made | undefined): Made {
  if (made === undefined) throw new Error('the case needs something that its `requires` does not name')
  return made
}
