import { importSigningKey, verifyByPlatform } from '#ecdsa'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { fromBase64 } from './base64.ts'
import { checkedKeyPair } from './checked-key-pair.ts'
import { ecdsaBy } from './ecdsa-algorithm.ts'
import { findEcdsaCurve } from './ecdsa-curve.ts'
import type { EcdsaCurveName } from './ecdsa-curve.ts'
import { readEcdsaPrivateKey, writeEcdsaPrivateKey } from './ecdsa-private-key.ts'
import { jwkPoint } from './jwk-point.ts'
import type { KeyPairAlgorithm } from './import-private-key.ts'
import type { KeyPair } from './key-pair.ts'
import { subtle } from './platform/subtle.ts'

export type { EcdsaCurveName } from './ecdsa-curve.ts'

/**
 * ECDSA over P-256, P-384 and P-521 with SHA-256, by node:crypto at once, elsewhere by WebCrypto. Signatures are DER in
 * its one form. Both s and its negative hold, as everywhere in libp2p for these curves: a signature is not unique.
 *
 * @see libp2p peer-ids specification, "ECDSA"
 */
export const ecdsa: Algorithm = /* @__PURE__ */ ecdsaBy(verifyByPlatform)

/** A new ECDSA key pair, on P-256 when no `curve` is named. */
export async function generateEcdsaKeyPair(
  options: AbortOptions & { readonly curve?: EcdsaCurveName | undefined } = {}
): Promise<KeyPair> {
  const { curve: namedCurve = 'P-256', signal } = options
  signal?.throwIfAborted()
  const curve = findEcdsaCurve(({ name }) => name === namedCurve)
  if (curve === undefined) {
    throw new RecordError('INVALID_ARGUMENT', `the curve is P-256, P-384 or P-521; got ${namedCurve as string}`)
  }
  const made = await subtle('making ECDSA keys needs it').generateKey({ name: 'ECDSA', namedCurve }, true, [
    'sign',
    'verify'
  ])
  const jwk = await crypto.subtle.exportKey('jwk', made.privateKey)
  const data = writeEcdsaPrivateKey({ curve, secret: fromBase64(jwk.d as string), point: jwkPoint(jwk) })
  return ecdsaKeys.keyPair(data)
}

/** Key pairs of ECDSA private keys, for `importPrivateKey`. */
export const ecdsaKeys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'ECDSA',
  async keyPair(data) {
    const named = writeEcdsaPrivateKey(readEcdsaPrivateKey(data))
    return checkedKeyPair(ecdsa, data, () => importSigningKey(named))
  }
})
