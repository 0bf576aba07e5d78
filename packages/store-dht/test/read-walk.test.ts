import { ReadWalk } from '../src/read-walk.ts'
import { expect, test } from 'vitest'

/** Peers are numbers, which are their distances too. */
const at = (...peers: readonly number[]): (readonly [number, number])[] => peers.map((peer) => [peer, peer])
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)
const sorted = (peers: readonly number[]): number[] => peers.toSorted((a, b) => a - b)

test('a walk asks the 13 nearest peers of the routing table first, and each peer once', () => {
  const walk = new ReadWalk(at(...range(100, 20).toReversed()), () => 0)
  expect(sorted(walk.take())).toEqual(range(100, 13))
  expect(sorted(walk.reserve)).toEqual(range(113, 7))
  expect(walk.take()).toEqual([])
  expect(walk.ended).toBe(false)
  walk.answered(100, at(5, 105, 101))
  walk.answered(101, at(5))
  expect(sorted(walk.take())).toEqual([5, ...range(113, 7)])
  expect(walk.reserve).toEqual([])
})

test('a walk does not ask the other peers of the routing table when all answers name known peers, and has ended', () => {
  const walk = new ReadWalk(at(...range(100, 20)), () => 0)
  for (const peer of walk.take()) walk.answered(peer, at(...range(100, 20)))
  expect(walk.take()).toEqual([])
  expect(walk.ended).toBe(true)
  expect(walk.progress.status).toBe('done')
})

test('a walk asks the other peers of the routing table as soon as a peer fails', () => {
  const walk = new ReadWalk(at(...range(100, 20)), () => 0)
  walk.take()
  walk.failed(104)
  expect(sorted(walk.take())).toEqual(range(113, 7))
})

test('a walk of which more answers are needed asks the other peers of the routing table', () => {
  const walk = new ReadWalk(at(...range(100, 20)), () => 0)
  for (const peer of walk.take()) walk.answered(peer, [])
  walk.useReserve()
  expect(walk.ended).toBe(false)
  expect(sorted(walk.take())).toEqual(range(113, 7))
})

test('a walk without peers has ended', () => {
  expect(new ReadWalk<number>([], () => 0).ended).toBe(true)
})

test('a walk ends when every peer has answered or failed', () => {
  const walk = new ReadWalk(at(1, 2), () => 0)
  walk.take()
  walk.answered(1, at(2, 1))
  expect(walk.ended).toBe(false)
  walk.failed(2)
  expect(walk.ended).toBe(true)
  expect(walk.progress.status).toBe('done')
})

test('a path asks only peers that are closer than the one that named them', () => {
  const walk = new ReadWalk(at(100), () => 0)
  walk.take()
  walk.answered(100, at(101, 99, 100))
  expect(walk.take()).toEqual([99])
})

test('of the peers that one answer named, at most three are asked at a time, the nearest first', () => {
  const walk = new ReadWalk(at(100), () => 0)
  walk.take()
  walk.answered(100, at(...range(1, 10)))
  expect(walk.take()).toEqual([1, 2, 3])
  expect(walk.take()).toEqual([])
  walk.failed(2)
  expect(walk.take()).toEqual([4])
  walk.answered(1, [])
  expect(walk.take()).toEqual([5])
})

test('invented peers of one answer leave places for those of another answer', () => {
  const walk = new ReadWalk(at(100, ...range(500, 9), 90), () => 0)
  walk.take()
  // 100 and 90 are on one path
  walk.answered(100, at(...range(1, 20)))
  expect(walk.take()).toEqual([1, 2, 3])
  walk.answered(90, at(50, 51))
  expect(walk.take()).toEqual([50, 51])
})

test('a path asks at most ten peers at a time', () => {
  const walk = new ReadWalk(at(...range(1000, 40)), () => 0)
  // four peers of the routing table are on each path
  walk.useReserve()
  walk.take()
  for (let index = 0; index < 3; index++) walk.answered(1000 + 10 * index, at(...range(100 + 10 * index, 5)))
  // 1030 and three of each answer
  expect(sorted(walk.take())).toEqual([100, 101, 102, 110, 111, 112, 120, 121, 122])
  walk.answered(1030, at(1, 2))
  expect(walk.take()).toEqual([1])
})

test('of an answer the first 20 peers are used', () => {
  const walk = new ReadWalk(at(1000), () => 0)
  walk.take()
  walk.answered(1000, at(...range(100, 21)))
  const asked: number[] = []
  for (let next = walk.take(); next.length > 0; next = walk.take()) {
    asked.push(...next)
    for (const peer of next) walk.failed(peer)
  }
  expect(sorted(asked)).toEqual(range(100, 20))
})

test('a path ends when it knows no peer closer than the 20 closest that answered on it', () => {
  const walk = new ReadWalk(at(1000), () => 0)
  walk.take()
  walk.answered(1000, at(...range(100, 19), 999))
  for (let next = walk.take(); next.length > 0; next = walk.take()) {
    expect(next).not.toContain(999)
    for (const peer of next) walk.answered(peer, peer < 100 ? [] : at(...range(peer - 60, 3)))
  }
  expect(walk.ended).toBe(true)
})

test('an answer after a failure, and one of a peer that was not asked, change nothing', () => {
  const walk = new ReadWalk(at(1, 2), () => 0)
  walk.answered(1, at(0.5))
  walk.take()
  walk.failed(1)
  walk.answered(1, at(0.5))
  walk.answered(7, at(0.5))
  expect(walk.take()).toEqual([])
})
