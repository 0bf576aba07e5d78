import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { startInterval } from '../src/interval.ts'

test('startInterval waits before each run, also after a failed one, and runs no more once it is stopped', async () => {
  const time = new FakeTimers()
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const starts: bigint[] = []
  const start = time.now
  const stop = startInterval(
    () =>
      new Promise<void>((resolve, reject) => {
        starts.push(time.now - start)
        ends.push({ resolve, reject })
      }),
    1000,
    time.setTimer
  )
  expect(starts).toEqual([])
  await time.advance(3n * second)
  expect(starts).toEqual([second])
  ends.pop()?.reject(new Error('disk full'))
  await time.advance(second)
  expect(starts).toEqual([second, 4n * second])
  ends.pop()?.resolve()
  await flushMicrotasks()
  expect(time.pending).toBe(1)
  stop()
  expect(time.pending).toBe(0)
})

test('startInterval starts no run after a run during which it was stopped', async () => {
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

test('startInterval never runs at an interval of Infinity, and uses no delay that overflows a timer', () => {
  const delays: number[] = []
  const setTimer = (_run: () => void, delay: number) => {
    delays.push(delay)
    return () => undefined
  }
  startInterval(async () => undefined, Number.POSITIVE_INFINITY, setTimer)
  expect(delays).toEqual([])
  startInterval(async () => undefined, 3e9, setTimer)
  expect(delays).toEqual([2 ** 31 - 1])
})
