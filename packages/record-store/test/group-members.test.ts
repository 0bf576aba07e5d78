import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { GroupMembers } from '../src/group-members.ts'

test('returns the members with the earliest times first, in whatever order they came and went', () => {
  const step = fc.record({ name: fc.integer({ min: 0, max: 30 }), since: fc.integer({ min: 0, max: 1000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 40 }), (steps, limit) => {
      const members = new GroupMembers()
      const expected = new Map<number, number>()
      for (const { name, since } of steps) {
        if (expected.delete(name)) members.delete(`${name}`)
        else {
          // each time once: members of the same time have no order
          const time = since * 64 + name
          expected.set(name, time)
          members.add(`${name}`, Uint8Array.of(name), BigInt(time))
        }
        const inOrder = [...expected].sort(([, a], [, b]) => a - b).slice(0, limit)
        expect(members.oldest(limit)).toEqual(inOrder.map(([each]) => Uint8Array.of(each)))
        expect(members.isEmpty).toBe(expected.size === 0)
      }
    })
  )
})

test('sorts nothing for members that come after the clock stepped back once', () => {
  const members = new GroupMembers()
  for (let index = 0; index < 1000; index++) members.add(`a${index}`, Uint8Array.of(1), 1_000_000n + BigInt(index))
  const sort = vi.spyOn(Array.prototype, 'sort')
  for (let index = 0; index < 1000; index++) {
    members.add(`b${index}`, Uint8Array.of(2), BigInt(index))
    members.oldest(1)
  }
  expect(sort).not.toHaveBeenCalled()
  sort.mockRestore()
  expect(members.oldest(1001).at(-1)).toEqual(Uint8Array.of(1))
})
