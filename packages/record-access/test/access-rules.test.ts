import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { AccessLists, PeerAccess, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { hour, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => Uint8Array.of(0, 2, number >> 8, number & 0xff)
const key = joinRecordKey('config', 'x')

describe('lists', () => {
  test('a peer and an author may be named by text', async () => {
    const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(5))
    const lists = new AccessLists()
    await lists.deny('peers', ipnsNameToString(peerId))
    await lists.deny('authors', ipnsNameToString(peerId))
    expect(lists.admit(peerId)).toMatchObject({ status: 'ignore', code: 'SENDER_DENIED' })
    expect(lists.permit({ key, author: peerId })).toMatchObject({ status: 'ignore', code: 'AUTHOR_DENIED' })
    expect(lists.admit(peer(1))).toBeUndefined()
    expect(lists.permit({ key, author: peer(1) })).toBeUndefined()
    expect(lists.permit({ key })).toBeUndefined()
  })

  test('with authors allowed, a record without an author is no exception', async () => {
    const lists = new AccessLists()
    await lists.allow('authors', peer(1))
    expect(lists.permit({ key, author: peer(1) })).toBeUndefined()
    expect(lists.permit({ key, author: peer(2) })).toMatchObject({ code: 'AUTHOR_DENIED' })
    expect(lists.permit({ key })).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.deny('authors', peer(1))
    expect(lists.permit({ key, author: peer(1) })).toMatchObject({ code: 'AUTHOR_DENIED' })
    await lists.remove('deny', 'authors', peer(1))
    await lists.remove('allow', 'authors', peer(1))
    expect(lists.permit({ key })).toBeUndefined()
  })

  test('with keys allowed, all that begin with one of them are, the entry itself too', async () => {
    const lists = new AccessLists()
    await lists.allow('keys', '/config/')
    await lists.allow('keys', '/other')
    expect(lists.permit({ key })).toBeUndefined()
    expect(lists.permit({ key: new TextEncoder().encode('/other') })).toBeUndefined()
    expect(lists.permit({ key: new TextEncoder().encode('/othe') })).toMatchObject({ code: 'KEY_DENIED' })
    await lists.deny('keys', key)
    expect(lists.permit({ key })).toMatchObject({ code: 'KEY_DENIED' })
    expect(lists.permit({ key: joinRecordKey('config', 'y') })).toBeUndefined()
  })

  test('are kept as JSON of hex, and what another list or subject holds is untouched', async () => {
    let kept: string | undefined
    const storage = { load: () => kept, save: (text: string) => void (kept = text) }
    const lists = await AccessLists.load(storage)
    await lists.deny('peers', Uint8Array.of(0, 1, 255))
    await lists.allow('authors', Uint8Array.of(0, 1, 10))
    await lists.deny('keys', '/a')
    expect(JSON.parse(kept ?? '')).toEqual({
      allow: { peers: [], authors: ['00010a'], keys: [] },
      deny: { peers: ['0001ff'], authors: [], keys: ['2f61'] }
    })
    const again = await AccessLists.load(storage)
    expect(again.admit(Uint8Array.of(0, 1, 255))?.code).toBe('SENDER_DENIED')
    expect(again.admit(Uint8Array.of(0, 1, 15))).toBeUndefined()
    expect(again.permit({ key, author: Uint8Array.of(0, 1, 10) })).toBeUndefined()
    expect(again.permit({ key, author: Uint8Array.of(0, 1, 255) })?.code).toBe('AUTHOR_DENIED')
    expect(again.permit({ key: new TextEncoder().encode('/ab') })?.code).toBe('KEY_DENIED')
    // a list that another version kept may lack a part
    kept = '{"deny":{"peers":["0001"]}}'
    const part = await AccessLists.load(storage)
    expect(part.admit(Uint8Array.of(0, 1))?.code).toBe('SENDER_DENIED')
    expect(part.permit({ key })).toBeUndefined()
    kept = '{}'
    expect((await AccessLists.load(storage)).admit(peer(1))).toBeUndefined()
  })

  test('an entry is a copy: the caller’s bytes stay the caller’s', async () => {
    const lists = new AccessLists()
    const handed = peer(1)
    await lists.deny('peers', handed)
    handed.fill(9)
    const saved: string[] = []
    const storage = { load: () => undefined, save: (text: string) => void saved.push(text) }
    const kept = await AccessLists.load(storage)
    const bytes = peer(1)
    await kept.deny('peers', bytes)
    bytes.fill(9)
    await kept.deny('authors', peer(2))
    expect(saved.at(-1)).toContain('00020001')
    expect(lists.admit(peer(1))?.code).toBe('SENDER_DENIED')
  })

  test('saves come one after another, however slow the storage is', async () => {
    const saved: string[] = []
    const ends: (() => void)[] = []
    const lists = new AccessLists({
      load: () => undefined,
      save: async (text) => {
        saved.push(text)
        await new Promise<void>((resolve) => ends.push(resolve))
      }
    })
    const first = lists.deny('peers', peer(1))
    const second_ = lists.deny('peers', peer(2))
    await Promise.resolve()
    await Promise.resolve()
    expect(saved.length).toBe(1)
    ends[0]?.()
    await first
    for (let turn = 0; turn < 10 && ends.length < 2; turn++) await Promise.resolve()
    expect(saved.length).toBe(2)
    ends[1]?.()
    await second_
    expect(saved[1]).toContain('00020002')
  })
})

describe('who may hand us records', () => {
  /** what a peer of this score is told */
  async function admitted(score: number, options: { ignoreBelow?: number; refuseBelow?: number } = {}) {
    const reputation = new PeerScores({ clock: () => start, weights: { ignore: score } })
    reputation.report(peer(1), 'ignore')
    return new PeerAccess({ scores: reputation, ...options }).admit(peer(1), key)
  }

  test('a peer at -50 may, below it is ignored, below -100 refused', async () => {
    expect(await admitted(-50)).toBeUndefined()
    expect(await admitted(-51)).toEqual({
      status: 'ignore',
      code: 'SENDER_SCORE_LOW',
      message: "the sender's score is -51.0"
    })
    expect(await admitted(-100)).toMatchObject({ status: 'ignore' })
    expect(await admitted(-101)).toEqual({
      status: 'reject',
      code: 'SENDER_SCORE_LOW',
      message: "the sender's score is -101.0"
    })
  })

  test('or as the options say', async () => {
    expect(await admitted(-5, { ignoreBelow: -4 })).toMatchObject({ status: 'ignore' })
    expect(await admitted(-50, { refuseBelow: -49, ignoreBelow: -10 })).toMatchObject({ status: 'reject' })
  })

  test('without any part everybody may, and reports go nowhere', async () => {
    const access = new PeerAccess()
    expect(await access.admit(peer(1), key)).toBeUndefined()
    access.report(peer(1), 'reject')
    const lists = new AccessLists()
    await lists.deny('peers', peer(1))
    expect(await new PeerAccess({ lists }).admit(peer(1), key)).toMatchObject({ code: 'SENDER_DENIED' })
  })

  test('reports feed the reputation', () => {
    const reputation = new PeerScores({ clock: () => start })
    new PeerAccess({ scores: reputation }).report(peer(1), 'reject')
    expect(reputation.score(peer(1))).toBe(-10)
  })

  test('who sends too much is told when to come again', async () => {
    const limiter = new TokenBucketLimiter({ points: 1, duration: 2, clock: () => start })
    const access = new PeerAccess({ limiter })
    expect(await access.admit(peer(1), key)).toBeUndefined()
    expect(await access.admit(peer(1), key)).toMatchObject({
      status: 'ignore',
      code: 'RATE_LIMITED',
      message: 'too many records from this sender; again in 2000 ms',
      cause: { msBeforeNext: 2000 }
    })
    const failing = new PeerAccess({ limiter: { consume: async () => Promise.reject(new Error('away')) } })
    expect(await failing.admit(peer(1), key)).toMatchObject({ message: 'the rate limiter failed' })
    // a limiter of another make may reject with nothing at all
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const silent = new PeerAccess({ limiter: { consume: async () => Promise.reject(null) } })
    expect(await silent.admit(peer(1), key)).toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('a caller who gave up while the limiter was asked gets the signal’s own reason, whatever the limiter says', async () => {
    const reason = new Error('no longer of interest')
    for (const answer of [async () => undefined, async () => Promise.reject(new Error('away'))]) {
      const controller = new AbortController()
      const access = new PeerAccess({
        limiter: {
          consume: async () => {
            controller.abort(reason)
            return answer()
          }
        }
      })
      await expect(access.admit(peer(1), key, { signal: controller.signal })).rejects.toBe(reason)
    }
  })
})

describe('reputation', () => {
  test('a record taken adds one, one ignored takes a tenth, a forgery ten; a part of it may be given otherwise', () => {
    const score = (status: 'accept' | 'ignore' | 'reject', weights = {}): number => {
      const reputation = new PeerScores({ clock: () => start, weights })
      reputation.report(peer(1), verdict)
      return reputation.score(peer(1))
    }
    expect((['accept', 'ignore', 'reject'] as const).map((verdict) => score(verdict))).toEqual([1, -0.1, -10])
    expect(score('reject', { accept: 3 })).toBe(-10)
    expect(score('accept', { accept: 3 })).toBe(3)
  })

  test('halves in an hour, or as given; a clock that goes back changes nothing', () => {
    const time = { now: start }
    const after = (elapsed: bigint, options = {}): number => {
      time.now = start
      const reputation = new PeerScores({ clock: () => time.now, ...options })
      for (let round = 0; round < 8; round++) reputation.report(peer(1), 'accept')
      time.now = start + elapsed
      return reputation.score(peer(1))
    }
    expect(after(0n)).toBe(8)
    expect(after(hour)).toBe(4)
    expect(after(3n * hour)).toBe(1)
    expect(after(second, { halfLife: second })).toBe(4)
    expect(after(-hour)).toBe(8)
  })

  test('a new verdict adds to what is left by then', () => {
    const time = { now: start }
    const reputation = new PeerScores({ clock: () => time.now })
    reputation.report(peer(1), 'reject')
    time.now += hour
    reputation.report(peer(1), 'reject')
    expect(reputation.score(peer(1))).toBe(-15)
    time.now += hour
    expect(reputation.score(peer(1))).toBe(-7.5)
  })

  test('whoever was heard of last is forgotten last; 10,000 are remembered', () => {
    const reputation = new PeerScores({ clock: () => start, maxPeers: 2 })
    for (const number of [1, 2, 1, 3]) reputation.report(peer(number), 'accept')
    expect([1, 2, 3].map((number) => reputation.score(peer(number)))).toEqual([2, 0, 1])
    const many = new PeerScores({ clock: () => start })
    for (let number = 0; number < 10_010; number++) many.report(peer(number), 'accept')
    expect(many.size).toBe(10_000)
    expect([peer(9), peer(10)].map((one) => many.score(one))).toEqual([0, 1])
  })
})

describe('token buckets', () => {
  test('tell what is left, and how long to wait for what was asked', async () => {
    const time = { now: start }
    const buckets = new TokenBucketLimiter({ points: 10, duration: 10, clock: () => time.now })
    expect(await buckets.consume('a', 4)).toEqual({ remainingPoints: 6 })
    expect(await buckets.consume('a')).toEqual({ remainingPoints: 5 })
    await expect(buckets.consume('a', 7)).rejects.toEqual({ msBeforeNext: 2000, remainingPoints: 5 })
    time.now += second / 2n
    await expect(buckets.consume('a', 7)).rejects.toEqual({ msBeforeNext: 1500, remainingPoints: 5 })
    expect(await buckets.consume('a', 5)).toEqual({ remainingPoints: 0 })
  })

  test('lose nothing when the clock goes back', async () => {
    const time = { now: start }
    const buckets = new TokenBucketLimiter({ points: 2, duration: 1, clock: () => time.now })
    await buckets.consume('a')
    time.now -= hour
    expect(await buckets.consume('a')).toEqual({ remainingPoints: 0 })
  })

  test('fill up to what they hold, and no further', async () => {
    const time = { now: start }
    const buckets = new TokenBucketLimiter({ points: 2, duration: 1, clock: () => time.now })
    await buckets.consume('a')
    time.now += hour
    expect(await buckets.consume('a', 2)).toEqual({ remainingPoints: 0 })
  })

  test('the one asked for last is forgotten last; 10,000 are kept', async () => {
    const buckets = new TokenBucketLimiter({ points: 5, duration: 1, maxBuckets: 2, clock: () => start })
    for (const name of ['a', 'b', 'a', 'c']) await buckets.consume(name)
    expect(await buckets.consume('a')).toEqual({ remainingPoints: 2 })
    expect(await buckets.consume('b')).toEqual({ remainingPoints: 4 })
    const many = new TokenBucketLimiter({ points: 1, duration: 1, clock: () => start })
    for (let number = 0; number < 10_010; number++) await many.consume(String(number))
    expect(many.size).toBe(10_000)
  })
})
