import { RecordError } from '@recordkit/record-types'
import { derElement, readDer, readWholeDer } from '@recordkit/record-codec/internal'
import { rsaSpki } from './pkcs8.ts'

/**
 * Returns the public half of an RSA private key, as SPKI DER.
 *
 * @param privateKey - PKCS#1 `RSAPrivateKey`
 * @throws RecordError `DER_INVALID`
 * @see RFC 8017, appendix A.1
 */
export function rsaPublicKeyOf(privateKey: Uint8Array): Uint8Array {
  const reader = { bytes: readWholeDer(privateKey, 0x30) ?? invalid(), offset: 0 }
  const [, modulus, exponent] = [0, 1, 2].map(() => readDer(reader, 0x02) ?? invalid())
  return rsaSpki(derElement(0x30, derElement(0x02, modulus as Uint8Array), derElement(0x02, exponent as Uint8Array)))
}

function invalid(): never {
  throw new RecordError('DER_INVALID', 'the RSA private key is not PKCS#1 DER')
}
