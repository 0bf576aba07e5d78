import { Turns, turns } from '@recordkit/record-types/internal'
import { expect, test, vi } from 'vitest'

/** Turns whose time and tasks a test controls. */
class TestTurns extends Turns {
  time = 0
  readonly tasks: (() => void)[] = []

  override now(): number {
    return this.time
  }

  override nextTurn(run: () => void): void {
    this.tasks.push(run)
  }

  /** Runs the next task, and what waits for promises alone after it. */
  async runTask(): Promise<void> {
    this.tasks.shift()?.()
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
  }
}

test('work of less than two milliseconds does not wait', () => {
  const shared = new TestTurns()
  for (; shared.time < 2; shared.time++) expect(shared.wait()).toBeUndefined()
  expect(shared.wait()).toBeInstanceOf(Promise)
  expect(shared.tasks).toHaveLength(1)
})

test('time that passes in which nothing works is not counted', async () => {
  const shared = new TestTurns()
  expect(shared.wait()).toBeUndefined()
  await shared.runTask()
  expect(shared.tasks).toHaveLength(0)
  shared.time += 1000
  expect(shared.wait()).toBeUndefined()
})

test('work that waits is resumed in its order, as much of it in each turn as has time', async () => {
  const shared = new TestTurns()
  const done: number[] = []
  const work = async (number: number): Promise<void> => {
    await shared.wait()
    done.push(number)
    shared.time++
  }
  const all = Promise.all(Array.from({ length: 14 }, (_, number) => work(number)))
  await Promise.resolve()
  // a first piece of work that awaits `undefined` has not worked yet: all are admitted until time passes
  const before = done.length
  for (let turn = 0; done.length < 14; turn++) {
    const start = done.length
    await shared.runTask()
    if (turn > 0) expect(done.length - start).toBeLessThanOrEqual(2)
  }
  await all
  expect(before).toBeLessThanOrEqual(14)
  expect(done).toEqual(Array.from({ length: 14 }, (_, number) => number))
})

test('a call waits behind those that wait, even when the turn has time', async () => {
  const shared = new TestTurns()
  void shared.wait()
  shared.time = 4
  const order: string[] = []
  const first = shared.wait()?.then(() => order.push('first'))
  shared.time = 0
  const second = shared.wait()?.then(() => order.push('second'))
  expect(order).toEqual([])
  await shared.runTask()
  await Promise.all([first, second])
  expect(order).toEqual(['first', 'second'])
  expect(shared.waiting).toBe(0)
})

test('an abort ends the wait with the reason of the signal, and delays no other', async () => {
  const shared = new TestTurns()
  void shared.wait()
  shared.time = 4
  const controller = new AbortController()
  const aborted = shared.wait(controller.signal)
  const other = shared.wait()
  controller.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  await expect(shared.wait(controller.signal)).rejects.toThrow('enough')
  expect(shared.waiting).toBe(1)
  await shared.runTask()
  await other
  expect(shared.waiting).toBe(0)
})

test('work goes on when the task that ends a turn is lost, as on servers that end the tasks of a request with it', async () => {
  const shared = new TestTurns()
  void shared.wait()
  shared.time = 4
  const first = shared.wait()
  shared.tasks.length = 0
  shared.time = 1001
  const second = shared.wait()
  await shared.runTask()
  await Promise.all([first, second])
  expect(shared.waiting).toBe(0)
})

test('an engine whose functions for tasks are missing or throw uses the next one', async () => {
  const unsupported = (): never => {
    throw new Error('not supported')
  }
  try {
    for (const missing of [{ setImmediate: undefined }, { setImmediate: unsupported }])
      for (const name of ['', 'MessageChannel']) {
        vi.stubGlobal('setImmediate', missing.setImmediate)
        if (name !== '') vi.stubGlobal(name, missing.setImmediate)
        const shared = new Turns()
        const order: number[] = []
        await Promise.all([1, 2, 3].map(async (number) => shared.next().then(() => order.push(number))))
        expect(order).toEqual([1, 2, 3])
        vi.unstubAllGlobals()
      }
  } finally {
    vi.unstubAllGlobals()
  }
})

test('the turns of the realm let other tasks run', async () => {
  let isOther = false
  setTimeout(() => (isOther = true), 0)
  const end = Date.now() + 10_000
  while (!isOther && Date.now() < end) await turns.wait()
  expect(isOther).toBe(true)
})

test('fake timers do not stop the turns of the realm, neither while they are installed nor afterwards', async () => {
  // the turn that has begun ends
  await turns.next()
  vi.useFakeTimers()
  try {
    expect(turns.wait()).toBeUndefined()
    await turns.next()
    expect(turns.wait()).toBeUndefined()
  } finally {
    vi.useRealTimers()
  }
  let wait: Promise<void> | undefined
  while (wait === undefined) wait = turns.wait()
  await wait
  expect(turns.waiting).toBe(0)
})

test('what is asked for together waits for the calls that begin in this turn, also when they are aborted', async () => {
  const shared = new TestTurns()
  const sent: string[] = []
  shared.afterBegun(() => sent.push('alone'))
  await Promise.resolve()
  expect(sent).toEqual(['alone'])
  void shared.begin()
  shared.time = 4
  const aborting = new AbortController()
  const aborted = shared.begin(aborting.signal)
  shared.afterBegun(() => sent.push('together'))
  await new Promise((resolve) => void setTimeout(resolve))
  aborting.abort()
  await expect(aborted).rejects.toThrow()
  shared.afterBegun(() => sent.push('later'))
  while (shared.tasks.length > 0) await shared.runTask()
  expect(sent.toSorted()).toEqual(['alone', 'later', 'together'])
})
