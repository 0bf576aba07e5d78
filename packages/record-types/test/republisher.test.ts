import { joinRecordKey } from '@recordkit/record-codec'
import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { hour, minute, second } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { Republisher } from '../src/internal/republisher.ts'
import type { RepublishOptions } from '../src/internal/republisher.ts'

const name = joinRecordKey('ipns', 'x')
const key = joinRecordKey('config', 'x')

interface Parts extends RepublishOptions {
  readonly publish?: (key: Uint8Array) => Promise<boolean>
  /** a fixed roll of the dice, 0 to below 1 */
  readonly roll?: number
}

function house({ roll = 0, publish = async () => true, ...options }: Parts = {}) {
  const time = new FakeTimers()
  const published: bigint[] = []
  const delays: number[] = []
  const republisher = new Republisher({
    ...options,
    clock: time.clock,
    setTimer: (run, delay) => {
      delays.push(delay)
      return time.setTimer(run, delay)
    },
    random: () => roll,
    publish: (at) => {
      published.push(time.now)
      return publish(at)
    }
  })
  return { time, published, delays, republisher, start: time.now }
}

describe('when a record is published again', () => {
  test('4 hours after the last time for an IPNS name, 22 for every other key', () => {
    const { republisher, start } = house()
    republisher.add(name, start)
    republisher.add(key, start)
    republisher.add(joinRecordKey('ipnsx', 'x'), start)
    republisher.add(Uint8Array.of(0x2f, 0x69), start)
    expect(republisher.status.map(({ next }) => next - start)).toEqual([4n * hour, 22n * hour, 22n * hour, 22n * hour])
    expect(republisher.size).toBe(4)
  })

  test('up to a tenth of the interval earlier, by chance', () => {
    const { republisher, start } = house({ roll: 0.5, interval: () => 100n })
    republisher.add(key, start)
    expect(republisher.status).toEqual([{ key, next: start + 95n, failures: 0 }])
  })

  test('at once when it never was, or should have been long ago', () => {
    const { republisher, start } = house()
    republisher.add(key, undefined)
    republisher.add(name, start - 5n * hour)
    expect(republisher.status.map(({ next }) => next)).toEqual([start, start])
  })

  test('what is due is published when it has started, not before, and one interval later again', async () => {
    const { republisher, time, published, start } = house({ interval: () => hour })
    republisher.add(key, undefined)
    await time.advance(minute)
    expect(published).toEqual([])
    republisher.start()
    await time.advance(150n * minute)
    expect(published.map((at) => at - start)).toEqual([minute, minute + hour, minute + 2n * hour])
    republisher.remove(key)
    await time.advance(3n * hour)
    expect(published.length).toBe(3)
    await republisher.stop()
  })

  test('a key with nothing left to keep alive leaves the schedule', async () => {
    const { republisher, time, published } = house({ publish: async () => false })
    republisher.add(key, undefined)
    republisher.start()
    await time.advance(100n * hour)
    expect(published.length).toBe(1)
    expect(republisher.size).toBe(0)
    expect(time.pending).toBe(0)
  })
})

