import { KeyedMutex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

test('one at a time for each key, in the order of the calls, and no calls block one another for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), { maxLength: 12 }),
      async (calls) => {
        const locks = new KeyedMutex()
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
  const locks = new KeyedMutex()
  const failed = locks.run(['a'], async () => Promise.reject(new Error('mine')))
  const after = locks.run(['a'], async () => 'fine')
  await expect(failed).rejects.toThrow('mine')
  expect(await after).toBe('fine')
})

test('a call begins at once where its keys are free, whatever other keys are doing', async () => {
  const locks = new KeyedMutex()
  const begun: string[] = []
  let end = (): void => {}
  const waiting = new Promise<void>((resolve) => (end = resolve))
  const first = locks.run(['a', 'b'], async () => {
    begun.push('first')
    await waiting
  })
  const second = locks.run(['b', 'c'], async () => {
    begun.push('second')
  })
  const third = locks.run(['d'], async () => {
    begun.push('third')
  })
  expect(begun).toEqual(['first', 'third'])
  await third
  expect(begun).toEqual(['first', 'third'])
  end()
  await Promise.all([first, second])
  expect(begun).toEqual(['first', 'third', 'second'])
})

test('a call waits for one that waited before it, though those before that have ended', async () => {
  const locks = new KeyedMutex()
  const order: string[] = []
  let end = (): void => {}
  const waiting = new Promise<void>((resolve) => (end = resolve))
  const first = locks.run(['a'], async () => {
    order.push('first')
  })
  const second = locks.run(['a'], async () => {
    order.push('second begins')
    await waiting
    order.push('second ends')
  })
  await first
  const third = locks.run(['a'], async () => {
    order.push('third')
  })
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  expect(order).toEqual(['first', 'second begins'])
  end()
  await Promise.all([second, third])
  expect(order).toEqual(['first', 'second begins', 'second ends', 'third'])
})

test('nothing is kept of a key that nobody waits for', async () => {
  const set = vi.spyOn(Map.prototype, 'set')
  try {
    const locks = new KeyedMutex()
    await Promise.all([
      locks.run(['own key 1', 'own key 2'], async () => {}),
      locks.run(['own key 2'], async () => {}),
      locks.run(['own key 1'], async () => Promise.reject(new Error('mine'))).catch(() => {})
    ])
    const maps = new Set(set.mock.contexts.filter((_map, call) => set.mock.calls[call]?.[0] === 'own key 1'))
    expect([...maps].map((map) => (map as Map<unknown, unknown>).size)).toEqual([0])
  } finally {
    set.mockRestore()
  }
})
