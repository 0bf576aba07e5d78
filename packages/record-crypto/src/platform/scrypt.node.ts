import { scrypt } from 'node:crypto'
import { plain } from './plain.node.ts'
import type { DeriveScrypt } from './platform.ts'

export const deriveScrypt: DeriveScrypt = async (passphrase, salt, { N, r, p }, length) =>
  new Promise((resolve, reject) => {
    // the memory that RFC 7914 needs, and what OpenSSL adds to it
    const maxmem = 128 * r * (N + p + 2) + 1_048_576
    scrypt(passphrase, salt, length, { N, r, p, maxmem }, (error, key) => {
      // without an error it is null, in Bun undefined
      if (error) reject(error)
      else resolve(plain(key))
    })
  })
