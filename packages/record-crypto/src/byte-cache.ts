import { mapKey } from '@recordkit/record-types/internal'

/**
 * Values by bytes, at most `capacity` of them; the one used longest ago leaves first. What is handed in is kept from the
 * second time on: importing a key costs a fifth of verifying with it, keeping one that does not come again almost as
 * much, and a flood of strangers leaves those that do come again where they are.
 */
export interface ByteCache<Value> {
  get(bytes: Uint8Array): Value | undefined
  set(bytes: Uint8Array, value: Value): void
}

/** An empty cache. */
export function byteCache<Value>(capacity: number): ByteCache<Value> {
  const values = new Map<string, Value>()
  const seenOnce = new Set<string>()
  return {
    get(bytes) {
      const key = mapKey(bytes)
      const value = values.get(key)
      if (value !== undefined && values.size > capacity / 2) {
        values.delete(key)
        values.set(key, value)
      }
      return value
    },
    set(bytes, value) {
      const key = mapKey(bytes)
      const kept = seenOnce.delete(key) ? values.set(key, value) : seenOnce.add(key)
      if (kept.size > capacity) kept.delete(kept.keys().next().value as string)
    }
  }
}
