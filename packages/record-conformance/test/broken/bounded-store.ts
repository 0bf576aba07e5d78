import type { RecordStore } from '@recordkit/record-store'
import { withReplaced } from './with-replaced.ts'

/** The flaws of a bounded store. */
export type BoundFlaw = 'evicts nothing' | 'never sweeps' | 'evicts published records' | 'leaves no mark'

/** Bounds a store by evicting the record with the lowest key. Simple and slow, for these tests only. */
export function boundedStore(store: RecordStore, maxRecords: number, flaw?: BoundFlaw): RecordStore {
  const bounded: RecordStore = withReplaced(store, {
    async put(record, options) {
      const isNew = !(await store.has(record.key))
      const full = async (): Promise<boolean> => isNew && (await store.stats()).entries >= maxRecords
      if (flaw !== 'never sweeps' && (await full())) await store.sweep()
      if (flaw !== 'evicts nothing' && (await full())) {
        for await (const { key } of store.iterate()) {
          if (flaw !== 'evicts published records' && (await store.publication(key)) !== undefined) continue
          await store.delete(key)
          evicted.add(key.join())
          break
        }
        if (await full()) return { status: 'quota' }
      }
      return store.put(record, options)
    },
    async mark(key) {
      return flaw === 'leaves no mark' && evicted.has(key.join()) ? undefined : store.mark(key)
    }
  })
  const evicted = new Set<string>()
  return bounded
}
