import { toHex } from '@recordkit/record-types/internal'
import { rsaNumbersOf } from './rsa-numbers.ts'

/** What the encoded message contains before a SHA-256, in hex: `DigestInfo` in DER. @see RFC 8017, section 9.2, note 1 */
const digestInfo = '3031300d060960864801650304020105000420'

/**
 * Whether an RSASSA-PKCS1-v1_5 signature with SHA-256 satisfies its equation: for keys that the platform cannot use. In V8 a
 * modular power takes 0.1 ms for 2048 bits and the exponent 65537, 1 ms for 8192 bits, and 3.5 ms for 8192 bits and 2^31 - 1.
 *
 * @param spki - of the public key, whose form has been checked
 * @param digest - SHA-256 of the message
 * @param signature - below the modulus and as long as it
 * @see RFC 8017, section 8.2.2
 */
export function satisfiesRsaEquation(spki: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const { modulus, exponent } = rsaNumbersOf(spki)
  const tail = `00${digestInfo}${toHex(digest)}`
  const encoded = `0001${tail.padStart(2 * modulus.length - 4, 'f')}`
  // not constant-time: all operands are public
  return power(numberOf(signature), numberOf(exponent), numberOf(modulus)) === BigInt(`0x${encoded}`)
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`)
}
