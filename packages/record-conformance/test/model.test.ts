import { createStore } from '@recordkit/record-store'
import { expect, test } from 'vitest'
import { runStoreModel } from '../src/model/index.ts'
import { flawedFactory } from './broken/break-store.ts'
import { flaws } from './broken/flaws.ts'
import { MapBackend } from './map-backend.ts'

test('a sound store does what the model does', async () => {
  await runStoreModel({
    name: 'guardStore on a map',
    capabilities: new MapBackend().capabilities,
    open: (setting) => createStore(new MapBackend(), setting)
  })
})

for (const name of [
  'drops the digest',
  'lets the last put win at equal rank',
  'forgets what it replaced',
  'forgets a mark that stands beside a record',
  'keeps the lowest mark ever',
  'leaves no marks',
  'ends a record an instant early',
  'deletes whatever the condition',
  'iterates in the order of arrival',
  'loses marks when it is reopened',
  'applies a batch backwards'
]) {
  // the model's records have no digest: the flaw that only concerns it must go unseen, so that the rest means something
  const seen = name !== 'drops the digest'
  test(`a store that ${name} ${seen ? 'differs from' : 'cannot be told from'} the model`, async () => {
    const run = runStoreModel(flawedFactory(name, flaws[name] ?? {}), { runs: 500, seed: 1 })
    if (seen) await expect(run).rejects.toThrow('Property failed')
    else await run
  })
}
