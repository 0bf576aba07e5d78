import { createContext, runInContext } from 'node:vm'

const realm = runInContext('({ Uint8Array, Map })', createContext()) as {
  Uint8Array: typeof Uint8Array
  Map: typeof Map
}

/** A deep copy of a value whose bytes and maps are of another realm, as in an iframe or a test runner that uses `node:vm`. */
export function inOtherRealm(value: unknown): unknown {
  if (value instanceof Uint8Array) return realm.Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(inOtherRealm)
  if (value instanceof Map) return new realm.Map([...value].map(([key, item]) => [key, inOtherRealm(item)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inOtherRealm(item)]))
}
