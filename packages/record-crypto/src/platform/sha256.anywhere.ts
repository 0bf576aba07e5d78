import { subtle } from './subtle.ts'
import { webCryptoBytes } from './webcrypto-bytes.ts'

export { sha256 as digest } from '@noble/hashes/sha2.js'

/** SHA-256 with WebCrypto: 40 times slower for short inputs, but 2 kB smaller in a bundle. */
export async function digestAsync(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle('SHA-256 requires it').digest('SHA-256', webCryptoBytes(bytes)))
}
