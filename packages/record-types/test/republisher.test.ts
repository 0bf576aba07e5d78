import { Republisher } from '@recordkit/record-types/internal'
import type { RepublisherOptions, RepublishPlan } from '@recordkit/record-types/internal'
import { hour, minute, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { FakeTimers, flushMicrotasks } from './fake-timers.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const key = bytes('/config/x')

interface Options extends Partial<Pick<RepublisherOptions, 'concurrency' | 'retry' | 'timeout'>> {
  /** ns between two publications of a key; also the longest wait after a failure */
  readonly interval?: (key: Uint8Array) => bigint
  /** whether the key is published again */
  readonly publish?: (key: Uint8Array, signal: AbortSignal) => Promise<boolean>
  /** the fixed result of `random`, 0 to below 1 */
  readonly random?: number
}

/** A republisher on fake timers that records its publications and the delays of its timers. */
function createRepublisher({
  random = 0,
  publish = async () => true,
  interval = () => 22n * hour,
  ...options
}: Options = {}) {
  const timers = new FakeTimers()
  const published: bigint[] = []
  const delays: number[] = []
  const republisher = new Republisher({
    concurrency: 4,
    retry: minute,
    ...options,
    clock: timers.clock,
    setTimer: (run, delay) => {
      delays.push(delay)
      return timers.setTimer(run, delay)
    },
    random: () => random,
    publish: async (at, signal) => {
      published.push(timers.now)
      return (await publish(at, signal)) ? planOf(at, timers.now) : undefined
    }
  })
  const planOf = (at: Uint8Array, last?: bigint): RepublishPlan => ({
    at: last === undefined ? timers.now : last + interval(at),
    longestRetry: interval(at)
  })
  const add = (at: Uint8Array, last?: bigint): void => republisher.add(at, planOf(at, last))
  return { add, timers, published, delays, republisher, start: timers.now }
}

const failing = async (): Promise<never> => Promise.reject(new Error('offline'))

describe('the republish queue', () => {
  test('schedules each key one interval of its own after its last publication', () => {
    const isName = (at: Uint8Array): boolean => new TextDecoder().decode(at).startsWith('/ipns/')
    const { republisher, add, start } = createRepublisher({ interval: (at) => (isName(at) ? 4n * hour : 22n * hour) })
    add(bytes('/ipns/x'), start)
    add(key, start)
    add(bytes('/ipnsx/x'), start)
    add(bytes('/i'), start)
    expect(republisher.entries.map(({ next }) => next - start)).toEqual([4n * hour, 22n * hour, 22n * hour, 22n * hour])
    expect(republisher.stats.size).toBe(4)
  })

  test('schedules a key up to a tenth of its interval early, at random', () => {
    const { republisher, add, start } = createRepublisher({ random: 0.5, interval: () => 100n })
    add(key, start)
    expect(republisher.entries).toEqual([{ key, next: start + 95n, failures: 0 }])
  })

  test('schedules a key immediately when it was never published or is overdue', () => {
    const { republisher, add, start } = createRepublisher()
    add(key)
    add(bytes('/ipns/x'), start - 23n * hour)
    expect(republisher.entries.map(({ next }) => next)).toEqual([start, start])
  })

  test('returns the entry of one key, and undefined for a key that it does not contain', () => {
    const { republisher, add, start } = createRepublisher()
    add(key, start)
    expect(republisher.entry(key)).toEqual({ key, next: start + 22n * hour, failures: 0 })
    expect(republisher.entry(bytes('/config/y'))).toBeUndefined()
  })
})

describe('a started republisher', () => {
  test('publishes keys that are due, not before it is started, and again after each interval', async () => {
    const { republisher, add, timers, published, start } = createRepublisher({ interval: () => hour })
    add(key)
    await timers.advance(minute)
    expect(published).toEqual([])
    republisher.start()
    await timers.advance(150n * minute)
    expect(published.map((at) => at - start)).toEqual([minute, minute + hour, minute + 2n * hour])
    republisher.remove(key)
    await timers.advance(3n * hour)
    expect(published.length).toBe(3)
    await republisher.stop()
  })

  test('reports how many keys fail, and how late the first is', async () => {
    let fail = true
    const { republisher, add, timers, start } = createRepublisher({
      interval: () => hour,
      publish: async () => (fail ? Promise.reject(new Error('offline')) : true)
    })
    add(key)
    add(bytes('/config/y'), start)
    expect(republisher.stats).toEqual({ size: 2, failing: 0, lag: 0n })
    await timers.advance(second)
    expect(republisher.stats).toEqual({ size: 2, failing: 0, lag: second })
    republisher.start()
    await timers.advance(second)
    expect(republisher.stats).toEqual({ size: 2, failing: 1, lag: 0n })
    fail = false
    await timers.advance(minute)
    expect(republisher.stats).toEqual({ size: 2, failing: 0, lag: 0n })
    await republisher.stop()
  })

  test('removes a key when publishing it reports that nothing is left to publish', async () => {
    const { republisher, add, timers, published } = createRepublisher({ publish: async () => false })
    add(key)
    republisher.start()
    await timers.advance(100n * hour)
    expect(published.length).toBe(1)
    expect(republisher.stats.size).toBe(0)
    expect(timers.pending).toBe(0)
  })

  test('waits for running publications when it stops, even if they fail, and starts no others', async () => {
    let fail = (): void => undefined
    const { republisher, add, timers, published } = createRepublisher({
      publish: () =>
        new Promise<boolean>((_resolve, reject) => {
          fail = () => reject(new Error('offline'))
        })
    })
    add(key)
    republisher.start()
    let stopped = false
    const stopping = republisher.stop().then(() => {
      stopped = true
    })
    await flushMicrotasks()
    expect(stopped).toBe(false)
    add(bytes('/ipns/x'))
    fail()
    await stopping
    await timers.advance(10n * hour)
    expect(published.length).toBe(1)
    expect(republisher.stats.size).toBe(2)
    expect(timers.pending).toBe(0)
  })
})

describe('a failed publication', () => {
  test('is retried after the retry delay, which doubles with each failure up to the longest wait of the key', async () => {
    const { republisher, add, timers, published, start } = createRepublisher({
      publish: failing,
      interval: () => 10n * minute
    })
    add(key)
    republisher.start()
    await timers.advance(36n * minute)
    expect(published.map((at) => (at - start) / minute)).toEqual([0n, 1n, 3n, 7n, 15n, 25n, 35n])
    expect(republisher.entries).toMatchObject([{ failures: 7, error: { message: 'offline' } }])
    await republisher.stop()
  })

  test('is retried up to a quarter of the delay early, at random', () => {
    const { republisher, start } = createRepublisher({ random: 0.5, retry: 8n * second })
    republisher.failed(key, new Error('offline'))
    expect(republisher.entries).toMatchObject([{ key, next: start + 7n * second, failures: 1 }])
  })

  test('is retried after a bounded delay, even after a hundred failures', async () => {
    const { republisher, add, timers, published } = createRepublisher({
      publish: failing,
      interval: () => hour,
      retry: 1n
    })
    add(key)
    republisher.start()
    await timers.advance(second)
    // the delay stops doubling at 2^20 ns
    const gaps = published.slice(-3).map((at, index, all) => (index === 0 ? 0n : at - (all[index - 1] ?? 0n)))
    expect(gaps.slice(1).every((gap) => gap >= 1n << 20n && gap <= (1n << 20n) + 1_000_000n)).toBe(true)
    await republisher.stop()
  })

  test('is forgotten after the next success', async () => {
    let offline = true
    const { republisher, add, timers } = createRepublisher({
      interval: () => hour,
      publish: async () => (offline ? failing() : true)
    })
    add(key)
    republisher.start()
    await timers.advance(second)
    offline = false
    await timers.advance(minute)
    expect(republisher.entries).toEqual([{ key, next: timers.now - second + hour, failures: 0 }])
    await republisher.stop()
  })

  test('outside of the queue is retried after the retry delay', async () => {
    const { republisher, timers, published, start } = createRepublisher()
    republisher.start()
    republisher.failed(key, new Error('offline'))
    await timers.advance(minute)
    expect(published).toEqual([start + minute])
    await republisher.stop()
  })

  test('outside of the queue counts on top of the earlier failures of the key', () => {
    const { republisher, start } = createRepublisher({ retry: second })
    republisher.failed(key, new Error('offline'))
    republisher.failed(key, new Error('offline again'))
    expect(republisher.entries).toMatchObject([
      { next: start + 2n * second, failures: 2, error: { message: 'offline again' } }
    ])
  })

  test('does not replace an entry that was added while it ran', async () => {
    let fail = (_: Error): void => undefined
    const failed = new Promise<boolean>((_resolve, reject) => {
      fail = reject
    })
    const { republisher, add, timers, start } = createRepublisher({ publish: () => failed })
    add(key)
    republisher.start()
    await flushMicrotasks()
    add(key, timers.now)
    fail(new Error('offline'))
    await flushMicrotasks()
    expect(republisher.entries).toEqual([{ key, next: start + 22n * hour, failures: 0 }])
    await republisher.stop()
  })
})

test('a successful publication does not replace an entry that was added while it ran', async () => {
  let succeed = (_: boolean): void => undefined
  const succeeded = new Promise<boolean>((resolve) => {
    succeed = resolve
  })
  const { republisher, add, timers, start } = createRepublisher({ publish: () => succeeded })
  add(key)
  republisher.start()
  await flushMicrotasks()
  add(key, timers.now)
  timers.now += minute
  succeed(true)
  await flushMicrotasks()
  expect(republisher.entries).toEqual([{ key, next: start + 22n * hour, failures: 0 }])
  await republisher.stop()
})

test.each([4, 2])(
  'a republisher with concurrency %i never runs more publications and publishes every key',
  async (concurrency) => {
    let [running, peak] = [0, 0]
    const ends: (() => void)[] = []
    const { republisher, add, timers, published } = createRepublisher({
      concurrency,
      publish: async () => {
        peak = Math.max(peak, ++running)
        await new Promise<void>((resolve) => ends.push(resolve))
        running--
        return false
      }
    })
    for (let number = 0; number < 10; number++) add(bytes(`/config/${number}`))
    republisher.start()
    await flushMicrotasks()
    expect(running).toBe(concurrency)
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end()
      await flushMicrotasks()
    }
    expect([peak, published.length, republisher.stats.size, timers.pending]).toEqual([concurrency, 10, 0, 0])
  }
)

