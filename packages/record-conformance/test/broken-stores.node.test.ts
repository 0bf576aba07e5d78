import { describe, expect, test } from 'vitest'
import { runStore, storeCases } from '../src/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { brokenStores } from './broken/broken-stores.ts'

describe('the conformance kit', () => {
  test('passes the correct store that the broken stores are based on', async () => {
    const report = await runStore(flawedFactory('correct', {}))
    expect(report.results.filter(({ status }) => status !== 'passed')).toEqual([])
  })

  for (const { name, fails, factory: broken } of brokenStores) {
    test(`fails exactly the expected cases for a store that ${name}`, async () => {
      const report = await runStore({ ...broken, timeout: 3_000 })
      const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
      expect(failed.sort()).toEqual([...fails].sort())
    })
  }

  test('contains no case that every broken store passes', () => {
    const failing = new Set(brokenStores.flatMap(({ fails }) => fails))
    expect(storeCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
  })
})
