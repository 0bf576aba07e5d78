import { toHex } from '@recordkit/record-types/internal'
import { findEcdsaCurve } from './ecdsa-curve.ts'
import type { EcdsaCurve } from './ecdsa-curve.ts'
import { isPublicKey } from './public-key-shape.ts'

/** The curve of an ECDSA public key in SPKI DER, by its length; `undefined` for another length. */
export function curveOfPublicKey({ length }: Uint8Array): EcdsaCurve | undefined {
  return findEcdsaCurve(({ spkiLength }) => spkiLength === length)
}

/**
 * Whether bytes are an ECDSA public key: SPKI DER of a point on its curve. A platform that refuses such a key cannot use its curve.
 *
 * @see SP 800-186, section 3.2.1, and SEC 1, section 3.2.2.1
 */
export function isEcdsaPublicKey(spki: Uint8Array): boolean {
  const curve = curveOfPublicKey(spki)
  if (curve === undefined || !isPublicKey('ECDSA', spki)) return false
  const x = BigInt(`0x${toHex(spki.subarray(-2 * curve.size, -curve.size))}`)
  const y = BigInt(`0x${toHex(spki.subarray(-curve.size))}`)
  const prime = curve.prime.reduce((sum, bit) => (bit > 0 ? sum + 2n ** BigInt(bit) : sum - 2n ** BigInt(-bit)), -1n)
  return x < prime && y < prime && (y * y - x * x * x + 3n * x - BigInt(`0x${curve.b}`)) % prime === 0n
}
