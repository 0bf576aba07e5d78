import { Point } from '@noble/ed25519'
import { equalBytes } from '@recordkit/record-types'

/**
 * The bytes whose SHA-512 is the challenge k of an Ed25519 signature: R, A and the message.
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
 * The cofactorless equation: whether S·B - k·A is R, byte for byte. noble's own `verify` multiplies by the cofactor
 * and would accept what native code refuses, so only its points are used.
 *
 * @param challenge - SHA-512 of {@link ed25519ChallengeInput}
 * @returns `false` when A is no point of the curve; assumes that `keepsEd25519Rule` holds
 */
export function ed25519EquationHolds(publicKey: Uint8Array, signature: Uint8Array, challenge: Uint8Array): boolean {
  let point
  try {
    point = Point.fromBytes(publicKey)
  } catch {
    return false
  }
  const s = littleEndian(signature.subarray(32))
  const k = littleEndian(challenge) % Point.CURVE().n
  // unsafe: may take a time that depends on its operands, all of them public
  const r = Point.BASE.multiply(s, false).subtract(point.multiply(k, false))
  return equalBytes(r.toBytes(), signature.subarray(0, 32))
}

function littleEndian(bytes: Uint8Array): bigint {
  let hex = '0x'
  for (let index = bytes.length - 1; index >= 0; index--) hex += (bytes[index] as number).toString(16).padStart(2, '0')
  return BigInt(hex)
}
