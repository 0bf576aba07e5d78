import type { RecordStore } from '@recordkit/record-store'

const methods = [
  'get',
  'has',
  'getMany',
  'put',
  'delete',
  'batch',
  'iterate',
  'mark',
  'marks',
  'sweep',
  'stats',
  'close'
] as const

/** A store that does as `sound` does but for `replaced`. */
export function withReplaced(sound: RecordStore, replaced: Partial<RecordStore>): RecordStore {
  const store: Record<PropertyKey, unknown> = { capabilities: replaced.capabilities ?? sound.capabilities }
  for (const method of methods) {
    const call = (replaced[method] ?? sound[method]) as (...given: unknown[]) => unknown
    store[method] = (...given: unknown[]): unknown => call.apply(replaced[method] === undefined ? sound : store, given)
  }
  store[Symbol.asyncDispose] = replaced[Symbol.asyncDispose] ?? ((): unknown => (store['close'] as () => unknown)())
  return store as unknown as RecordStore
}
