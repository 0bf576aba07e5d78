import { expect, test } from 'vitest'
import { measure } from '../src/timing/measure.ts'
import { largestT, welch } from '../src/timing/welch.ts'

/** Repeatable noise around a mean. */
function noise(middle: number, count: number, seed: number): number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return middle + (state / 2 ** 32 - 0.5) * 100
  })
}

test("Welch's t is small for two samples of one distribution, and large for a difference far below the noise", () => {
  expect(Math.abs(welch(noise(1000, 20_000, 1), noise(1000, 20_000, 2)))).toBeLessThan(4.5)
  expect(Math.abs(welch(noise(1000, 20_000, 1), noise(1003, 20_000, 2)))).toBeGreaterThan(9)
})

test("Welch's t equals the value of the formula", () => {
  expect(welch([1, 2, 3], [2, 4, 6])).toBeCloseTo(-2 / Math.sqrt(1 / 3 + 4 / 3), 10)
  expect(welch([5, 5], [5, 5])).toBe(0)
})

test('the largest t over all crops finds a difference that a slow tail hides', () => {
  const tail = Array.from({ length: 500 }, (_, index) => 1e6 * (index + 1))
  const times = { fixed: [...noise(1000, 20_000, 1), ...tail], random: [...noise(1003, 20_000, 2), ...tail] }
  expect(Math.abs(welch(times.fixed, times.random))).toBeLessThan(4.5)
  expect(Math.abs(largestT(times))).toBeGreaterThan(4.5)
})

test('measures both classes in random order, with all calls of each sample', async () => {
  const asked: number[] = []
  let turn = 0
  const times = await measure(
    {
      title: 'toy',
      claim: 'may depend on the secret',
      samples: 40,
      calls: 2,
      prepare: () => ({ fixed: [0], random: [1] }),
      run: (input: number) => asked.push(input)
    },
    () => ((turn++ * 7) % 10) / 10
  )
  expect(times.fixed.length + times.random.length).toBe(40)
  expect(Math.min(times.fixed.length, times.random.length)).toBeGreaterThan(5)
  expect(asked.length).toBe(2 * 44)
})
