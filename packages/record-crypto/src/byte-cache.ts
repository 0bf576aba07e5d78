import { mapKey } from '@recordkit/record-types/internal'

/**
 * A cache of values by bytes. It removes the value that was used least recently when it is full. A value is stored the
 * second time that it is set: importing a key takes a fifth of the time of verifying with it, and storing a key that is
 * not used again almost as much; and keys that are used once do not evict the others.
 */
export interface ByteCache<Value> {
  get(bytes: Uint8Array): Value | undefined
  set(bytes: Uint8Array, value: Value): void
}

/** Returns an empty cache of at most `capacity` values. */
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
      const changed = seenOnce.delete(key) ? values.set(key, value) : seenOnce.add(key)
      if (changed.size > capacity) changed.delete(changed.keys().next().value as string)
    }
  }
}
