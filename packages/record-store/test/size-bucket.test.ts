import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketStart, sizeBucket } from '../src/size-bucket.ts'

const size = fc.oneof(
  fc.nat({ max: 1000 }),
  fc.maxSafeNat(),
  fc
    .nat({ max: 52 })
    .chain((exponent) => fc.integer({ min: -1, max: 1 }).map((more) => Math.max(0, 2 ** exponent + more)))
)

test('a size is in the bucket that begins at or below it, and below the next, which is up to a sixteenth larger', () => {
  fc.assert(
    fc.property(size, (bytes) => {
      const bucket = sizeBucket(bytes)
      const [start, end] = [bucketStart(bucket), bucketStart(bucket + 1)]
      expect(start).toBeLessThanOrEqual(bytes)
      expect(end).toBeGreaterThan(bytes)
      expect(end - start).toBeLessThanOrEqual(Math.max(1, start / 16))
      expect(bucket).toBeLessThanOrEqual(864)
    }),
    { numRuns: 2000 }
  )
})
