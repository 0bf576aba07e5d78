import { Turns } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

test('work that goes on after resolved promises ends before the next work begins, and its time counts', async () => {
  const shared = new Turns()
  const events: string[] = []
  let time = 0
  shared.now = () => time
  shared.nextTurn = (run) => {
    setImmediate(() => {
      events.push('turn')
      run()
    })
  }
  const work = async (name: string): Promise<void> => {
    await shared.wait()
    for (let step = 0; step < 20; step++) await Promise.resolve()
    events.push(name)
    time += 2
  }
  // uses up the first turn
  void shared.wait()
  time = 2
  await Promise.all(['a', 'b', 'c'].map(work))
  expect(events).toEqual(['turn', 'a', 'turn', 'b', 'turn', 'c'])
})

test('of calls that are made one after another, each begins after the work of the one before it', async () => {
  const shared = new Turns()
  const events: string[] = []
  let time = 0
  shared.now = () => time
  shared.nextTurn = (run) => void setImmediate(() => (events.push('turn'), run()))
  const call = async (number: number): Promise<void> => {
    const wait = shared.begin()
    if (wait !== undefined) await wait
    // such as a lock
    await Promise.resolve()
    time++
    events.push(`call ${number}`)
  }
  await Promise.all([1, 2, 3, 4, 5].map(call))
  // two milliseconds in each turn
  expect(events).toEqual(['call 1', 'call 2', 'turn', 'call 3', 'call 4', 'turn', 'call 5'])
})
