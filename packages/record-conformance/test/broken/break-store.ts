import type { RecordStore, StoreCapabilities, StoreOptions } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoreFactory, StoreSetting } from '../../src/index.ts'
import { damaged, MapBackend } from '../map-backend.ts'
import type { MapData } from '../map-backend.ts'
import { withReplaced } from './with-replaced.ts'

/** What a flaw may use besides the correct store. */
export interface FlawContext {
  readonly backend: MapBackend
  readonly setting: StoreSetting
}

/** How a correct store is broken: which methods of the store or of its backend are replaced. */
export interface Flaw {
  readonly store?: (correct: RecordStore, context: FlawContext) => Partial<RecordStore>
  readonly backend?: (data?: MapData) => MapBackend
  /** changes the options of the store */
  readonly options?: (setting: StoreSetting) => StoreOptions
  readonly capabilities?: StoreCapabilities
}

/** A factory of stores with one flaw, with every optional method. */
export function flawedFactory(name: string, flaw: Flaw): StoreFactory {
  const backends = new WeakMap<RecordStore, MapBackend>()
  const make = (setting: StoreSetting, backend: MapBackend): RecordStore => {
    const correct = createStore(backend, flaw.options?.(setting) ?? setting)
    const store = withReplaced(correct, flaw.store?.(correct, { backend, setting }) ?? {})
    backends.set(store, backend)
    return store
  }
  const newBackend = flaw.backend ?? ((data): MapBackend => new MapBackend(data))
  return {
    name,
    sharedChanges: true,
    sharedLeases: true,
    capabilities: flaw.capabilities ?? newBackend().capabilities,
    open: (setting) => make(setting, newBackend()),
    reopen: (store, setting) => make(setting, newBackend(backends.get(store)?.data)),
    share: (store, setting) => make(setting, newBackend(backends.get(store)?.data)),
    openFaulty: (setting) => {
      const backend = newBackend()
      return {
        store: make(setting, backend),
        fail: (fault, error) => {
          backend.failures[fault] = error
        }
      }
    },
    corrupt: (store, key) => {
      backends.get(store)?.data.set(mapKey(key), damaged(key))
    }
  }
}
