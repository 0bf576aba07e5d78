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
}

const curves: readonly EcdsaCurve[] = [
  {
    name: 'P-256',
    size: 32,
    identifier: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    spkiLength: 91,
    order: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  },
  {
    name: 'P-384',
    size: 48,
    identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
    spkiLength: 120,
    order: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973'
  },
  {
    name: 'P-521',
    size: 66,
    identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23],
    spkiLength: 158,
    order:
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409'
  }
]

/** Returns the first curve for which `predicate` is true. */
export function findEcdsaCurve(predicate: (curve: EcdsaCurve) => boolean): EcdsaCurve | undefined {
  return curves.find(predicate)
}
