import { copyBytes } from '../bytes.ts'
import { isBytes } from './check-bytes.ts'

/**
 * A copy of data for code that may change it: bytes, and the arrays, maps, sets, dates and plain objects that contain them, are copied.
 * Everything else, such as a function, an error or an instance of a class, is the same value.
 *
 * @example
 * ```ts
 * listener(ownCopy(view))
 * ```
 */
export function ownCopy<Data>(data: Data): Data {
  return copyOf(data, new Map()) as Data
}

/** @param copies - of what is being copied: an object can contain itself */
function copyOf(data: unknown, copies: Map<object, object>): unknown {
  if (typeof data !== 'object' || data === null) return data
  if (isBytes(data)) return copyBytes(data)
  const known = copies.get(data)
  if (known !== undefined) return known
  const copy = emptyCopy(data)
  if (copy === undefined) return data
  copies.set(data, copy)
  if (copy instanceof Map)
    for (const [key, value] of data as Map<unknown, unknown>) copy.set(copyOf(key, copies), copyOf(value, copies))
  else if (copy instanceof Set) for (const value of data as Set<unknown>) copy.add(copyOf(value, copies))
  else for (const [name, value] of Object.entries(data)) setField(copy, name, copyOf(value, copies))
  return copy
}

/** Sets a field, also one called `__proto__`, which an assignment would make the prototype. */
function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else object[name] = value
}

/** An object of the same kind without content; `undefined` when its kind is not copied. */
function emptyCopy(data: object): Record<string, unknown> | Map<unknown, unknown> | Set<unknown> | undefined {
  if (Array.isArray(data)) return [] as unknown as Record<string, unknown>
  const prototype: unknown = Object.getPrototypeOf(data)
  if (prototype === Object.prototype || prototype === null) return Object.create(prototype) as Record<string, unknown>
  if (prototype === Map.prototype) return new Map()
  if (prototype === Set.prototype) return new Set()
  return prototype === Date.prototype ? (new Date(data as Date) as never) : undefined
}
