import type { Eclipse, RecordRouting } from '@recordkit/record-types'
import { DhtRecordStore, parallelRouting } from '@recordkit/store-dht'
import { expect, test } from 'vitest'
import { good, key, peer, ToyEngine } from './toy-engine.ts'

const eclipse = { key, nodes: 1000, density: 10 }
const routing: RecordRouting = {
  async *get(_key, { onEclipse } = {}) {
    onEclipse?.(eclipse)
    yield { from: peer(1), value: good(1) }
  },
  async *put(_key, _value, { onEclipse } = {}) {
    onEclipse?.(eclipse)
    yield { from: peer(1), status: 'stored' }
  }
}

test.for([
  ['one routing', routing],
  ['a combination of routings', parallelRouting([routing])]
] as const)('a read and a put over %s report an eclipsed key', async ([, used]) => {
  const store = new DhtRecordStore({ routing: used, engine: new ToyEngine() })
  const found: Eclipse[] = []
  const onEclipse = (eclipsed: Eclipse): void => void found.push(eclipsed)
  await store.put(key, good(1), { onEclipse })
  await store.get(key, { onEclipse })
  expect(found).toEqual([eclipse, eclipse])
})
