import { DatastoreBackend } from '@recordkit/example-store-datastore'
import type { BackendFactory } from '@recordkit/record-conformance'
import type { StoreBackend } from '@recordkit/record-store'
import { MemoryDatastore } from 'datastore-core'

export function datastoreBackend(): BackendFactory {
  const datastores = new WeakMap<StoreBackend, MemoryDatastore>()
  const make = (datastore = new MemoryDatastore()): StoreBackend => {
    const backend = new DatastoreBackend(datastore)
    datastores.set(backend, datastore)
    return backend
  }
  const { capabilities } = make()
  return {
    name: 'datastore',
    capabilities,
    create: () => make(),
    reopen: (backend) => make(datastores.get(backend))
  }
}
