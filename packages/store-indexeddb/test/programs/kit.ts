import { runBackend, runStore } from '@recordkit/record-conformance'
import { backendFactory, storeFactory } from '../databases.ts'

/**
 * Runs the conformance kit on the store and on its backend.
 *
 * @param durable - whether to run it with durable writes too
 */
export async function run({ durable }: { readonly durable: boolean }): Promise<unknown> {
  const reports = [await runStore(storeFactory()), await runBackend(backendFactory())]
  if (durable)
    reports.push(await runStore({ ...storeFactory({ durable: true }), name: 'IndexedDbRecordStore, durable' }))
  return reports.map(({ name, results }) => ({
    name,
    results: results.map(({ id, status, reason }) => ({ id, status, reason }))
  }))
}
