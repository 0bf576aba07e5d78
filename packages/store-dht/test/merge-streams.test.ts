import { flushMicrotasks } from '@recordkit/record-conformance'
import { expect, test } from 'vitest'
import { mergeStreams } from '../src/merge-streams.ts'

/** A stream whose items the test sends. */
function manual() {
  const state = { asked: 0, returned: false }
  let settle: { resolve(step: IteratorResult<number>): void; reject(error: Error): void } | undefined
  const stream: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        state.asked++
        return new Promise((resolve, reject) => (settle = { resolve, reject }))
      },
      return: () => {
        state.returned = true
        return Promise.reject(new Error('cannot return'))
      }
    })
  }
  return {
    state,
    stream,
    send: (value: number) => settle?.resolve({ done: false, value }),
    end: () => settle?.resolve({ done: true, value: undefined }),
    fail: (error: Error) => settle?.reject(error)
  }
}

test('the items of several streams arrive in the order in which they are sent, and none is asked for in advance', async () => {
  const [a, b] = [manual(), manual()]
  const merged = mergeStreams([a.stream, b.stream])
  const first = merged.next()
  await flushMicrotasks()
  b.send(1)
  expect(await first).toEqual({ done: false, value: 1 })
  await flushMicrotasks()
  expect([a.state.asked, b.state.asked]).toEqual([1, 1])
  const second = merged.next()
  await flushMicrotasks()
  expect([a.state.asked, b.state.asked]).toEqual([1, 2])
  a.send(2)
  expect((await second).value).toBe(2)
  const last = merged.next()
  await flushMicrotasks()
  a.end()
  b.end()
  expect(await last).toEqual({ done: true, value: undefined })
  expect([a.state.returned, b.state.returned]).toEqual([false, false])
})

test('when the reader stops, the streams that have not ended are asked to return, and their errors are ignored', async () => {
  const [a, b, c] = [manual(), manual(), manual()]
  const merged = mergeStreams([a.stream, b.stream, c.stream])
  const first = merged.next()
  await flushMicrotasks()
  c.end()
  a.send(1)
  await first
  await merged.return(undefined)
  expect([a.state.returned, b.state.returned, c.state.returned]).toEqual([true, true, false])
  b.fail(new Error('too late'))
  await flushMicrotasks()
})

test('an error of a stream ends all', async () => {
  const [a, b] = [manual(), manual()]
  const reading = mergeStreams([a.stream, b.stream]).next()
  await flushMicrotasks()
  const error = new Error('failed')
  b.fail(error)
  await expect(reading).rejects.toBe(error)
  expect(a.state.returned).toBe(true)
})
