import { RecordError } from '@recordkit/record-types'
import { checkOptions, describe } from '@recordkit/record-types/internal'
import { toBase64 } from '@recordkit/record-types/internal'
import type { KeyPair } from './key-pair.ts'
import { checkPrivateKey } from './key-pair.ts'
import { passphraseBytes } from './passphrase.ts'
import type { Passphrase } from './passphrase.ts'
import { encryptPkcs8 } from './pbes2.ts'
import type { PrivateKeyCipher } from './pbes2.ts'
import { writePkcs8 } from './private-key-info.ts'

export type { PrivateKeyCipher }

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
  return pemOf('PRIVATE KEY', writePkcs8(checkPrivateKey(pair.privateKey)))
}

/** Options of {@link exportEncryptedPrivateKeyPem}. */
export interface ExportEncryptedOptions {
  readonly passphrase: Passphrase
  /**
   * `AES-256-GCM` detects every change of the file, but OpenSSL does not read it.
   * @default 'AES-256-CBC'
   */
  readonly cipher?: PrivateKeyCipher | undefined
}

/**
 * Exports the private key of a key pair as encrypted PKCS#8 in PEM: PBES2 with scrypt (N = 2^14, r = 8, p = 5) and AES. OpenSSL reads it.
 *
 * @throws RecordError `INVALID_ARGUMENT` for an empty passphrase; `ALGORITHM_MISSING` without `crypto.subtle`
 * @see RFC 7468, section 11; RFC 8018, section 6.2; RFC 7914, section 7
 * @example
 * ```ts
 * const pem = await exportEncryptedPrivateKeyPem(keyPair, { passphrase })
 * ```
 */
export async function exportEncryptedPrivateKeyPem(
  pair: Pick<KeyPair, 'privateKey'>,
  options: ExportEncryptedOptions
): Promise<string> {
  checkOptions(options, { passphrase: 0, cipher: 0 })
  const { passphrase, cipher = 'AES-256-CBC' } = options
  if (cipher !== 'AES-256-CBC' && cipher !== 'AES-256-GCM')
    throw new RecordError('INVALID_ARGUMENT', `cipher is ${describe(cipher)}; AES-256-CBC or AES-256-GCM is expected`)
  const pkcs8 = writePkcs8(checkPrivateKey(pair.privateKey))
  return pemOf('ENCRYPTED PRIVATE KEY', await encryptPkcs8(pkcs8, passphraseBytes(passphrase), cipher))
}

function pemOf(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) as string[]
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
