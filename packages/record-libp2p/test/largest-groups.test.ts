import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LargestGroups } from '../src/largest-groups.ts'

test('the name that is removed is the oldest of a group that no other exceeds', () => {
  const step = fc.record({ name: fc.nat({ max: 15 }), group: fc.nat({ max: 4 }), kind: fc.nat({ max: 5 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const groups = new LargestGroups()
      let model: [string, string][] = []
      const namesOf = (group: string): string[] => model.filter(([, other]) => other === group).map(([name]) => name)
      const without = (name: string): [string, string][] => model.filter(([other]) => other !== name)
      for (const { name: number, group: index, kind } of steps) {
        const [name, group] = [`name ${number}`, `group ${index}`]
        if (kind === 0) {
          groups.delete(name)
          model = without(name)
        } else if (kind === 1) {
          const removed = groups.removeOldest()
          const removedFrom = model.find(([other]) => other === removed)?.[1]
          const largest = Math.max(0, ...model.map(([, other]) => namesOf(other).length))
          expect(removedFrom === undefined ? [] : namesOf(removedFrom)).toHaveLength(largest)
          if (removedFrom !== undefined) expect(namesOf(removedFrom)[0]).toBe(removed)
          model = without(removed)
        } else {
          groups.add(name, group)
          model = [...without(name), [name, group]]
        }
        expect(groups.size).toBe(model.length)
      }
    })
  )
})
