/** The curves of ECDSA keys, by the names of FIPS 186 that WebCrypto uses, too. */
export type EcdsaCurveName = 'P-256' | 'P-384' | 'P-521'

/** One of them. */
export interface EcdsaCurve {
  readonly name: EcdsaCurveName
  /** bytes of a private key, of each coordinate, of r and of s */
  readonly size: number
  /** object identifier, in DER */
  readonly identifier: readonly number[]
  /** bytes of a public key: SPKI DER of an uncompressed point */
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

/** The curve that a predicate finds; `undefined` when it finds none. */
export function findEcdsaCurve(found: (curve: EcdsaCurve) => boolean): EcdsaCurve | undefined {
  return curves.find(found)
}
