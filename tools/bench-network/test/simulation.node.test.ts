import { expect, test } from 'vitest'
import { lookUp } from '../src/simulation/look-up.ts'
import { k, Overlay, randomFrom } from '../src/simulation/overlay.ts'
import { simulate } from '../src/simulation/rows.ts'

const nearest = (overlay: Overlay, target: number, peers: readonly number[]): readonly number[] =>
  peers.toSorted((a, b) => overlay.distance(a, target) - overlay.distance(b, target)).slice(0, k)
const everybody = (overlay: Overlay): number[] => Array.from({ length: overlay.size }, (_, peer) => peer)
const setting = { size: 2000, share: 0.4, conduct: 'conspiring', records: 20, seed: 7 } as const

test('the same seed gives the same row, another seed another', () => {
  expect(simulate(setting)).toEqual(simulate(setting))
  expect(simulate({ ...setting, seed: 8 })).not.toEqual(simulate(setting))
})

test('a small network is asked as a whole: 9 and 19 others look up and keep, as in the network of real nodes', () => {
  for (const size of [10, 20]) {
    const row = simulate({ size, share: 0, conduct: 'mute', records: 50, seed: 1 })
    expect(row).toMatchObject({ putMessages: 2 * (size - 1), acknowledged: size - 1, kept: size - 1, found: 1 })
  }
  const { putMessages, acknowledged } = simulate({ size: 50, share: 0, conduct: 'mute', records: 50, seed: 1 })
  expect(acknowledged).toBe(20)
  expect(putMessages).toBeGreaterThanOrEqual(40)
  expect(putMessages).toBeLessThan(50)
})

test('a look-up among honest peers ends at the 20 closest of all', () => {
  const overlay = new Overlay(3000, 0, 3)
  const random = randomFrom(4)
  for (let round = 0; round < 20; round++) {
    const target = Math.floor(random() * 2 ** 32)
    const self = Math.floor(random() * overlay.size)
    const others = everybody(overlay).filter((peer) => peer !== self)
    expect(lookUp(overlay, self, target, { conduct: 'mute' }).closest).toEqual(nearest(overlay, target, others))
  }
})

test('a table has at most 20 of each prefix and all of the rare ones; conspirators name the closest of their own', () => {
  const overlay = new Overlay(1000, 0.2, 5)
  const self = 123
  const id = overlay.ids[self] as number
  expect(overlay.known(self, id).filter((peer) => peer !== self)).toEqual(
    nearest(
      overlay,
      id,
      everybody(overlay).filter((peer) => peer !== self)
    ).slice(0, overlay.known(self, id).length)
  )
  const hostile = everybody(overlay).filter((peer) => overlay.hostile[peer] === 1)
  expect(hostile).toHaveLength(200)
  expect(overlay.conspirators(id)).toEqual(nearest(overlay, id, hostile))
})

test('on one path conspirators draw look-ups to themselves, on twenty they do not', () => {
  const large = { size: 200_000, share: 0.4, conduct: 'conspiring', records: 60, seed: 1 } as const
  expect(simulate({ ...large, paths: 1 }).found).toBeLessThan(0.9)
  expect(simulate(large).found).toBe(1)
})
