import { equalBytes, isRecordError } from '@recordkit/record-types'
import type { RecordErrorCode } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'

/** @throws Error with `message` unless `condition` is true */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/**
 * Compares two values deeply. Bytes are compared by content; a field that is `undefined` equals a missing one.
 *
 * @param what - names the value in the message
 * @throws Error when they differ
 */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!equalValues(actual, expected)) throw new Error(`${what}: got ${show(actual)}; expected ${show(expected)}`)
}

/**
 * Checks that a call rejects with a RecordError of a code.
 *
 * @returns the error
 * @throws Error otherwise
 */
export async function rejects(call: () => unknown, code: RecordErrorCode, what: string): Promise<Error> {
  const error = await rejection(call, what)
  if (isRecordError(error, code)) return error
  throw new Error(`${what}: rejected with ${show(error)}; expected a RecordError with code ${code}`, { cause: error })
}

/**
 * Checks that a call rejects with a RecordError of one of several codes.
 *
 * @returns the error
 * @throws Error otherwise
 */
export async function rejectsWithCode(
  call: () => unknown,
  codes: readonly RecordErrorCode[],
  what: string
): Promise<Error> {
  const error = await rejection(call, what)
  if (isRecordError(error, ...codes)) return error
  throw new Error(`${what}: rejected with ${show(error)}; expected a RecordError with code ${codes.join(' or ')}`, {
    cause: error
  })
}

/** The cause of an error, the cause of that, and so on. */
export function causes(error: Error): unknown[] {
  const found: unknown[] = []
  for (let cause = error.cause; cause !== undefined && found.length < 10; cause = (cause as Error).cause)
    found.push(cause)
  return found
}

/** Checks that a call rejects with exactly `reason`. @throws Error otherwise */
export async function rejectsWith(call: () => unknown, reason: unknown, what: string): Promise<void> {
  const error = await rejection(call, what)
  if (error !== reason) throw new Error(`${what}: rejected with ${show(error)}; expected the signal's own reason`)
}

async function rejection(call: () => unknown, what: string): Promise<unknown> {
  let result: unknown
  try {
    result = await call()
  } catch (error) {
    return error
  }
  throw new Error(`${what}: resolved with ${show(result)}; expected a rejection`)
}

/** Collects all items of an iteration. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

function equalValues(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b) || a instanceof Uint8Array || b instanceof Uint8Array) return false
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false
  const left = new Map(Object.entries(a).filter(([, value]) => value !== undefined))
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined))
  if (left.size !== right.size) return false
  for (const [name, value] of left) if (!right.has(name) || !equalValues(value, right.get(name))) return false
  return true
}

/** Formats a value for a message. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) {
    const hex = toHex(value.subarray(0, 16))
    return value.length > 16 ? `<${hex}… ${value.length} bytes>` : `<${hex}>`
  }
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, field]) => `${name}: ${show(field)}`)
      .join(', ')} }`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