describe('what fails', () => {
  const failing = async (): Promise<never> => Promise.reject(new Error('away'))

  test('is tried again after a minute, then twice as late each time, at most an interval', async () => {
    const { republisher, time, published, start } = house({ publish: failing, interval: () => 10n * minute })
    republisher.add(key, undefined)
    republisher.start()
    await time.advance(36n * minute)
    expect(published.map((at) => (at - start) / minute)).toEqual([0n, 1n, 3n, 7n, 15n, 25n, 35n])
    expect(republisher.status).toMatchObject([{ failures: 7, error: { message: 'away' } }])
    await republisher.stop()
  })

  test('a first pause may be given, and is up to a quarter shorter, by chance', () => {
    const { republisher, start } = house({ roll: 0.5, retry: 8n * second })
    republisher.failed(key, new Error('away'))
    expect(republisher.status).toMatchObject([{ key, next: start + 7n * second, failures: 1 }])
  })

  test('waits no longer for having failed a hundred times', async () => {
    const { republisher, time, published } = house({ publish: failing, interval: () => hour, retry: 1n })
    republisher.add(key, undefined)
    republisher.start()
    await time.advance(second)
    // 2^20 ns at the most: doubling ends there
    const gaps = published.slice(-3).map((at, index, all) => (index === 0 ? 0n : at - (all[index - 1] ?? 0n)))
    expect(gaps.slice(1).every((gap) => gap >= 1n << 20n && gap <= (1n << 20n) + 1_000_000n)).toBe(true)
    await republisher.stop()
  })

  test('and then succeeds is as if it had never failed', async () => {
    let away = true
    const { republisher, time } = house({
      interval: () => hour,
      publish: async () => (away ? failing() : true)
    })
    republisher.add(key, undefined)
    republisher.start()
    await time.advance(second)
    away = false
    await time.advance(minute)
    expect(republisher.status).toEqual([{ key, next: time.now - second + hour, failures: 0 }])
    await republisher.stop()
  })

  test('outside of the schedule is begun when it is due', async () => {
    const { republisher, time, published, start } = house()
    republisher.start()
    republisher.failed(key, new Error('away'))
    await time.advance(minute)
    expect(published).toEqual([start + minute])
    await republisher.stop()
  })

  test('while the key was put anew leaves the new entry as it is', async () => {
    let fail = (_: Error): void => undefined
    const failed = new Promise<boolean>((_resolve, reject) => {
      fail = reject
    })
    const { republisher, time, start } = house({ publish: () => failed })
    republisher.add(key, undefined)
    republisher.start()
    await flushMicrotasks()
    republisher.add(key, time.now)
    fail(new Error('away'))
    await flushMicrotasks()
    expect(republisher.status).toEqual([{ key, next: start + 22n * hour, failures: 0 }])
    await republisher.stop()
  })

  test('and what succeeds while the key was put anew does so, too', async () => {
    let succeed = (_: boolean): void => undefined
    const succeeded = new Promise<boolean>((resolve) => {
      succeed = resolve
    })
    const { republisher, time, start } = house({ publish: () => succeeded })
    republisher.add(key, undefined)
    republisher.start()
    await flushMicrotasks()
    republisher.add(key, time.now)
    time.now += minute
    succeed(true)
    await flushMicrotasks()
    expect(republisher.status).toEqual([{ key, next: start + 22n * hour, failures: 0 }])
    await republisher.stop()
  })
})

describe('how much at a time', () => {
  test.each([
    [undefined, 4],
    [2, 2]
  ])(
    'concurrency of %s: %i publications are under way at the most, and all come to their turn',
    async (given, most) => {
      let [running, peak] = [0, 0]
      const ends: (() => void)[] = []
      const { republisher, time, published } = house({
        ...(given === undefined ? {} : { concurrency: given }),
        publish: async () => {
          peak = Math.max(peak, ++running)
          await new Promise<void>((resolve) => ends.push(resolve))
          running--
          return false
        }
      })
      for (let number = 0; number < 10; number++) republisher.add(joinRecordKey('config', String(number)), undefined)
      republisher.start()
      await flushMicrotasks()
      expect(running).toBe(most)
      for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
        end()
        await flushMicrotasks()
      }
      expect([peak, published.length, republisher.size, time.pending]).toEqual([most, 10, 0, 0])
    }
  )

  test('no timer is longer than a minute, so that a clock that jumps is noticed, and none is too short', async () => {
    const { republisher, time, delays, published } = house({ interval: () => hour })
    republisher.start()
    republisher.add(key, time.now - hour + 1_500_000n)
    expect(delays).toEqual([2])
    republisher.add(key, time.now)
    expect(delays.at(-1)).toBe(60_000)
    time.now += 2n * hour
    await time.advance(minute)
    expect(published.length).toBe(1)
    await republisher.stop()
    expect(time.pending).toBe(0)
  })
})

describe('stopping', () => {
  test('waits for what is under way, however it ends, and begins nothing more', async () => {
    let fail = (): void => undefined
    const { republisher, time, published } = house({
      publish: () =>
        new Promise<boolean>((_resolve, reject) => {
          fail = () => reject(new Error('away'))
        })
    })
    republisher.add(key, undefined)
    republisher.start()
    let stopped = false
    const stopping = republisher.stop().then(() => {
      stopped = true
    })
    await flushMicrotasks()
    expect(stopped).toBe(false)
    republisher.add(name, undefined)
    fail()
    await stopping
    await time.advance(10n * hour)
    expect(published.length).toBe(1)
    expect(republisher.size).toBe(2)
    expect(time.pending).toBe(0)
  })
})
