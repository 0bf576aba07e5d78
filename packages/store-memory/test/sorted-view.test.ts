import { compareBytes } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { SortedItems } from '../src/sorted-items.ts'
import { SortedView } from '../src/sorted-view.ts'

afterEach(() => vi.restoreAllMocks())

const everything = { start: undefined, end: undefined, reverse: false, limit: Infinity, empty: false }

function keyOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
}

/** Numbers in a view. Counts what the view does with them: comparisons, looks at keys, and whether a number exists. */
class Numbers implements SortedItems<number> {
  readonly existing = new Set<number>()
  readonly view = new SortedView<number>(this)
  comparisons = 0
  looks = 0

  all(): Iterable<number> {
    return this.existing
  }

  exists(number: number): boolean {
    this.looks++
    return this.existing.has(number)
  }

  key(number: number): Uint8Array {
    this.looks++
    if (!this.existing.has(number)) throw new Error(`${number} does not exist`)
    return keyOf(number)
  }

  compare(key: Uint8Array, other: Uint8Array): number {
    this.comparisons++
    return compareBytes(key, other)
  }

  add(number: number): void {
    this.existing.add(number)
    this.view.add(number)
  }

  delete(number: number): void {
    this.existing.delete(number)
    this.view.delete()
  }

  inOrder(): number[] {
    return [...this.view.within(everything)]
  }
}

/** All numbers below a power of two, in mixed order. */
function mixed(count: number): number[] {
  return Array.from({ length: count }, (_, number) => Math.imul(number, 0x9e3779b1) & (count - 1))
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((a, b) => a - b)
}

test('the first iteration over n keys takes n log n comparisons, and looks at each key a few times', async () => {
  for (const count of [2 ** 10, 2 ** 13, 2 ** 16]) {
    const numbers = new Numbers()
    for (const number of mixed(count)) numbers.add(number)
    await numbers.view.prepare()
    expect(numbers.comparisons).toBeLessThan(1.2 * count * Math.log2(count))
    expect(numbers.looks).toBeLessThan(10 * count)
    expect(numbers.inOrder()).toEqual(ascending(numbers.existing))
  }
})

test('an iteration after as many new keys as there were takes n log n comparisons', async () => {
  const count = 2 ** 15
  const numbers = new Numbers()
  for (const number of mixed(count)) numbers.add(2 * number)
  await numbers.view.prepare()
  numbers.comparisons = numbers.looks = 0
  for (const number of mixed(count)) numbers.add(2 * number + 1)
  await numbers.view.prepare()
  // the positions among the old keys are searched
  expect(numbers.comparisons).toBeLessThan(2 * count * Math.log2(count))
  expect(numbers.looks).toBeLessThan(30 * count)
  expect(numbers.inOrder()).toEqual(ascending(numbers.existing))
})

test('an iteration after one new key looks at one part of the keys', () => {
  const numbers = new Numbers()
  for (const number of mixed(2 ** 16)) numbers.add(2 * number)
  expect(numbers.inOrder()).toHaveLength(2 ** 16)
  numbers.looks = 0
  numbers.add(2 ** 16 + 1)
  numbers.view.within(everything).next()
  expect(numbers.looks).toBeLessThan(2500)
})

test('sorting looks at a few thousand keys in one piece', async () => {
  const numbers = new Numbers()
  let most = 0
  let before = 0
  // no turn has time: every piece waits for one of its own
  vi.spyOn(turns, 'wait').mockImplementation(async () => {
    most = Math.max(most, numbers.looks - before)
    before = numbers.looks
  })
  for (const number of mixed(2 ** 15)) numbers.add(2 * number)
  await numbers.view.prepare()
  for (let number = 1; number < 2 ** 16; number += 64) numbers.add(number)
  await numbers.view.prepare()
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(10_000)
  expect(numbers.inOrder()).toEqual(ascending(numbers.existing))
})

const change = fc.record({
  type: fc.constantFrom('add', 'delete', 'sort', 'iterate'),
  first: fc.nat({ max: 4000 }),
  count: fc.constantFrom(1, 70, 700),
  step: fc.constantFrom(1, 7)
})

test('a view returns the existing items in order after any changes, also while it sorts', async () => {
  vi.spyOn(turns, 'wait').mockImplementation(async () => undefined)
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      const numbers = new Numbers()
      const running: Promise<void>[] = []
      for (const { type, first, count, step } of changes) {
        const touched = Array.from({ length: count }, (_, index) => (first + index * step) % 5000)
        if (type === 'sort') running.push(numbers.view.prepare() ?? Promise.resolve())
        else if (type === 'iterate') expect(numbers.inOrder()).toEqual(ascending(numbers.existing))
        else
          for (const number of touched) {
            if (type === 'add' && !numbers.existing.has(number)) numbers.add(number)
            if (type === 'delete' && numbers.existing.has(number)) numbers.delete(number)
          }
        // one piece of what is running
        await Promise.resolve()
      }
      await Promise.all(running)
      expect(numbers.inOrder()).toEqual(ascending(numbers.existing))
    }),
    { numRuns: 60 }
  )
})
