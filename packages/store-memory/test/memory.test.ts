import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Aged } from '../src/age-list.ts'
import { AgeList } from '../src/age-list.ts'
import { SlabAllocator } from '../src/slab-allocator.ts'
import { growTypedArray } from '../src/grow-typed-array.ts'
import { MemoryIterator } from '../src/memory-iterator.ts'
import type { MemoryItems } from '../src/memory-iterator.ts'

// fast-check makes lists of up to ten items by default
fc.configureGlobal({ baseSize: 'large' })

describe('growTypedArray', () => {
  test.each([
    [4, 8],
    [7, 8],
    [8, 9],
    [100, 101]
  ])('returns an array that contains index %i and has length %i', (index, length) => {
    const signed = growTypedArray(Int32Array.of(1, -2, 3, 4), index)
    expect(signed).toBeInstanceOf(Int32Array)
    expect([...signed]).toEqual([1, -2, 3, 4, ...Array.from({ length: length - 4 }, () => 0)])
    const unsigned = growTypedArray(Uint32Array.of(1, 0xffffffff, 3, 4), index)
    expect(unsigned).toBeInstanceOf(Uint32Array)
    expect([...unsigned]).toEqual([1, 0xffffffff, 3, 4, ...Array.from({ length: length - 4 }, () => 0)])
  })
})

test('an age list keeps the order of addition when items are removed anywhere', () => {
  interface Item extends Aged {
    readonly id: number
  }
  const step = fc.record({ add: fc.boolean(), pick: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new AgeList<Item>()
      const expected: Item[] = []
      for (const [id, { add, pick }] of steps.entries()) {
        if (add || expected.length === 0) {
          const item: Item = { id, older: undefined, younger: undefined }
          list.add(item)
          expected.push(item)
        } else {
          const [item] = expected.splice(pick % expected.length, 1) as [Item]
          list.delete(item)
          expect([item.older, item.younger]).toEqual([undefined, undefined])
        }
        const found: Aged[] = []
        for (let at: Aged | undefined = list.oldest; at !== undefined; at = at.younger) {
          expect(at.older).toBe(found.at(-1))
          found.push(at)
        }
        expect(found).toEqual(expected)
      }
    })
  )
})

