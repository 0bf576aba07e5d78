import { TokenBucketLimiter } from '@recordkit/record-access'
import { TokenBuckets } from '@recordkit/record-access/internal'
import { hour, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n

describe('a token bucket limiter', () => {
  test('returns the remaining tokens, and the time to wait when there are too few', async () => {
    const time = { now: start }
    const limiter = new TokenBucketLimiter({ points: 10, duration: 10000, clock: () => time.now })
    expect(await limiter.consume('a', 4)).toEqual({ remainingPoints: 6 })
    expect(await limiter.consume('a')).toEqual({ remainingPoints: 5 })
    await expect(limiter.consume('a', 7)).rejects.toEqual({ msBeforeNext: 2000, remainingPoints: 5 })
    time.now += second / 2n
    await expect(limiter.consume('a', 7)).rejects.toEqual({ msBeforeNext: 1500, remainingPoints: 5 })
    expect(await limiter.consume('a', 5)).toEqual({ remainingPoints: 0 })
  })

  test('refills each bucket with time and keeps keys apart', async () => {
    const time = { now: start }
    const limiter = new TokenBucketLimiter({ points: 5, duration: 1000, clock: () => time.now })
    for (let round = 0; round < 5; round++) await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toMatchObject({ msBeforeNext: 200, remainingPoints: 0 })
    await limiter.consume('b')
    time.now += 200_000_000n
    await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toBeDefined()
    time.now -= hour
    await expect(limiter.consume('a')).rejects.toBeDefined()
  })

  test('keeps the tokens of a bucket when the clock goes back', async () => {
    const time = { now: start }
    const limiter = new TokenBucketLimiter({ points: 2, duration: 1000, clock: () => time.now })
    await limiter.consume('a')
    time.now -= hour
    expect(await limiter.consume('a')).toEqual({ remainingPoints: 0 })
  })

  test('never fills a bucket above its capacity', async () => {
    const time = { now: start }
    const limiter = new TokenBucketLimiter({ points: 2, duration: 1000, clock: () => time.now })
    await limiter.consume('a')
    time.now += hour
    expect(await limiter.consume('a', 2)).toEqual({ remainingPoints: 0 })
  })

  test('removes the bucket that was used longest ago, at 10,000 buckets by default', async () => {
    const limiter = new TokenBucketLimiter({ points: 5, duration: 1000, maxBuckets: 2, clock: () => start })
    for (const name of ['a', 'b', 'a', 'c']) await limiter.consume(name)
    expect(await limiter.consume('a')).toEqual({ remainingPoints: 2 })
    expect(await limiter.consume('b')).toEqual({ remainingPoints: 4 })
    const many = new TokenBucketLimiter({ points: 1, duration: 1000, clock: () => start })
    for (let number = 0; number < 10_010; number++) await many.consume(String(number))
    expect(many.size).toBe(10_000)
  })

  test('has at most as many buckets as its options allow', async () => {
    const limiter = new TokenBucketLimiter({ points: 1, duration: 1000, maxBuckets: 100, clock: () => start })
    for (let number = 0; number < 1000; number++) await limiter.consume(String(number))
    expect(limiter.size).toBe(100)
  })

  test('rejects options that are not positive numbers', () => {
    for (const options of [
      { points: 0 },
      { points: Number.NaN },
      { points: 1.5 },
      { points: undefined },
      { duration: -1 },
      { duration: 1n },
      { duration: undefined },
      { maxBuckets: 0 }
    ]) {
      const given = { points: 1, duration: 1000, ...options } as ConstructorParameters<typeof TokenBucketLimiter>[0]
      expect(() => new TokenBucketLimiter(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })
})

test('a token bucket limiter rejects a number of tokens that is not at least 0, and takes nothing', async () => {
  const limiter = new TokenBucketLimiter({ points: 5, duration: 1000, clock: () => start })
  for (const [points, shown] of [
    [Number.NaN, 'NaN'],
    [-5, '-5'],
    [5n, 'the bigint 5n'],
    ['5', 'a string']
  ] as const) {
    await expect(limiter.consume('a', points as number)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `points is ${shown}; a whole number of at least 0 is expected`
    })
  }
  expect(await limiter.consume('a', 0)).toEqual({ remainingPoints: 5 })
})

describe('token buckets with debt', () => {
  test('lend tokens up to the maximum debt and return the time until it is paid off', () => {
    const time = { now: start }
    const buckets = new TokenBuckets({ capacity: 10, tokensPerSecond: 5, maxDebt: 5, clock: () => time.now })
    expect(buckets.take('a', 10)).toBe(0)
    expect(buckets.take('a', 5)).toBe(1000)
    expect(buckets.tokens('a')).toBe(-5)
    expect(buckets.take('a', 1)).toBeUndefined()
    expect(buckets.timeUntil('a', 1)).toBe(1200)
    time.now += second
    expect(buckets.tokens('a')).toBe(0)
    buckets.reset('a')
    expect(buckets.tokens('a')).toBe(10)
  })
})
