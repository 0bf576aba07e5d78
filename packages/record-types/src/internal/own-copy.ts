import { copyBytes } from '../bytes.ts'
import { isBytes } from './check-bytes.ts'

type Container = Record<string, unknown> | Map<unknown, unknown> | Set<unknown>

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
  // an object can contain itself
  const copies = new Map<object, object>()
  // not by recursion: content of a few kilobytes can be thousands of levels deep
  const unfilled: [data: object, copy: Container][] = []
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (isBytes(value)) return copyBytes(value)
    const known = copies.get(value)
    if (known !== undefined) return known
    const copy = emptyCopy(value)
    if (copy === undefined) return value
    copies.set(value, copy)
    unfilled.push([value, copy])
    return copy
  }
  const result = copyOf(data) as Data
  for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) fill(...next, copyOf)
  return result
}

function fill(data: object, copy: Container, copyOf: (value: unknown) => unknown): void {
  if (copy instanceof Map)
    for (const [key, value] of data as Map<unknown, unknown>) copy.set(copyOf(key), copyOf(value))
  else if (copy instanceof Set) for (const value of data as Set<unknown>) copy.add(copyOf(value))
  else for (const [name, value] of Object.entries(data)) setField(copy, name, copyOf(value))
}

/** Sets a field, also one called `__proto__`, which an assignment would make the prototype. */
function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else object[name] = value
}

/** An object of the same kind without content; `undefined` when its kind is not copied. */
function emptyCopy(data: object): Container | undefined {
  if (Array.isArray(data)) return [] as unknown as Record<string, unknown>
  const prototype: unknown = Object.getPrototypeOf(data)
  if (prototype === Object.prototype || prototype === null) return Object.create(prototype) as Record<string, unknown>
  if (prototype === Map.prototype) return new Map()
  if (prototype === Set.prototype) return new Set()
  return prototype === Date.prototype ? (new Date(data as Date) as never) : undefined
}
