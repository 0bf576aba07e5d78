/**
 * Whether a signature satisfies the part of the Ed25519 rule on which libraries disagree: A (the public key) and R are
 * canonical and not of small order, and S is below the group order L. For signatures that satisfy it, the equation has
 * the same result on every runtime.
 *
 * Compares bytes only, in about 100 ns. It does not check that A and R are points: for others, the equation fails.
 *
 * @param publicKey - A, 32 bytes
 * @param signature - R then S, 64 bytes
 * @returns `false` also for any other length
 * @see RFC 8032, section 5.1.7; "Taming the many EdDSAs", section 5; libp2p/specs #593
 */
export function satisfiesEd25519Rule(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === 32 &&
    signature.length === 64 &&
    isCanonicalOfLargeOrder(publicKey) &&
    isCanonicalOfLargeOrder(signature) &&
    compare(signature, 32, 0xff, groupOrder) < 0
  )
}

// Numbers as their 32 little-endian bytes, in hex.
const fieldPrime = 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
const groupOrder = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'
/**
 * The y of the eight points whose order divides 8 (a point and its negative have the same): 0, 1, -1, two of order 8.
 */
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
]

/** Checks the encoded point in the first 32 bytes: 255 bits of y, and one bit for the sign of x. */
function isCanonicalOfLargeOrder(bytes: Uint8Array): boolean {
  return compare(bytes, 0, 0x7f, fieldPrime) < 0 && smallOrder.every((y) => compare(bytes, 0, 0x7f, y) !== 0)
}

/**
 * Compares 32 little-endian bytes at `offset`, the highest masked, with `number`. Most numbers differ in the first
 * byte.
 */
function compare(bytes: Uint8Array, offset: number, mask: number, number: string): number {
  for (let index = 31; index >= 0; index--) {
    const byte = (bytes[offset + index] as number) & (index === 31 ? mask : 0xff)
    const difference = byte - Number.parseInt(number.slice(2 * index, 2 * index + 2), 16)
    if (difference !== 0) return difference
  }
  return 0
}
