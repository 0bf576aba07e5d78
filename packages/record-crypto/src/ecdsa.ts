import { checkOptions } from '@recordkit/record-types/internal'
import { importSigningKey, verifyByPlatform } from '#ecdsa'
import type { AbortOptions, Algorithm } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { fromBase64 } from '@recordkit/record-types/internal'
import { checkedKeyPair } from './checked-key-pair.ts'
import { ecdsaBy } from './ecdsa-algorithm.ts'
import { findEcdsaCurve } from './ecdsa-curve.ts'
import type { EcdsaCurveName } from './ecdsa-curve.ts'
import { readEcdsaPrivateKey, writeEcdsaPrivateKey } from './ecdsa-private-key.ts'
import { jwkPoint } from './jwk-point.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { subtle } from './platform/subtle.ts'
import { normalizeSignature } from './signature.ts'

export type { EcdsaCurveName } from './ecdsa-curve.ts'

/**
 * ECDSA over P-256, P-384 and P-521 with SHA-256: synchronous with node:crypto, asynchronous with WebCrypto elsewhere.
 * Signatures are strict DER. Both s and its negative are accepted, as in other libp2p implementations for these curves;
 * the lower one is written and stored.
 *
 * @see libp2p peer-ids specification, "ECDSA"
 * @example
 * ```ts
 * const { author } = await openSignedRecord(value, { algorithms: [ed25519, ecdsa] })
 * ```
 */
export const ecdsa: Algorithm = /* @__PURE__ */ ecdsaBy(verifyByPlatform)

/**
 * Generates an ECDSA key pair with the randomness of the platform.
 *
 * @param options - `curve`: P-256, P-384 or P-521. Default: P-256
 * @throws RecordError `INVALID_ARGUMENT` for another curve; `ALGORITHM_MISSING` without `crypto.subtle`
 * @example
 * ```ts
 * const signer = await generateEcdsaKeyPair({ curve: 'P-384' })
 * ```
 */
export async function generateEcdsaKeyPair(
  options: AbortOptions & { readonly curve?: EcdsaCurveName | undefined } = {}
): Promise<KeyPair> {
  checkOptions(options, { curve: 0, signal: 0 })
  const { curve: namedCurve = 'P-256', signal } = options
  signal?.throwIfAborted()
  const curve = findEcdsaCurve(({ name }) => name === namedCurve)
  if (curve === undefined) {
    throw new RecordError('INVALID_ARGUMENT', `curve is ${namedCurve as string}; P-256, P-384 or P-521 is expected`)
  }
  const generated = await subtle('generating ECDSA keys requires it').generateKey({ name: 'ECDSA', namedCurve }, true, [
    'sign',
    'verify'
  ])
  const jwk = await crypto.subtle.exportKey('jwk', generated.privateKey)
  const data = writeEcdsaPrivateKey({ curve, secret: fromBase64(jwk.d as string), point: jwkPoint(jwk) })
  return ecdsaKeys.keyPair(data)
}

/**
 * Key pairs of ECDSA private keys, for `importPrivateKey`.
 *
 * @example
 * ```ts
 * const signer = await importPrivateKey(pem, { algorithms: [ecdsaKeys] })
 * ```
 */
export const ecdsaKeys: KeyPairAlgorithm = /* @__PURE__ */ Object.freeze<KeyPairAlgorithm>({
  type: 'ECDSA',
  async keyPair(data) {
    const named = writeEcdsaPrivateKey(readEcdsaPrivateKey(data))
    return checkedKeyPair(ecdsa, data, async () => {
      const { publicKey, sign } = await importSigningKey(named)
      return {
        publicKey,
        sign: async (message) => normalizeSignature({ type: 'ECDSA', data: publicKey }, await sign(message), [ecdsa])
      }
    })
  }
})
