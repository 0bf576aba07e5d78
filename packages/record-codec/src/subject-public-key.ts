import { throwRecordError } from './throw-record-error.ts'

// All SubjectPublicKeyInfo structures of a type are alike: everything but the numbers is at a fixed offset. So the
// bytes are compared with what they must be. A DER reader would add 200 bytes to every bundle that verifies a
// signature.

/** `SEQUENCE { OID rsaEncryption, NULL }` */
const rsaEncryption = '300d06092a864886f70d0101010500'

/**
 * For P-256, P-384, P-521: all bytes before the coordinates of an uncompressed point, and the size of the coordinates.
 */
const curves: readonly (readonly [prefix: string, coordinates: number])[] = [
  ['3059301306072a8648ce3d020106082a8648ce3d03010703420004', 64],
  ['3076301006072a8648ce3d020106052b8104002203620004', 96],
  ['30819b301006072a8648ce3d020106052b810400230381860004', 132]
]

/** @throws RecordError `DER_INVALID` unless `der` is the SPKI of an uncompressed point on P-256, P-384 or P-521 */
export function checkEcdsaPublicKey(der: Uint8Array): void {
  if (!curves.some(([prefix, size]) => der.length === prefix.length / 2 + size && hasHexAt(der, 0, prefix))) {
    throwRecordError('DER_INVALID', 'ECDSA key is not the SPKI DER of a P-256, P-384 or P-521 point')
  }
}

/**
 * @throws RecordError `PUBLIC_KEY_INVALID` unless the modulus is odd and has 2048 to 8192 bits, and the exponent is odd, 3
 * to 2^31 - 1; `DER_INVALID` unless `der` is SPKI
 */
export function checkRsaPublicKey(der: Uint8Array): void {
  const { length } = der
  // 256 to 1024 bytes of modulus, and 36 to 43 bytes around them
  const modulus = 33
  const size = der[30]! * 256 + der[31]!
  const exponent = modulus - 1 + size
  const exponentSize = length - exponent - 2
  const leadingZeros = der[32] === 0 ? 1 : 0
  const first = der[32 + leadingZeros]!
  if (length < 292) failSize()
  if (
    !hasHexAt(der, 0, '3082' + uint16(length - 4) + rsaEncryption + '0382' + uint16(length - 23) + '00') ||
    !hasHexAt(der, 24, '3082' + uint16(length - 28) + '0282') ||
    !(exponentSize > 0) ||
    der[exponent] !== 2 ||
    der[exponent + 1] !== exponentSize ||
    (leadingZeros === 1 ? first < 128 : first > 127)
  ) {
    throwRecordError('DER_INVALID', 'RSA key is not SPKI DER')
  }
  const bits = (size - leadingZeros) * 8 - Math.clz32(first) + 24
  if (bits < 2048 || bits > 8192 || der[exponent - 1]! % 2 === 0) failSize()
  let value = 0
  for (let offset = exponent + 2; offset < length; offset++) value = value * 256 + der[offset]!
  const [head = 0, next = 0] = der.subarray(exponent + 2)
  if (value < 3 || value % 2 === 0 || value >= 2 ** 31 || head > 127 || (head === 0 && next < 128)) {
    throwRecordError('PUBLIC_KEY_INVALID', 'RSA exponent is not odd, 3 to 2^31 - 1')
  }
}

function failSize(): never {
  throwRecordError('PUBLIC_KEY_INVALID', 'RSA modulus is not odd, of 2048 to 8192 bits')
}

function uint16(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function hasHexAt(bytes: Uint8Array, offset: number, hex: string): boolean {
  for (let index = 0; index < hex.length; index += 2) {
    if (bytes[offset++] !== Number.parseInt(hex.slice(index, index + 2), 16)) return false
  }
  return true
}
