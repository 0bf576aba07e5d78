import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { joinRecordKey, peerIdFromDigest } from '@recordkit/record-codec'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => peerIdFromDigest(new Uint8Array(32).fill(number))
const key = joinRecordKey('config', 'x')

/** Checks a sender that has this score. */
async function checkSenderWithScore(score: number, options: { ignoreBelow?: number } = {}) {
  const scores = new PeerScores({ clock: () => start, weights: { ignore: score } })
  scores.report(peer(1), 'ignore')
  return createAccessControl({ scores, ...options }).checkSender?.(peer(1), key)
}

describe('access control', () => {
  test('ignores a sender whose score is below -50, however low it is', async () => {
    expect(await checkSenderWithScore(-50)).toBeUndefined()
    expect(await checkSenderWithScore(-51)).toEqual({
      status: 'ignore',
      code: 'SENDER_SCORE_LOW',
      message: "the sender's score is -51.0; the minimum is -50"
    })
    expect(await checkSenderWithScore(-1000)).toMatchObject({ status: 'ignore' })
  })

  test('uses the score threshold of its options', async () => {
    expect(await checkSenderWithScore(-5, { ignoreBelow: -4 })).toMatchObject({ status: 'ignore' })
    expect(await checkSenderWithScore(-150, { ignoreBelow: -200 })).toBeUndefined()
    expect(await checkSenderWithScore(-150, { ignoreBelow: -Infinity })).toBeUndefined()
  })

  test('names a threshold that is not a number', () => {
    for (const name of ['ignoreBelow']) {
      for (const [value, shown] of [
        [Number.NaN, 'NaN'],
        [5n, 'the bigint 5n'],
        ['5', 'a string'],
        [null, 'null']
      ] as const) {
        expect(() => createAccessControl({ [name]: value as number })).toThrow(
          expect.objectContaining({
            code: 'INVALID_ARGUMENT',
            message: `${name} is ${shown}; a finite number is expected`
          })
        )
      }
    }
  })

  test('allows everything when it has no lists, scores or limiter', async () => {
    const access = createAccessControl()
    expect(await access.checkSender?.(peer(1), key)).toBeUndefined()
    expect(access.checkRecord?.({ key })).toBeUndefined()
    expect(access.isBanned?.(peer(1))).toBe(false)
    access.report?.(peer(1), 'reject')
  })

  test('asks its lists about senders, records and connections', async () => {
    const lists = new AccessLists()
    const access = createAccessControl({ lists })
    await lists.deny('peers', peer(1))
    await lists.deny('authors', peer(2))
    expect(await access.checkSender?.(peer(1), key)).toMatchObject({ code: 'SENDER_DENIED' })
    expect(access.checkRecord?.({ key, author: peer(2) })).toMatchObject({ code: 'AUTHOR_DENIED' })
    expect([peer(1), peer(2)].map((each) => access.isBanned?.(each))).toEqual([true, false])
  })

  test('reports results to its scores', () => {
    const scores = new PeerScores({ clock: () => start })
    createAccessControl({ scores }).report?.(peer(1), 'reject')
    expect(scores.score(peer(1))).toBe(-10)
  })

  test('ignores a sender above its rate and says when to try again', async () => {
    const limiter = new TokenBucketLimiter({ points: 1, duration: 2000, clock: () => start })
    const access = createAccessControl({ limiter })
    expect(await access.checkSender?.(peer(1), key)).toBeUndefined()
    expect(await access.checkSender?.(peer(1), key)).toMatchObject({
      status: 'ignore',
      code: 'RATE_LIMITED',
      message: 'too many records from this sender; try again in 2 s',
      cause: { msBeforeNext: 2000 }
    })
  })

  test('refuses records while the rate limiter fails', async () => {
    const failing = createAccessControl({ limiter: { consume: async () => Promise.reject(new Error('offline')) } })
    expect(await failing.checkSender?.(peer(1), key)).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'the rate limiter failed; no records are accepted until it works',
      cause: { message: 'offline' }
    })
    // other limiters may reject with null
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const silent = createAccessControl({ limiter: { consume: async () => Promise.reject(null) } })
    expect(await silent.checkSender?.(peer(1), key)).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('passes the sender to the limiter as hex, which every database can store', async () => {
    const keys: string[] = []
    const access = createAccessControl({ limiter: { consume: async (name) => keys.push(name) } })
    await access.checkSender?.(Uint8Array.of(0, 36, 255), key)
    expect(keys).toEqual(['0024ff'])
  })

  test("rejects with the signal's own reason when it aborts during the limiter's call", async () => {
    const reason = new Error('aborted')
    for (const answer of [async () => undefined, async () => Promise.reject(new Error('offline'))]) {
      const controller = new AbortController()
      const access = createAccessControl({
        limiter: {
          consume: async () => {
            controller.abort(reason)
            return answer()
          }
        }
      })
      await expect(access.checkSender?.(peer(1), key, { signal: controller.signal })).rejects.toBe(reason)
    }
  })
})
