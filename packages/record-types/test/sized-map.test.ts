import { SizedMap } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a sized map removes the entries that were set longest ago when their size exceeds the bound', () => {
  const step = fc.record({ key: fc.nat({ max: 9 }), size: fc.nat({ max: 7 }), remove: fc.boolean() })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.nat({ max: 5 }),
      fc.nat({ max: 20 }),
      (steps, limit, maxBytes) => {
        const map = new SizedMap<number, number>(limit, maxBytes, (_, size) => size)
        let model: [number, number][] = []
        const bytes = (): number => model.reduce((sum, [, size]) => sum + size, 0)
        for (const { key, size, remove } of steps) {
          model = model.filter(([known]) => known !== key)
          if (remove) map.delete(key)
          else map.set(key, size)
          if (!remove && size <= maxBytes) {
            model = [...model, [key, size] as [number, number]]
            while (bytes() > maxBytes || model.length > limit) model.shift()
          }
          expect([...map]).toEqual(model)
          expect(map.bytes).toBe(bytes())
        }
        map.clear()
        expect([map.size, map.bytes]).toEqual([0, 0])
      }
    )
  )
})

test('an entry that is larger than the bound is not kept, and only its predecessor is removed', () => {
  const map = new SizedMap<string, number>(10, 5, (_, size) => size).set('a', 2).set('b', 2)
  map.set('a', 6)
  expect([...map.keys()]).toEqual(['b'])
})
