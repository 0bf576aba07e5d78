import { scryptAsync } from '@noble/hashes/scrypt.js'
import type { DeriveScrypt } from './platform.ts'

/** Plain JavaScript: WebCrypto has no scrypt. */
export const deriveScrypt: DeriveScrypt = async (passphrase, salt, { N, r, p }, length) =>
  scryptAsync(passphrase, salt, { N, r, p, dkLen: length, maxmem: 128 * r * (N + p + 2) + 1_048_576 })