test('a timer of a republisher waits a minute at most, so that clock jumps are noticed, and never fires too early', async () => {
  const { republisher, add, timers, delays, published } = createRepublisher({ interval: () => hour })
  republisher.start()
  add(key, timers.now - hour + 1_500_000n)
  expect(delays).toEqual([2])
  add(key, timers.now)
  expect(delays.at(-1)).toBe(60_000)
  timers.now += 2n * hour
  await timers.advance(minute)
  expect(published.length).toBe(1)
  await republisher.stop()
  expect(timers.pending).toBe(0)
})

test('a clock that is set back does not delay the keys: each is due after the same time as before', async () => {
  const { republisher, add, timers, published, start } = createRepublisher()
  add(key, start)
  republisher.start()
  await timers.advance(hour)
  timers.offset = -30n * 24n * hour
  await timers.advance(minute)
  expect(republisher.entries.map(({ next }) => next - timers.clock())).toEqual([21n * hour])
  await timers.advance(21n * hour)
  expect(published).toHaveLength(1)
  await republisher.stop()
})

test('a clock that is set back by less than a minute changes nothing', async () => {
  const { republisher, add, timers, start } = createRepublisher()
  add(key, start)
  republisher.start()
  await timers.advance(hour)
  timers.offset = -minute
  await timers.advance(minute)
  expect(republisher.entries.map(({ next }) => next - start)).toEqual([22n * hour])
  await republisher.stop()
})

