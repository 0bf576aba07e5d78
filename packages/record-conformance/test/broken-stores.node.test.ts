import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runStore, storeCases } from '../src/index.ts'
import type { ConformanceReport, StoreCase, StoreFactory } from '../src/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { brokenStores } from './broken/broken-stores.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Cases with thousands of entries: they take most of the time. */
const largeCases = new Set(['batch/large', 'expiry/sweep-many', 'iterate/many', 'read/thousands'])

/** Of this many cases that a broken store must pass, one is run. `ALL_CASES=1` runs all of them, in a few minutes. */
const sample = 48
const runsAll = process.env['ALL_CASES'] === '1'

/** The cases that a broken store must fail, and some of those that it must pass: all, over all broken stores. */
function casesFor(index: number, fails: readonly string[]): StoreCase[] {
  return storeCases.filter(
    ({ id }, number) => fails.includes(id) || runsAll || (!largeCases.has(id) && (number + index) % sample === 0)
  )
}

/** Runs cases; a second passes with each turn of the event loop, so a case that never ends fails immediately. */
async function runCases(factory: StoreFactory, cases = storeCases, manyEntries?: number): Promise<ConformanceReport> {
  let ended = false
  const running = runStore({ ...factory, timeout: 1_000_000, manyEntries }, cases).finally(() => {
    ended = true
  })
  while (!ended) {
    await new Promise(setImmediate)
    vi.advanceTimersByTime(1000)
  }
  return running
}

describe('the conformance kit', () => {
  test('passes the correct store that the broken stores are based on', async () => {
    const report = await runCases(flawedFactory('correct', {}))
    expect(report.results.filter(({ status }) => status !== 'passed')).toEqual([])
  })

  for (const [index, { name, fails, factory: broken }] of brokenStores.entries()) {
    test(`fails exactly the expected cases for a store that ${name}`, async () => {
      // only a store that must fail the case of many entries needs all of them
      const manyEntries = fails.includes('iterate/many') ? undefined : 1009
      const report = await runCases(broken, casesFor(index, fails), manyEntries)
      const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
      expect(failed.sort()).toEqual([...fails].sort())
      expect(failed).not.toEqual([])
    })
  }

  test('contains no case that every broken store passes', () => {
    const failing = new Set(brokenStores.flatMap(({ fails }) => fails))
    expect(storeCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
  })
})
