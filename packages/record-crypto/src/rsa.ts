import { importSigningKey, verifyByPlatform } from '#rsa'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { algorithmOf } from './algorithm.ts'
import { checkedKeyPair } from './checked-key-pair.ts'
import { readDer, readWholeDer } from './der.ts'
import type { KeyPairAlgorithm } from './import-private-key.ts'
import type { KeyPair } from './key-pair.ts'
import { subtle } from './platform/subtle.ts'

/**
 * RSASSA-PKCS1-v1_5 with SHA-256, by node:crypto at once, elsewhere by WebCrypto. The modulus must have 2048 to 8192
 * bits, which is looked at before the platform sees the key (CVE-2023-39533).
 *
 * @see libp2p peer-ids specification, "RSA"
 */
export const rsa: Algorithm = /* @__PURE__ */ algorithmOf('RSA', verifyByPlatform)

/**
 * A new RSA key pair.
 *
 * @param options - `bits` of the modulus: 2048 to 8192, a multiple of 8; 2048 when absent
 */
export async function generateRsaKeyPair(
  options: AbortOptions & { readonly bits?: number | undefined } = {}
): Promise<KeyPair> {
  const { bits: modulusLength = 2048, signal } = options
  signal?.throwIfAborted()
  if (!(modulusLength >= 2048 && modulusLength <= 8192 && modulusLength % 8 === 0)) {
    throw new RecordError(
      'INVALID_ARGUMENT',
      `an RSA modulus has 2048 to 8192 bits, a multiple of 8; got ${modulusLength}`
    )
  }
  const { privateKey } = await subtle('making RSA keys needs it').generateKey(
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ['sign', 'verify']
  )
  return rsaKeys.keyPair(pkcs1(new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))))
}

/** Key pairs of RSA private keys, for `importPrivateKey`. */
export const rsaKeys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'RSA',
  async keyPair(data) {
    return checkedKeyPair(rsa, data, () => importSigningKey(data))
  }
})

/** The key inside of the platform's own PKCS#8. */
function pkcs1(pkcs8: Uint8Array): Uint8Array {
  const reader = { bytes: readWholeDer(pkcs8, 0x30) as Uint8Array, offset: 0 }
  readDer(reader, 0x02)
  readDer(reader, 0x30)
  return readDer(reader, 0x04) as Uint8Array
}
