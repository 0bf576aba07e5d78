import { subtle } from './subtle.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'

export { sha256 as digest } from '@noble/hashes/sha2.js'

/** By WebCrypto: 40 times slower for short inputs, and 2 kB less for a page. */
export async function digestLater(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle('SHA-256 needs it').digest('SHA-256', webCryptoBytes(bytes)))
}
