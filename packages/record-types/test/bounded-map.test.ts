import { BoundedMap } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('a bounded map removes the entry that was set longest ago when it is full', () => {
  const step = fc.record({ key: fc.nat({ max: 9 }), remove: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 5 }), (steps, limit) => {
      const map = new BoundedMap<number, number>(limit)
      let model: [number, number][] = []
      for (const [value, { key, remove }] of steps.entries()) {
        model = model.filter(([known]) => known !== key)
        if (remove) map.delete(key)
        else {
          map.set(key, value)
          model = limit === 0 ? [] : [...model, [key, value] as [number, number]].slice(-limit)
        }
        expect([...map]).toEqual(model)
      }
    })
  )
})

test('a bounded map does not change the order of entries when they are read', () => {
  const map = new BoundedMap<string, number>(2).set('a', 1).set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect([...map.keys()]).toEqual(['b', 'c'])
})
