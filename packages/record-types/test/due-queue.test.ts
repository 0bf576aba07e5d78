import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RepublishQueue } from '../src/internal/due-queue.ts'

const names = Array.from({ length: 24 }, (_, number) => String.fromCharCode(97 + number))

const step = fc.record({
  name: fc.constantFrom(...names),
  at: fc.bigInt({ min: 0n, max: 99n }),
  removes: fc.boolean()
})

test('has each name once, at the time it was last given, and what is due next stands first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const schedule = new RepublishQueue<string>()
      const model = new Map<string, bigint>()
      for (const { name, at, removes } of steps) {
        if (removes) expect(schedule.delete(name)).toBe(model.delete(name))
        else {
          schedule.set(name, at, `${name} at ${at}`)
          model.set(name, at)
        }
        expect(schedule.size).toBe(model.size)
        for (const letter of names) expect(schedule.has(letter)).toBe(model.has(letter))
        const times = [...model.values()].sort((a, b) => Number(a - b))
        expect(schedule.first()?.at).toBe(times[0])
        expect(schedule.entries().map((entry) => entry.at)).toEqual(times)
        expect(
          schedule
            .entries()
            .map(({ item }) => item)
            .sort()
        ).toEqual([...model].map(([known, time]) => `${known} at ${time}`).sort())
      }
      // taken one by one, each is the earliest of those that are left
      for (const { at, item } of schedule.entries()) {
        expect(schedule.first()?.at).toBe(at)
        schedule.delete((schedule.first()?.item ?? item).slice(0, 1))
      }
      expect(schedule.first()).toBeUndefined()
    }),
    { numRuns: 100 }
  )
})

test('whatever was taken out of the middle, the rest comes in order', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 8, maxLength: 24, size: 'max' })
  fc.assert(
    fc.property(times, fc.array(fc.nat({ max: 23 }), { minLength: 1, maxLength: 3 }), (all, gone) => {
      const schedule = new RepublishQueue<number>()
      for (const time of all) schedule.set(String(time), BigInt(time), time)
      for (const index of gone) schedule.delete(String(all[index % all.length]))
      const left = new Set(all.filter((time) => schedule.has(String(time))))
      const order: number[] = []
      for (let first = schedule.first(); first !== undefined; first = schedule.first()) {
        order.push(first.item)
        schedule.delete(String(first.item))
      }
      expect(order).toEqual([...left].sort((a, b) => a - b))
    }),
    { numRuns: 1000 }
  )
})
