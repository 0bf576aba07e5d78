/**
 * A number that grows with a size, and stays the same while the size changes by less than a sixteenth: an index of the largest
 * accounts by it changes rarely. Sizes below 16 have buckets of their own. At most 864, for sizes below 2^53.
 */
export function sizeBucket(size: number): number {
  if (size < 16) return size
  const exponent = Math.floor(Math.log2(size))
  // log2 may round up to the next whole number just below a power of two
  const power = 2 ** exponent > size ? exponent - 1 : exponent
  return (power - 3) * 16 + Math.floor((size / 2 ** power - 1) * 16)
}

/** The smallest size in a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < 16) return bucket
  const exponent = Math.floor(bucket / 16) + 3
  return 2 ** exponent + (bucket % 16) * 2 ** (exponent - 4)
}
