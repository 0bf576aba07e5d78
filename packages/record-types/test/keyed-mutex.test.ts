import { KeyedMutex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

test('a keyed mutex runs one call per key at a time, in the order of the calls, without deadlocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), { maxLength: 12 }),
      async (calls) => {
        const mutex = new KeyedMutex()
        const running = new Set<string>()
        const started = new Map<string, number[]>()
        await Promise.all(
          calls.map((keys, number) =>
            mutex.run(keys, async () => {
              for (const key of keys) {
                expect(running.has(key)).toBe(false)
                running.add(key)
                started.set(key, [...(started.get(key) ?? []), number])
              }
              await Promise.resolve()
              for (const key of keys) running.delete(key)
            })
          )
        )
        for (const order of started.values()) expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
    )
  )
})

test('a failed call of a keyed mutex does not fail the next call', async () => {
  const mutex = new KeyedMutex()
  const failed = mutex.run(['a'], async () => Promise.reject(new Error('failed')))
  const after = mutex.run(['a'], async () => 'result')
  await expect(failed).rejects.toThrow('failed')
  expect(await after).toBe('result')
})

test('a call of a keyed mutex starts immediately when its own keys are free', async () => {
  const mutex = new KeyedMutex()
  const started: string[] = []
  let end = (): void => {}
  const waiting = new Promise<void>((resolve) => (end = resolve))
  const first = mutex.run(['a', 'b'], async () => {
    started.push('first')
    await waiting
  })
  const second = mutex.run(['b', 'c'], async () => {
    started.push('second')
  })
  const third = mutex.run(['d'], async () => {
    started.push('third')
  })
  expect(started).toEqual(['first', 'third'])
  await third
  expect(started).toEqual(['first', 'third'])
  end()
  await Promise.all([first, second])
  expect(started).toEqual(['first', 'third', 'second'])
})

test('a call of a keyed mutex waits for an earlier call that had to wait itself', async () => {
  const mutex = new KeyedMutex()
  const order: string[] = []
  let end = (): void => {}
  const waiting = new Promise<void>((resolve) => (end = resolve))
  const first = mutex.run(['a'], async () => {
    order.push('first')
  })
  const second = mutex.run(['a'], async () => {
    order.push('second starts')
    await waiting
    order.push('second ends')
  })
  await first
  const third = mutex.run(['a'], async () => {
    order.push('third')
  })
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  expect(order).toEqual(['first', 'second starts'])
  end()
  await Promise.all([second, third])
  expect(order).toEqual(['first', 'second starts', 'second ends', 'third'])
})

test('a keyed mutex removes a key when its last call has ended', async () => {
  const set = vi.spyOn(Map.prototype, 'set')
  try {
    const mutex = new KeyedMutex()
    await Promise.all([
      mutex.run(['own key 1', 'own key 2'], async () => {}),
      mutex.run(['own key 2'], async () => {}),
      mutex.run(['own key 1'], async () => Promise.reject(new Error('failed'))).catch(() => {})
    ])
    const maps = new Set(set.mock.contexts.filter((_map, call) => set.mock.calls[call]?.[0] === 'own key 1'))
    expect([...maps].map((map) => (map as Map<unknown, unknown>).size)).toEqual([0])
  } finally {
    set.mockRestore()
  }
})
