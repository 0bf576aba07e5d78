/**
 * Values by bytes, at most `capacity` of them; the one used longest ago leaves first. Importing a key costs a fifth of
 * verifying with it, and a flood of other keys must not cost memory.
 */
export interface ByteCache<Value> {
  get(bytes: Uint8Array): Value | undefined
  set(bytes: Uint8Array, value: Value): void
}

/** An empty cache. */
export function byteCache<Value>(capacity: number): ByteCache<Value> {
  const values = new Map<string, Value>()
  return {
    get(bytes) {
      const key = textOf(bytes)
      const value = values.get(key)
      if (value !== undefined && values.size > capacity / 2) {
        values.delete(key)
        values.set(key, value)
      }
      return value
    },
    set(bytes, value) {
      values.set(textOf(bytes), value)
      if (values.size > capacity) values.delete(values.keys().next().value as string)
    }
  }
}

/** A string that is equal exactly for equal bytes. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
