import { concat } from '@recordkit/record-codec/internal'
import { sha256 } from './sha256.ts'

/** Returns the HMAC of a message with SHA-256, synchronously. @param key - at most 64 bytes @see RFC 2104, section 2 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = (byte: number): Uint8Array => Uint8Array.from({ length: 64 }, (_, index) => (key[index] ?? 0) ^ byte)
  return new Uint8Array(sha256(concat(padded(0x5c), sha256(concat(padded(0x36), message)))))
}
