/** The curves of ECDSA keys, by their names in FIPS 186 and WebCrypto. */
export type EcdsaCurveName = 'P-256' | 'P-384' | 'P-521'

/** A curve of ECDSA keys. */
export interface EcdsaCurve {
  readonly name: EcdsaCurveName
  /** size in bytes of a private key, of each coordinate, of r and of s */
  readonly size: number
  /** object identifier, in DER */
  readonly identifier: readonly number[]
  /** size in bytes of a public key: SPKI DER of an uncompressed point */
  readonly spkiLength: number
  /** order of the group, in hex. @see FIPS 186-5 and SP 800-186, section 3.2.1 */
  readonly order: string
  /** exponents of 2 whose sum is the prime of the field; negative ones are subtracted, and so is 1 */
  readonly prime: readonly number[]
  /** b of the equation y² = x³ - 3x + b, in hex */
  readonly b: string
}

const curves: readonly EcdsaCurve[] = [
  {
    name: 'P-256',
    size: 32,
    identifier: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    spkiLength: 91,
    order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    prime: [256, -224, 192, 96],
    b: '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b'
  },
  {
    name: 'P-384',
    size: 48,
    identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
    spkiLength: 120,
    order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    prime: [384, -128, -96, 32],
    b: 'b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef'
  },
  {
    name: 'P-521',
    size: 66,
    identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23],
    spkiLength: 158,
    order:
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    prime: [521],
    b: '51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00'
  }
]

/** Returns the first curve for which `predicate` is true. */
export function findEcdsaCurve(predicate: (curve: EcdsaCurve) => boolean): EcdsaCurve | undefined {
  return curves.find(predicate)
}
