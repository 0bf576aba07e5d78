import { expect, test } from 'vitest'
import {
  couldBeEclipsed,
  eclipseDensity,
  isIn,
  membersOf,
  partsOf,
  randomIn,
  regionAround
} from '../src/eclipse-region.ts'
import { distanceBetween } from '../src/kademlia-id.ts'
import { NetworkSize } from '../src/network-size.ts'

const all = 2 ** 48
const day = 86_400_000_000_000n

/** A generator of numbers from 0 to below 1, the same in each run. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

const idsOf = (count: number, random: () => number): number[] =>
  Array.from({ length: count }, () => Math.floor(random() * 2 ** 24) * 2 ** 24 + Math.floor(random() * 2 ** 24))

/** The distances of the closest nodes. */
const nearest = (ids: readonly number[], key: number, count = 20): number[] =>
  ids
    .map((id) => distanceBetween(key, id))
    .toSorted((a, b) => a - b)
    .slice(0, count)

test.for([200, 1000, 10_000])('ten random look-ups estimate the size of a network of %i nodes', (count) => {
  const random = randomOf(count)
  const ids = idsOf(count, random)
  for (let node = 0; node < 10; node++) {
    const size = new NetworkSize()
    for (let sample = 0; sample < 10; sample++) {
      expect(size.nodes(0n)).toBeUndefined()
      size.add(nearest(ids, idsOf(1, random)[0] as number).at(-1) as number, 0n)
    }
    expect((size.nodes(0n) as number) / count).toBeGreaterThan(0.7)
    expect((size.nodes(0n) as number) / count).toBeLessThan(1.4)
  }
})

test('an estimate needs ten look-ups of the last two days, and a new one is due after a tenth of a day', () => {
  const size = new NetworkSize()
  expect(size.isDue(0n)).toBe(true)
  for (let sample = 0; sample < 10; sample++) size.add(all / 50, 0n)
  expect((size.nodes(0n) as number) / 1000).toBeCloseTo(1, 1)
  expect([size.isDue(0n), size.isDue(day / 10n - 1n), size.isDue(day / 10n)]).toEqual([false, false, true])
  size.add(all / 100, day)
  expect((size.nodes(2n * day - 1n) as number) / 1000).toBeCloseTo(1, 1)
  expect(size.nodes(2n * day)).toBeUndefined()
})

test('an estimate hardly changes when four of its ten look-ups were wrong', () => {
  for (const wrong of [0.001, 1000]) {
    const size = new NetworkSize()
    for (let sample = 0; sample < 10; sample++) size.add((all / 50) * (sample < 4 ? wrong : 1), 0n)
    expect((size.nodes(0n) as number) / 1000).toBeCloseTo(1, 1)
  }
})

test('a look-up is due ten minutes after a key seemed to be eclipsed, and none within ten minutes after one that failed', () => {
  const size = new NetworkSize()
  const minutes = 600_000_000_000n
  size.failed(0n)
  expect([size.isDue(minutes - 1n), size.isDue(minutes)]).toEqual([false, true])
  for (let sample = 0; sample < 10; sample++) size.add(all / 50, 0n)
  expect(size.isDue(minutes)).toBe(false)
  size.suspect()
  expect([size.isDue(minutes - 1n), size.isDue(minutes)]).toEqual([false, true])
  size.add(all / 50, minutes)
  expect(size.isDue(2n * minutes)).toBe(false)
})

test('a clock that was set back makes the estimate unknown', () => {
  const size = new NetworkSize()
  for (let sample = 0; sample < 10; sample++) size.add(all / 50, day)
  expect(size.nodes(day - 1n)).toBeUndefined()
})

test('a key is judged only with 20 answers and an estimate of at least 200 nodes', () => {
  const distances = Array.from({ length: 20 }, (_, index) => index + 1)
  expect(eclipseDensity(distances, 200)).toBeGreaterThan(1000)
  expect(eclipseDensity(distances.slice(1), 200)).toBeUndefined()
  expect(eclipseDensity(distances, 199)).toBeUndefined()
  expect(eclipseDensity(distances, undefined)).toBeUndefined()
})

test('a key is eclipsed when its 20 closest peers are at least three times as dense as the network', () => {
  const distances = (density: number): number[] =>
    Array.from({ length: 25 }, (_, index) => ((index + 1) * all) / (1000 * density))
  expect(eclipseDensity(distances(2.9), 1000)).toBeUndefined()
  expect(eclipseDensity(distances(3.1).toReversed(), 1000)).toBeCloseTo(3.1)
  expect(couldBeEclipsed(distances(2.9), 1000)).toBe(false)
  expect(couldBeEclipsed(distances(3.1).slice(0, 10), 1000)).toBe(true)
  expect(couldBeEclipsed(distances(3.1).slice(0, 9), 1000)).toBe(false)
})

test('of 20,000 honest keys with an exact estimate at most five are judged to be eclipsed', () => {
  const random = randomOf(5)
  const ids = idsOf(400, random)
  const keys = idsOf(20_000, random)
  const isFlagged = keys.filter((key) => eclipseDensity(nearest(ids, key), 400) !== undefined)
  expect(isFlagged.length).toBeLessThanOrEqual(5)
})

test('a region contains 32 to 64 nodes on average, and the key', () => {
  const [key] = idsOf(1, randomOf(7)) as [number]
  for (const nodes of [200, 1000, 10_000, 1_000_000]) {
    const region = regionAround(key, nodes)
    const expected = nodes / 2 ** region.length
    expect(expected).toBeGreaterThanOrEqual(32)
    expect(expected).toBeLessThan(64)
    expect(isIn(region, key)).toBe(true)
  }
  expect(regionAround(key, 20).length).toBe(0)
})

test('the four parts of a region contain each of its IDs once', () => {
  const random = randomOf(9)
  const region = regionAround(idsOf(1, random)[0] as number, 5000)
  const parts = partsOf(region)
  for (let count = 0; count < 1000; count++) {
    const id = randomIn(region, random)
    expect(isIn(region, id)).toBe(true)
    expect(parts.filter((part) => isIn(part, id))).toHaveLength(1)
  }
})

test('at most 100 members are chosen evenly from the parts of a region, in random order', () => {
  const random = randomOf(11)
  const key = idsOf(1, random)[0] as number
  const region = regionAround(key, 5000)
  const [, ...others] = partsOf(region).toSorted((a, b) => Number(isIn(b, key)) - Number(isIn(a, key)))
  const honest = others.flatMap((part) => Array.from({ length: 12 }, () => ({ id: randomIn(part, random) })))
  const generated = Array.from({ length: 500 }, (_, index) => ({ id: distanceBetween(key, index) }))
  const members = membersOf(region, [...generated, ...honest], random)
  expect(members).toHaveLength(100)
  expect(members.filter((member) => honest.includes(member))).toHaveLength(36)
  // the nearest are not the first, and each round has all parts
  const first = members.slice(0, 40).filter((member) => generated.includes(member))
  expect(first).toHaveLength(10)
  expect(first).not.toEqual(generated.slice(0, 10))
})

test('all peers of a region with fewer than 100 are members, and no peer outside of it', () => {
  const random = randomOf(13)
  const region = regionAround(idsOf(1, random)[0] as number, 5000)
  const peers = Array.from({ length: 60 }, () => ({ id: randomIn(region, random) }))
  const outside = idsOf(100, random).filter((id) => !isIn(region, id))
  const members = membersOf(region, [...outside.map((id) => ({ id })), ...peers], random)
  expect(new Set(members)).toEqual(new Set(peers))
})
