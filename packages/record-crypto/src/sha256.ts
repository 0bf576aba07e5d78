import { digest } from '#sha256'
import { checkBytes } from './arguments.ts'

/**
 * SHA-256, at once: node:crypto in Node, @noble/hashes elsewhere (WebCrypto would answer later and, for short inputs,
 * 40 times slower).
 *
 * @returns 32 bytes
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  checkBytes(bytes, 'input of sha256')
  return digest(bytes)
}
