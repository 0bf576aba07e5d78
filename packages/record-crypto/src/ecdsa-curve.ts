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
}

const curves: readonly EcdsaCurve[] = [
  {
    name: 'P-256',
    size: 32,
    identifier: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    spkiLength: 91
  },
  { name: 'P-384', size: 48, identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], spkiLength: 120 },
  { name: 'P-521', size: 66, identifier: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], spkiLength: 158 }
]

/** Returns the first curve for which `predicate` is true. */
export function findEcdsaCurve(predicate: (curve: EcdsaCurve) => boolean): EcdsaCurve | undefined {
  return curves.find(predicate)
}
