import type { KeyPair } from './key-pair.ts'
import { checkPrivateKey } from './key-pair.ts'
import { toBase64 } from './base64.ts'
import { writePkcs8 } from './private-key-info.ts'

/**
 * Exports the private key of a key pair as PKCS#8 in PEM, which OpenSSL and most other tools read. It is not encrypted.
 *
 * @see RFC 7468, section 10; RFC 5958
 * @example
 * ```ts
 * await writeFile('key.pem', exportPrivateKeyPem(keyPair), { mode: 0o600 })
 * ```
 */
export function exportPrivateKeyPem(pair: Pick<KeyPair, 'privateKey'>): string {
  const lines = toBase64(writePkcs8(checkPrivateKey(pair.privateKey))).match(/.{1,64}/g) as string[]
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n')
}