test('publications that never end are given up, and do not stop the others', async () => {
  const signals: AbortSignal[] = []
  const { republisher, add, timers, published } = createRepublisher({
    concurrency: 2,
    publish: (at, signal) => {
      signals.push(signal)
      return at === key ? Promise.resolve(true) : new Promise(() => {})
    }
  })
  add(bytes('/config/1'))
  add(bytes('/config/2'))
  timers.now += 1n
  add(key)
  republisher.start()
  await timers.advance(10n * minute)
  expect(published).toHaveLength(3)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false])
  expect(republisher.entry(bytes('/config/1'))).toMatchObject({ failures: 1, error: { code: 'TIMEOUT' } })
  await republisher.stop()
  expect(timers.pending).toBe(0)
})

test.each(['remove', 'interrupt'] as const)('%s ends the publication of a key, which is not a failure', async (how) => {
  let signal: AbortSignal | undefined
  const { republisher, add, timers } = createRepublisher({
    publish: (_at, given) => {
      signal = given
      return new Promise(() => {})
    }
  })
  add(key)
  republisher.start()
  await flushMicrotasks()
  expect(republisher.has(key)).toBe(true)
  republisher[how](key)
  await flushMicrotasks()
  expect(signal?.aborted).toBe(true)
  expect([republisher.has(key), republisher.stats.size, timers.pending]).toEqual([false, 0, 0])
  await republisher.stop()
})
