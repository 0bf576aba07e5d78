import type { RecordStore, StoreCapabilities } from '@recordkit/record-store'
import { createStore } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import type { StoreFactory, StoreSetting } from '../../src/index.ts'
import { MapBackend } from '../map-backend.ts'
import { boundedStore } from './bounded-store.ts'
import { withReplaced } from './with-replaced.ts'

/** What a flaw may use beside the sound store under it. */
export interface Workings {
  readonly backend: MapBackend
  readonly setting: StoreSetting
}

/** How a sound store is broken: what is replaced, in the store or in the backend under it. */
export interface Flaw {
  readonly store?: (sound: RecordStore, workings: Workings) => Partial<RecordStore>
  readonly backend?: (kept?: MapBackend['kept'], maxMarks?: number) => MapBackend
  readonly bounded?: Parameters<typeof boundedStore>[2]
  readonly capabilities?: StoreCapabilities
}

/** A factory of stores with one flaw, and with all that the kit can ask for. */
export function flawedFactory(name: string, flaw: Flaw): StoreFactory {
  const backends = new WeakMap<RecordStore, MapBackend>()
  const make = (setting: StoreSetting, backend: MapBackend): RecordStore => {
    const sound = createStore(backend, setting)
    const store = withReplaced(sound, flaw.store?.(sound, { backend, setting }) ?? {})
    backends.set(store, backend)
    return store
  }
  const newBackend = flaw.backend ?? ((kept, maxMarks): MapBackend => new MapBackend(kept, maxMarks))
  return {
    name,
    capabilities: flaw.capabilities ?? newBackend().capabilities,
    open: (setting) => make(setting, newBackend()),
    reopen: (store, setting) => make(setting, newBackend(backends.get(store)?.kept)),
    share: (store, setting) => make(setting, newBackend(backends.get(store)?.kept)),
    openBounded: (setting, { maxRecords }) => boundedStore(make(setting, newBackend()), maxRecords, flaw.bounded),
    openMarksBounded: (setting, { maxMarks }) => make(setting, newBackend(new Map(), maxMarks)),
    openFaulty: (setting) => {
      const backend = newBackend()
      return {
        store: make(setting, backend),
        fail: (operation, error) => {
          backend.failures[operation] = error
        }
      }
    },
    corrupt: (store, key) => {
      backends.get(store)?.kept.set(mapKey(key), { corrupt: new Error('damaged on purpose') })
    }
  }
}
