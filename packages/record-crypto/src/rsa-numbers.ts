/** The numbers of an RSA public key, as big-endian bytes. */
export interface RsaNumbers {
  /** without a leading zero */
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

/**
 * Returns views of the numbers of an RSA key.
 *
 * @param spki - DER whose form the caller has checked, or checks later: other bytes give other numbers, and no error
 */
export function rsaNumbersOf(spki: Uint8Array): RsaNumbers {
  // the form fixes the offset of the modulus
  const start = 32
  const end = start + (spki[30] as number) * 256 + (spki[31] as number)
  return { modulus: spki.subarray(spki[start] === 0 ? start + 1 : start, end), exponent: spki.subarray(end + 2) }
}
