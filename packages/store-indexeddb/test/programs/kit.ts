import { runBackend, runStore } from '@recordkit/record-conformance'
import { backendFactory, storeFactory } from '../databases.ts'

/** Runs the conformance kit on the store and on its backend. */
export async function run(): Promise<unknown> {
  const reports = [
    await runStore(storeFactory()),
    await runStore({ ...storeFactory({ durable: true }), name: 'IndexedDbRecordStore, durable' }),
    await runBackend(backendFactory())
  ]
  return reports.map(({ name, results }) => ({
    name,
    results: results.map(({ id, status, reason }) => ({ id, status, reason }))
  }))
}
