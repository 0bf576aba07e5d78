import { digest } from '#sha256'
import { checkBytes } from '@recordkit/record-codec/internal'

/**
 * Returns the SHA-256 of bytes, synchronously: with node:crypto in Node, in plain JavaScript elsewhere (WebCrypto is
 * asynchronous and takes 40 times as long for short inputs).
 *
 * @returns 32 bytes
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const digest = sha256(new TextEncoder().encode('hello'))
 * ```
 */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  checkBytes(bytes, 'the input of sha256')
  return digest(bytes)
}
