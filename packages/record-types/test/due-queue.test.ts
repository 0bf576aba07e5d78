import { DueQueue } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const names = Array.from({ length: 24 }, (_, number) => String.fromCharCode(97 + number))

const step = fc.record({
  name: fc.constantFrom(...names),
  at: fc.bigInt({ min: 0n, max: 99n }),
  remove: fc.boolean()
})

test('a due queue contains each name once, with its latest time, and returns the earliest entry first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const queue = new DueQueue<string>()
      const model = new Map<string, bigint>()
      for (const { name, at, remove } of steps) {
        if (remove) expect(queue.delete(name)).toBe(model.delete(name))
        else {
          queue.set(name, at, `${name} at ${at}`)
          model.set(name, at)
        }
        expect(queue.size).toBe(model.size)
        for (const letter of names) {
          expect(queue.has(letter)).toBe(model.has(letter))
          expect(queue.get(letter)?.at).toBe(model.get(letter))
        }
        const times = [...model.values()].sort((a, b) => Number(a - b))
        expect(queue.first()?.at).toBe(times[0])
        expect(queue.entries().map((entry) => entry.at)).toEqual(times)
        expect(
          queue
            .entries()
            .map(({ item }) => item)
            .sort()
        ).toEqual([...model].map(([known, time]) => `${known} at ${time}`).sort())
      }
      // removed one by one, each is the earliest of the remaining entries
      for (const { at, item } of queue.entries()) {
        expect(queue.first()?.at).toBe(at)
        queue.delete((queue.first()?.item ?? item).slice(0, 1))
      }
      expect(queue.first()).toBeUndefined()
    }),
    { numRuns: 100 }
  )
})

test('a due queue returns the remaining entries in order after entries in its middle are removed', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 8, maxLength: 24, size: 'max' })
  fc.assert(
    fc.property(times, fc.array(fc.nat({ max: 23 }), { minLength: 1, maxLength: 3 }), (all, removed) => {
      const queue = new DueQueue<number>()
      for (const time of all) queue.set(String(time), BigInt(time), time)
      for (const index of removed) queue.delete(String(all[index % all.length]))
      const left = all.filter((time) => queue.has(String(time)))
      const order: number[] = []
      for (let first = queue.first(); first !== undefined; first = queue.first()) {
        order.push(first.item)
        queue.delete(String(first.item))
      }
      expect(order).toEqual(left.sort((a, b) => a - b))
    }),
    { numRuns: 1000 }
  )
})
