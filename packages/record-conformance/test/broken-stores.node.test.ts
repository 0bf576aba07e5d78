import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runStore, storeCases } from '../src/index.ts'
import type { ConformanceReport, StoreFactory } from '../src/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { brokenStores } from './broken/broken-stores.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Cases with thousands of entries: they take most of the time, and run only for the stores that must fail them. */
const largeCases = new Set(['batch/large', 'expiry/sweep-many', 'iterate/many', 'read/thousands'])

/** Runs cases; a second passes with each turn of the event loop, so a case that never ends fails immediately. */
async function runCases(factory: StoreFactory, cases = storeCases): Promise<ConformanceReport> {
  let ended = false
  const running = runStore({ ...factory, timeout: 1_000_000 }, cases).finally(() => {
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

  for (const { name, fails, factory: broken } of brokenStores) {
    test(`fails exactly the expected cases for a store that ${name}`, async () => {
      const report = await runCases(
        broken,
        storeCases.filter(({ id }) => !largeCases.has(id) || fails.includes(id))
      )
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
