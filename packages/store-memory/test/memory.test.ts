import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Aged } from '../src/age-list.ts'
import { AgeList } from '../src/age-list.ts'
import { SlabAllocator } from '../src/slab-allocator.ts'
import { growTypedArray } from '../src/grow-typed-array.ts'
import { MemoryIterator } from '../src/memory-iterator.ts'

// as long as they may be: by itself fast-check makes no list of more than ten
fc.configureGlobal({ baseSize: 'large' })

describe('numbers that grow', () => {
  test.each([
    [4, 8],
    [7, 8],
    [8, 9],
    [100, 101]
  ])('have a place %i, and room to go on', (index, length) => {
    const signed = growTypedArray(Int32Array.of(1, -2, 3, 4), index)
    expect(signed).toBeInstanceOf(Int32Array)
    expect([...signed]).toEqual([1, -2, 3, 4, ...Array.from({ length: length - 4 }, () => 0)])
    const unsigned = growTypedArray(Uint32Array.of(1, 0xffffffff, 3, 4), index)
    expect(unsigned).toBeInstanceOf(Uint32Array)
    expect([...unsigned]).toEqual([1, 0xffffffff, 3, 4, ...Array.from({ length: length - 4 }, () => 0)])
  })
})

test('things stand by age, and leave from anywhere', () => {
  interface Thing extends Aged {
    readonly id: number
  }
  const step = fc.record({ add: fc.boolean(), pick: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new AgeList<Thing>()
      const held: Thing[] = []
      for (const [id, { add, pick }] of steps.entries()) {
        if (add || held.length === 0) {
          const thing: Thing = { id, older: undefined, younger: undefined }
          list.add(thing)
          held.push(thing)
        } else {
          const [thing] = held.splice(pick % held.length, 1) as [Thing]
          list.delete(thing)
          expect([thing.older, thing.younger]).toEqual([undefined, undefined])
        }
        const found: Aged[] = []
        for (let at: Aged | undefined = list.oldest; at !== undefined; at = at.younger) {
          expect(at.older).toBe(found.at(-1))
          found.push(at)
        }
        expect(found).toEqual(held)
      }
    })
  )
})

describe('chunks', () => {
  test('are shared by what is small, side by side', () => {
    const chunks = new SlabAllocator()
    const first = chunks.take(100)
    expect([chunks.offset, first.number, first.bytes.length, first.live]).toEqual([0, 0, 8192, 100])
    expect(first.bytes.buffer).toBe(first.buffer)
    expect(chunks.at(0)).toBe(first)
    expect(chunks.take(2048)).toBe(first)
    expect([chunks.offset, first.live]).toEqual([100, 2148])
    // up to its last byte
    expect(chunks.take(2048)).toBe(first)
    expect(chunks.take(2048)).toBe(first)
    expect(chunks.take(8192 - 100 - 3 * 2048)).toBe(first)
    expect([chunks.offset, first.live]).toEqual([100 + 3 * 2048, 8192])
    const second = chunks.take(1)
    expect([chunks.offset, second.number, second.bytes.length, second.live]).toEqual([0, 1, 65_536, 1])
  })

  test('are of one thing alone where it is large', () => {
    const chunks = new SlabAllocator()
    chunks.take(10)
    const own = chunks.take(2049)
    expect([chunks.offset, own.bytes.length, own.live]).toEqual([0, 2049, 2049])
    // and the shared one goes on
    expect(chunks.take(10).number).toBe(0)
    expect(chunks.offset).toBe(10)
  })

  test('are given back when the last of their things leaves, and their numbers with them', () => {
    const chunks = new SlabAllocator()
    const shared = chunks.take(10)
    chunks.take(20)
    const own = chunks.take(5000)
    chunks.free(shared, 10)
    expect(chunks.at(0)).toBe(shared)
    expect(shared.live).toBe(20)
    chunks.free(shared, 20)
    expect(chunks.at(0)).toBeUndefined()
    // what comes now must not go into the one that was given back
    const next = chunks.take(10)
    expect(next).not.toBe(shared)
    expect([next.number, chunks.offset]).toEqual([0, 0])
    chunks.free(own, 5000)
    expect(chunks.take(3000).number).toBe(1)
    expect(chunks.take(3000).number).toBe(2)
  })

  test('that were given back are no waste', () => {
    const chunks = new SlabAllocator()
    for (let count = 0; count < 40; count++) chunks.free(chunks.take(65_536), 65_536)
    expect(chunks.wasteful).toBe(false)
  })

  test('that are not the newest are given back alone', () => {
    const chunks = new SlabAllocator()
    const first = chunks.take(2000)
    for (let count = 0; count < 3; count++) expect(chunks.take(2000)).toBe(first)
    const second = chunks.take(2000)
    for (let count = 0; count < 4; count++) chunks.free(first, 2000)
    expect(chunks.take(2000)).toBe(second)
    expect(chunks.offset).toBe(2000)
  })

  test('are wasteful when they hold more than twice what lives and a mebibyte', () => {
    for (const [live, more, wasteful] of [
      [10, 0, false],
      [10, 1, true],
      [2000, 0, false],
      [2000, 1, true]
    ] as const) {
      const chunks = new SlabAllocator()
      chunks.take(live)
      expect(chunks.wasteful).toBe(false)
      // of this one, all but a byte is left
      const large = chunks.take(2 * (live + 1) + 1_048_576 - 8192 + more)
      expect(chunks.wasteful).toBe(false)
      chunks.free(large, large.live - 1)
      expect(chunks.wasteful).toBe(wasteful)
      const before = chunks.renew()
      expect(before[1]).toBe(large)
      expect(before).toHaveLength(2)
      expect(chunks.wasteful).toBe(false)
      expect(chunks.take(10)).toMatchObject({ number: 0, live: 10 })
      expect([chunks.offset, chunks.at(0).bytes.length]).toEqual([0, 8192])
    }
  })
})

describe('an iteration in memory', () => {
  const over = (items: readonly number[], limit: number, check: () => void = () => {}): MemoryIterator<number> =>
    new MemoryIterator<number>(() => [...items].values() as Iterator<number, undefined>, limit, check)

  test('gives at most so many, and then nothing more', async () => {
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

  test('ends when it is told to', async () => {
    const iteration = over([1, 2, 3], 9)
    expect(iteration[Symbol.asyncIterator]()).toBe(iteration)
    expect(await iteration.next()).toEqual({ done: false, value: 1 })
    expect(await iteration.return()).toEqual({ done: true, value: undefined })
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    const other = over([1, 2, 3], 9)
    await other[Symbol.asyncDispose]()
    expect(await other.next()).toEqual({ done: true, value: undefined })
  })

  test('begins when it is asked for the first, once, and throws once what its check throws', async () => {
    let [begun, asked] = [0, 0]
    const reason = new Error('closed')
    const iteration = new MemoryIterator<number>(
      () => {
        begun++
        return [1, 2, 3].values() as Iterator<number, undefined>
      },
      9,
      () => {
        if (++asked === 3) throw reason
      }
    )
    expect(begun).toBe(0)
    expect(await iteration.next()).toEqual({ done: false, value: 1 })
    expect(await iteration.next()).toEqual({ done: false, value: 2 })
    expect(begun).toBe(1)
    await expect(iteration.next()).rejects.toBe(reason)
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(asked).toBe(3)
  })
})
