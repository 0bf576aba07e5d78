import { checkBytes } from './internal/check-bytes.ts'

/**
 * Whether two byte strings are equal. Not constant-time: for public bytes only.
 *
 * @example
 * ```ts
 * equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)) // true
 * ```
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

/**
 * Compares two byte strings byte by byte; a prefix sorts before a longer string.
 *
 * @returns a negative number when `a` sorts first, a positive one when `b` does, 0 when they are equal
 * @example
 * ```ts
 * const sorted = keys.sort(compareBytes)
 * ```
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/**
 * Copies bytes, into an `ArrayBuffer` of their own.
 *
 * @throws RecordError `INVALID_ARGUMENT` for anything else than bytes
 * @example
 * ```ts
 * const key = copyBytes(message.subarray(2, 34))
 * ```
 */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!(bytes instanceof Uint8Array)) checkBytes(bytes, 'bytes', 0, Number.POSITIVE_INFINITY)
  return new Uint8Array(bytes)
}
