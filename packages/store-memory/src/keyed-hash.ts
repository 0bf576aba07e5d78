/**
 * HalfSipHash-1-3. Without the key (two 32-bit words), a peer cannot choose byte strings with equal hashes, which would make
 * lookups in a hash table slow.
 *
 * @returns a signed 32-bit number
 * @see J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF"; its 32-bit variant is in their reference code
 */
export function keyedHash(bytes: Uint8Array, key0: number, key1: number): number {
  const { length } = bytes
  const words = (length >> 2) + 1
  // `| 0` marks them as 32-bit numbers from the start: without it the loop takes twice as long
  let v0 = key0 | 0
  let v1 = key1 | 0
  let v2 = 0x6c796765 ^ key0
  let v3 = 0x74656462 ^ key1
  for (let step = 0; step < words + 3; step++) {
    const index = step << 2
    let word = 0
    if (step < words - 1) {
      word =
        (bytes[index] as number) |
        ((bytes[index + 1] as number) << 8) |
        ((bytes[index + 2] as number) << 16) |
        ((bytes[index + 3] as number) << 24)
    } else if (step === words - 1) {
      word = length << 24
      for (let rest = index; rest < length; rest++) word |= (bytes[rest] as number) << ((rest - index) << 3)
    } else if (step === words) {
      v2 ^= 0xff
    }
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
