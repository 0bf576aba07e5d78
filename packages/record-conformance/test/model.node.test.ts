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
  'stores the last record at equal order',
  'does not return the previous record',
  'drops the mark beside a record',
  'keeps the lowest mark of a key',
  'leaves no marks',
  'expires records an instant too early',
  'ignores the condition of a delete',
  'iterates in insertion order',
  'loses marks when it is reopened',
  'applies a batch in reverse',
  'ignores the condition of a put',
  'tests the condition before the same record',
  'tests the condition after the mark',
  'ignores the condition of a touch',
  'brings an expired record back by a touch',
  'forgets the publication of a touch',
  'drops a publication when its record is replaced',
  'leaves the publication when it deletes',
  'does not list publications'
]) {
  test(`a store that ${name} differs from the model`, async () => {
    const flaw = flaws[name]
    if (flaw === undefined) throw new Error(`there is no flaw with the name ${name}`)
    await expect(runStoreModel(flawedFactory(name, flaw), { runs: 500, seed: 1 })).rejects.toThrow('Property failed')
  })
}
