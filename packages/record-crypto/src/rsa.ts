import { checkOptions } from '@recordkit/record-types/internal'
import { importSigningKey, verifyByPlatform } from '#rsa'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { checkedKeyPair } from './checked-key-pair.ts'
import { readDer, readWholeDer } from '@recordkit/record-codec/internal'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { subtle } from './platform/subtle.ts'
import { rsaBy } from './rsa-algorithm.ts'

/**
 * RSASSA-PKCS1-v1_5 with SHA-256: synchronous with node:crypto, asynchronous with WebCrypto elsewhere. The modulus must
 * be odd and have 2048 to 8192 bits, which is checked before the platform imports the key (CVE-2023-39533), and a signature must be
 * below the modulus and as long as it. For keys that the platform cannot use, the package computes the modular power.
 *
 * @see libp2p peer-ids specification, "RSA"
 * @example
 * ```ts
 * const { author } = await openSignedRecord(value, { algorithms: [ed25519, rsa] })
 * ```
 */
export const rsa: Algorithm = /* @__PURE__ */ rsaBy(verifyByPlatform)

/**
 * Generates an RSA key pair with the randomness of the platform.
 *
 * @param options - `bits` of the modulus: 2048 to 8192, a multiple of 8. Default: 2048
 * @throws RecordError `INVALID_ARGUMENT` for another size; `ALGORITHM_MISSING` without `crypto.subtle`
 * @example
 * ```ts
 * const signer = await generateRsaKeyPair({ bits: 3072 })
 * ```
 */
export async function generateRsaKeyPair(
  options: AbortOptions & { readonly bits?: number | undefined } = {}
): Promise<KeyPair> {
  checkOptions(options, { bits: 0, signal: 0 })
  const { bits: modulusLength = 2048, signal } = options
  signal?.throwIfAborted()
  if (!(modulusLength >= 2048 && modulusLength <= 8192 && modulusLength % 8 === 0)) {
    throw new RecordError('INVALID_ARGUMENT', `bits is ${modulusLength}; a multiple of 8 from 2048 to 8192 is expected`)
  }
  const { privateKey } = await subtle('generating RSA keys requires it').generateKey(
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ['sign', 'verify']
  )
  return rsaKeys.keyPair(pkcs1FromPkcs8(new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))))
}

/**
 * Key pairs of RSA private keys, for `importPrivateKey`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [rsaKeys] })
 * ```
 */
export const rsaKeys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'RSA',
  async keyPair(data) {
    return checkedKeyPair(rsa, data, () => importSigningKey(data))
  }
})

/** Returns the PKCS#1 DER in PKCS#8 that the platform encoded. */
function pkcs1FromPkcs8(pkcs8: Uint8Array): Uint8Array {
  const reader = { bytes: readWholeDer(pkcs8, 0x30) as Uint8Array, offset: 0 }
  readDer(reader, 0x02)
  readDer(reader, 0x30)
  return readDer(reader, 0x04) as Uint8Array
}
