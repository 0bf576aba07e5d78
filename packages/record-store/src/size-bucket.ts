/**
 * A number that grows with a size, and stays the same while the size changes by less than a sixteenth: an index of the largest
 * accounts by it changes rarely. Sizes below 16 have buckets of their own. At most 864, for sizes below 2^53.
 */
export function sizeBucket(size: number): number {
  if (size < 16) return size
  // 27 bits less have the same leading bits; each bit is 16 buckets
  if (size >= 2 ** 32) return sizeBucket(Math.floor(size / 2 ** 27)) + 27 * 16
  const exponent = 31 - Math.clz32(size)
  return (exponent - 3) * 16 + ((size >>> (exponent - 4)) & 15)
}

/** The smallest size in a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < 16) return bucket
  const exponent = Math.floor(bucket / 16) + 3
  return 2 ** exponent + (bucket % 16) * 2 ** (exponent - 4)
}
