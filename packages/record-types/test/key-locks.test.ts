import { KeyLocks } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('one at a time for each key, in the order of the calls, and no calls block one another for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), { maxLength: 12 }),
      async (calls) => {
        const locks = new KeyLocks()
        const inside = new Set<string>()
        const begun = new Map<string, number[]>()
        await Promise.all(
          calls.map((keys, number) =>
            locks.run(keys, async () => {
              for (const key of keys) {
                expect(inside.has(key)).toBe(false)
                inside.add(key)
                begun.set(key, [...(begun.get(key) ?? []), number])
              }
              await Promise.resolve()
              for (const key of keys) inside.delete(key)
            })
          )
        )
        for (const order of begun.values()) expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
    )
  )
})

test('a call that fails fails alone', async () => {
  const locks = new KeyLocks()
  const failed = locks.run(['a'], async () => Promise.reject(new Error('mine')))
  const after = locks.run(['a'], async () => 'fine')
  await expect(failed).rejects.toThrow('mine')
  expect(await after).toBe('fine')
})
