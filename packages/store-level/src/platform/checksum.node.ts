import { crc32 } from 'node:zlib'
import { checksum as portable } from './checksum.anywhere.ts'

/** bytes; a call of the platform costs as much as this many bytes in JavaScript */
const leastForPlatform = 160

/** As `checksum.anywhere.ts`, with the instructions of the processor for longer bytes. */
export function checksum(bytes: Uint8Array, end: number = bytes.length, initial: number = 0): number {
  if (end < leastForPlatform) return portable(bytes, end, initial)
  return crc32(end === bytes.length ? bytes : bytes.subarray(0, end), initial)
}
