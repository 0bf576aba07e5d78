import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { startInterval } from '../src/interval.ts'

test('waits first, does it again so long after it has ended, however that was, and ends when told', async () => {
  const time = new FakeTimers()
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const begun: bigint[] = []
  const start = time.now
  const stop = startInterval(
    () =>
      new Promise<void>((resolve, reject) => {
        begun.push(time.now - start)
        ends.push({ resolve, reject })
      }),
    1000,
    time.setTimer
  )
  expect(begun).toEqual([])
  await time.advance(3n * second)
  expect(begun).toEqual([second])
  ends.pop()?.reject(new Error('disk full'))
  await time.advance(second)
  expect(begun).toEqual([second, 4n * second])
  ends.pop()?.resolve()
  await flushMicrotasks()
  expect(time.pending).toBe(1)
  stop()
  expect(time.pending).toBe(0)
})

test('what is under way when it is told to end is the last', async () => {
  const time = new FakeTimers()
  let end = (): void => undefined
  const stop = startInterval(
    () =>
      new Promise<void>((resolve) => {
        end = resolve
      }),
    1000,
    time.setTimer
  )
  await time.advance(second)
  stop()
  end()
  await flushMicrotasks()
  expect(time.pending).toBe(0)
})
