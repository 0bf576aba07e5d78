import { equalBytes } from '../bytes.ts'

/** Whether two byte strings are equal, or both are absent. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalBytes(a, b))
}
