import { PeerScores } from '@recordkit/record-access'
import { hour } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const start = 1_790_000_000_000_000_000n
const peer = (number: number): Uint8Array => Uint8Array.of(0, 2, number >> 8, number & 0xff)

describe('a peer score', () => {
  test('changes by 1, -0.1 or -10 with each result, or by the weights of the options', () => {
    const score = (status: 'accept' | 'ignore' | 'reject', weights = {}): number => {
      const scores = new PeerScores({ clock: () => start, weights })
      scores.report(peer(1), status)
      return scores.score(peer(1))
    }
    expect((['accept', 'ignore', 'reject'] as const).map((status) => score(status))).toEqual([1, 0, -10])
    expect(score('reject', { accept: 3 })).toBe(-10)
    expect(score('accept', { accept: 3 })).toBe(3)
  })

  test('halves in an hour, or in the half-life of the options, and ignores a clock that goes back', () => {
    const time = { now: start }
    const scoreAfter = (elapsed: bigint, options = {}): number => {
      time.now = start
      const scores = new PeerScores({ clock: () => time.now, ...options })
      for (let round = 0; round < 8; round++) scores.report(peer(1), 'accept')
      time.now = start + elapsed
      return scores.score(peer(1))
    }
    expect(scoreAfter(0n)).toBe(8)
    expect(scoreAfter(hour)).toBe(4)
    expect(scoreAfter(3n * hour)).toBe(1)
    expect(scoreAfter(1_000_000_000n, { halfLife: 1000 })).toBe(4)
    expect(scoreAfter(-hour)).toBe(8)
  })

  test('adds a new result to the decayed score', () => {
    const time = { now: start }
    const scores = new PeerScores({ clock: () => time.now })
    scores.report(peer(1), 'reject')
    time.now += hour
    scores.report(peer(1), 'reject')
    expect(scores.score(peer(1))).toBe(-15)
    time.now += hour
    expect(scores.score(peer(1))).toBe(-7.5)
  })

  test('is removed first when its peer was reported longest ago, at 10,000 peers by default', () => {
    const scores = new PeerScores({ clock: () => start, maxPeers: 2 })
    for (const number of [1, 2, 1, 3]) scores.report(peer(number), 'accept')
    expect([1, 2, 3].map((number) => scores.score(peer(number)))).toEqual([2, 0, 1])
    const many = new PeerScores({ clock: () => start })
    for (let number = 0; number < 10_010; number++) many.report(peer(number), 'accept')
    expect(many.size).toBe(10_000)
    expect([peer(9), peer(10)].map((one) => many.score(one))).toEqual([0, 1])
  })

  test('never exceeds 100, and is removed like any other', () => {
    const scores = new PeerScores({ clock: () => start, maxPeers: 10 })
    for (let round = 0; round < 1000; round++) scores.report(peer(1), 'accept')
    expect(scores.score(peer(1))).toBe(100)
    for (let number = 2; number < 50; number++) scores.report(peer(number), 'accept')
    expect(scores.size).toBe(10)
    expect(scores.score(peer(1))).toBe(0)
  })
})

test('peer scores reject options that are not positive numbers', () => {
  for (const options of [{ halfLife: 0 }, { halfLife: 1n as unknown as number }, { maxPeers: 0.5 }, { maxPeers: -1 }]) {
    expect(() => new PeerScores(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
})

test('peer scores name a weight that is not a finite number', () => {
  for (const name of ['accept', 'ignore', 'reject']) {
    for (const [value, shown] of [
      [Number.NaN, 'NaN'],
      [5n, 'the bigint 5n']
    ] as const) {
      expect(() => new PeerScores({ weights: { [name]: value as number } })).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: `weights.${name} is ${shown}; a finite number is expected`
        })
      )
    }
  }
})
