import { describe, expect, test } from 'vitest'
import { runStore, storeCases } from '../src/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { brokenStores } from './broken/broken-stores.ts'

describe('the kit', () => {
  test('finds nothing wrong with the store that the broken ones are made of', async () => {
    const report = await runStore(flawedFactory('sound', {}))
    expect(report.results.filter(({ status }) => status !== 'passed')).toEqual([])
  })

  for (const { name, fails, factory: broken } of brokenStores) {
    test(`finds a store that ${name}`, async () => {
      const report = await runStore({ ...broken, timeout: 3_000 })
      const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
      expect(failed.sort()).toEqual([...fails].sort())
    })
  }

  test('fails each case for at least one broken store', () => {
    const proven = new Set(brokenStores.flatMap(({ fails }) => fails))
    expect(storeCases.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([])
  })
})
