import type { RecordStore } from '@recordkit/record-store'

const methods = [
  'get',
  'has',
  'getMany',
  'put',
  'touch',
  'delete',
  'batch',
  'iterate',
  'mark',
  'marks',
  'publication',
  'publications',
  'sweep',
  'stats',
  'changes',
  'lease',
  'close'
] as const

/** A copy of a store with some methods replaced. */
export function withReplaced(correct: RecordStore, replaced: Partial<RecordStore>): RecordStore {
  const store: Record<PropertyKey, unknown> = { capabilities: replaced.capabilities ?? correct.capabilities }
  for (const method of methods) {
    const call = (replaced[method] ?? correct[method]) as (...args: unknown[]) => unknown
    store[method] = (...args: unknown[]): unknown => call.apply(replaced[method] === undefined ? correct : store, args)
  }
  store[Symbol.asyncDispose] = replaced[Symbol.asyncDispose] ?? ((): unknown => (store['close'] as () => unknown)())
  return store as unknown as RecordStore
}