describe('the slab allocator', () => {
  test('places small allocations side by side in one slab', () => {
    const allocator = new SlabAllocator()
    const first = allocator.allocate(100)
    expect([allocator.offset, first.number, first.bytes.length, first.live]).toEqual([0, 0, 8192, 100])
    expect(first.bytes.buffer).toBe(first.buffer)
    expect(allocator.at(0)).toBe(first)
    expect(allocator.allocate(2048)).toBe(first)
    expect([allocator.offset, first.live]).toEqual([100, 2148])
    // up to its last byte
    expect(allocator.allocate(2048)).toBe(first)
    expect(allocator.allocate(2048)).toBe(first)
    expect(allocator.allocate(8192 - 100 - 3 * 2048)).toBe(first)
    expect([allocator.offset, first.live]).toEqual([100 + 3 * 2048, 8192])
    const second = allocator.allocate(1)
    expect([allocator.offset, second.number, second.bytes.length, second.live]).toEqual([0, 1, 65_536, 1])
  })

  test('places a large allocation in a slab of its own', () => {
    const allocator = new SlabAllocator()
    allocator.allocate(10)
    const own = allocator.allocate(2049)
    expect([allocator.offset, own.bytes.length, own.live]).toEqual([0, 2049, 2049])
    // the shared slab is still used
    expect(allocator.allocate(10).number).toBe(0)
    expect(allocator.offset).toBe(10)
  })

  test('releases a slab and its number when its last allocation is freed', () => {
    const allocator = new SlabAllocator()
    const shared = allocator.allocate(10)
    allocator.allocate(20)
    const own = allocator.allocate(5000)
    allocator.free(shared, 10)
    expect(allocator.at(0)).toBe(shared)
    expect(shared.live).toBe(20)
    allocator.free(shared, 20)
    expect(allocator.at(0)).toBeUndefined()
    // later allocations must not use the released slab
    const next = allocator.allocate(10)
    expect(next).not.toBe(shared)
    expect([next.number, allocator.offset]).toEqual([0, 0])
    allocator.free(own, 5000)
    expect(allocator.allocate(3000).number).toBe(1)
    expect(allocator.allocate(3000).number).toBe(2)
  })

  test('does not count released slabs as waste', () => {
    const allocator = new SlabAllocator()
    for (let count = 0; count < 40; count++) allocator.free(allocator.allocate(65_536), 65_536)
    expect(allocator.wasteful).toBe(false)
  })

  test('releases an older slab without affecting the current one', () => {
    const allocator = new SlabAllocator()
    const first = allocator.allocate(2000)
    for (let count = 0; count < 3; count++) expect(allocator.allocate(2000)).toBe(first)
    const second = allocator.allocate(2000)
    for (let count = 0; count < 4; count++) allocator.free(first, 2000)
    expect(allocator.allocate(2000)).toBe(second)
    expect(allocator.offset).toBe(2000)
  })

  test('is wasteful when it has allocated more than twice the used bytes and a mebibyte', () => {
    for (const [live, more, wasteful] of [
      [10, 0, false],
      [10, 1, true],
      [2000, 0, false],
      [2000, 1, true]
    ] as const) {
      const allocator = new SlabAllocator()
      allocator.allocate(live)
      expect(allocator.wasteful).toBe(false)
      // then all but one byte of this slab is freed
      const large = allocator.allocate(2 * (live + 1) + 1_048_576 - 8192 + more)
      expect(allocator.wasteful).toBe(false)
      allocator.free(large, large.live - 1)
      expect(allocator.wasteful).toBe(wasteful)
      const previous = allocator.reset()
      expect(previous[1]).toBe(large)
      expect(previous).toHaveLength(2)
      expect(allocator.wasteful).toBe(false)
      expect(allocator.allocate(10)).toMatchObject({ number: 0, live: 10 })
      expect([allocator.offset, allocator.at(0).bytes.length]).toEqual([0, 8192])
    }
  })
})

describe('a memory iterator', () => {
  const sourceOf = (start: () => Iterator<number, undefined>, check: () => void): MemoryItems<number> => ({
    prepare: () => undefined,
    start,
    check,
    signal: undefined
  })
  const over = (items: readonly number[], limit: number, check: () => void = () => {}): MemoryIterator<number> =>
    new MemoryIterator<number>(
      sourceOf(() => [...items].values() as Iterator<number, undefined>, check),
      limit
    )

  test('returns at most as many items as its limit, and then stays done', async () => {
    for (const [limit, expected] of [
      [0, []],
      [1, [1]],
      [3, [1, 2, 3]],
      [4, [1, 2, 3]]
    ] as const) {
      const iteration = over([1, 2, 3], limit)
      const found: number[] = []
      for await (const item of iteration) found.push(item)
      expect(found).toEqual(expected)
      expect(await iteration.next()).toEqual({ done: true, value: undefined })
    }
  })

  test('is done after return or dispose', async () => {
    const iteration = over([1, 2, 3], 9)
    expect(iteration[Symbol.asyncIterator]()).toBe(iteration)
    expect(await iteration.next()).toEqual({ done: false, value: 1 })
    expect(await iteration.return()).toEqual({ done: true, value: undefined })
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    const other = over([1, 2, 3], 9)
    await other[Symbol.asyncDispose]()
    expect(await other.next()).toEqual({ done: true, value: undefined })
  })

  test('starts once at the first step, and throws the error of its check once', async () => {
    let [starts, checks] = [0, 0]
    const reason = new Error('closed')
    const start = (): Iterator<number, undefined> => {
      starts++
      return [1, 2, 3].values() as Iterator<number, undefined>
    }
    const check = (): void => {
      if (++checks === 3) throw reason
    }
    const iteration = new MemoryIterator<number>(sourceOf(start, check), 9)
    expect(starts).toBe(0)
    expect(await iteration.next()).toEqual({ done: false, value: 1 })
    expect(await iteration.next()).toEqual({ done: false, value: 2 })
    expect(starts).toBe(1)
    await expect(iteration.next()).rejects.toBe(reason)
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(checks).toBe(3)
  })
})
