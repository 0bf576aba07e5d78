import { Point } from '@noble/ed25519'
import { equalBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'

/**
 * Returns the bytes whose SHA-512 is the challenge k of an Ed25519 signature: R, A and the message.
 *
 * @see RFC 8032, section 5.1.7, step 2
 */
export function ed25519ChallengeInput(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Uint8Array<ArrayBuffer> {
  const input = new Uint8Array(64 + message.length)
  input.set(signature.subarray(0, 32))
  input.set(publicKey, 32)
  input.set(message, 64)
  return input
}

/**
 * Whether a signature satisfies the cofactorless equation: S·B - k·A is R, byte for byte. The `verify` of noble
 * multiplies by the cofactor and accepts signatures that native code refuses, so only the points of noble are used.
 *
 * @param challenge - SHA-512 of {@link ed25519ChallengeInput}
 * @returns `false` also when A is not a point of the curve. The caller checks `satisfiesEd25519Rule` first.
 */
export function satisfiesEd25519Equation(publicKey: Uint8Array, signature: Uint8Array, challenge: Uint8Array): boolean {
  let point
  try {
    point = Point.fromBytes(publicKey)
  } catch {
    return false
  }
  const s = decodeLittleEndian(signature.subarray(32))
  const k = decodeLittleEndian(challenge) % Point.CURVE().n
  // not constant-time: all operands are public
  const r = Point.BASE.multiply(s, false).subtract(point.multiply(k, false))
  return equalBytes(r.toBytes(), signature.subarray(0, 32))
}

/**
 * Whether a signature satisfies the most lenient rule that a libp2p implementation uses (that of noble in js-libp2p on browsers
 * without Ed25519): A and R may be of small order or not canonical, and both sides are multiplied by the cofactor.
 *
 * @param challenge - SHA-512 of {@link ed25519ChallengeInput}
 * @returns `false` also for other lengths and points that are not on the curve
 * @see ZIP 215
 */
export function satisfiesLenientEd25519Rule(
  publicKey: Uint8Array,
  signature: Uint8Array,
  challenge: Uint8Array
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    const a = Point.fromBytes(publicKey, true)
    const r = Point.fromBytes(signature.subarray(0, 32), true)
    const { n } = Point.CURVE()
    const s = decodeLittleEndian(signature.subarray(32))
    if (s >= n) return false
    const k = decodeLittleEndian(challenge) % n
    return Point.BASE.multiply(s, false).subtract(a.multiply(k, false)).subtract(r).clearCofactor().is0()
  } catch {
    return false
  }
}

function decodeLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`)
}
