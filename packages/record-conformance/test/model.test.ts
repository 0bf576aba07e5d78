import { createStore } from '@recordkit/record-store'
import { expect, test } from 'vitest'
import { runStoreModel } from '../src/model/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { flaws } from './broken/flaws.ts'
import { MapBackend } from './map-backend.ts'

test('a correct store behaves like the model', async () => {
  await runStoreModel({
    name: 'createStore on a map',
    capabilities: new MapBackend().capabilities,
    open: (setting) => createStore(new MapBackend(), setting)
  })
})

for (const name of [
  'drops the digest',
  'stores the last record at equal rank',
  'does not return the previous record',
  'drops the mark beside a record',
  'keeps the lowest mark of a key',
  'leaves no marks',
  'expires records an instant too early',
  'ignores the condition of a delete',
  'iterates in insertion order',
  'loses marks when it is reopened',
  'applies a batch in reverse'
]) {
  // the records of the model have no digest: dropping it must make no difference, which shows that the comparison is exact
  const differs = name !== 'drops the digest'
  test(`a store that ${name} ${differs ? 'differs from' : 'behaves like'} the model`, async () => {
    const run = runStoreModel(flawedFactory(name, flaws[name] ?? {}), { runs: 500, seed: 1 })
    if (differs) await expect(run).rejects.toThrow('Property failed')
    else await run
  })
}
