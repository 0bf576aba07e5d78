import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { hour, minute, second } from '@recordkit/testing'
import { RecordError } from '@recordkit/record-types'
import type { NetworkGetOptions, NetworkRecord, UnverifiedRecord } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { LookupCache } from '../src/lookup-cache.ts'
import type { LookupCacheOptions } from '../src/lookup-cache.ts'

const key = Uint8Array.of(1)
const opened = (rank: number, more: Partial<UnverifiedRecord> = {}): UnverifiedRecord =>
  ({ key, value: Uint8Array.of(rank), rank: Uint8Array.of(rank), ...more }) as UnverifiedRecord

type Answer = UnverifiedRecord | Error | undefined

function house(options: LookupCacheOptions = {}) {
  const time = new FakeTimers()
  const asked: NetworkGetOptions[] = []
  const answers: ((answer: Answer) => void)[] = []
  const network = {
    get: (_key: Uint8Array, given: NetworkGetOptions = {}) => {
      asked.push(given)
      return new Promise<NetworkRecord | undefined>((resolve, reject) => {
        answers.push((answer) => {
          if (answer instanceof Error) reject(answer)
          else resolve(answer && { record: answer, valid: 1, quorum: true, from: [], refused: [] })
        })
      })
    },
    put: async () => Promise.reject(new Error('nothing is put here'))
  }
  const reads = new LookupCache(network, time.clock, options)
  const ask = async (
    answer: Answer,
    held?: UnverifiedRecord,
    given: Parameters<typeof reads.best>[2] = {},
    of = key
  ): Promise<UnverifiedRecord | undefined> => {
    const found = reads.best(of, held, given)
    answers.shift()?.(answer)
    return found
  }
  return { time, asked, answers, reads, ask }
}

describe('the better of both', () => {
  test('is what ranks higher; what is held, where they are equal', async () => {
    const { ask } = house()
    const held = opened(5)
    const fresh = { fresh: true }
    expect(await ask(undefined, undefined, fresh)).toBeUndefined()
    expect(await ask(undefined, held, fresh)).toBe(held)
    const better = opened(6)
    expect(await ask(better, undefined, fresh)).toBe(better)
    expect(await ask(better, held, fresh)).toBe(better)
    expect(await ask(opened(4), held, fresh)).toBe(held)
    expect(await ask(opened(5), held, fresh)).toBe(held)
  })

  test('is what is held where peers could not be asked; with nothing held their error; a fault of ours in any case', async () => {
    const { ask } = house()
    const held = opened(5)
    const away = new RecordError('ROUTING_FAILED', 'away')
    expect(await ask(away, held)).toBe(held)
    await expect(ask(away)).rejects.toBe(away)
    const fault = new TypeError('a mistake')
    await expect(ask(fault, held)).rejects.toBe(fault)
  })
})

describe('asking', () => {
  test('hands on what is held, the quorum and the deadline, and nobody’s signal', async () => {
    const { ask, asked } = house()
    const held = opened(5)
    await ask(undefined, held, { quorum: 3, timeout: 700, signal: new AbortController().signal })
    await ask(undefined, undefined, { noCache: true })
    expect(asked).toEqual([{ local: held, quorum: 3, timeout: 700 }, {}])
  })

  test('callers share a look-up only where they ask for the same', async () => {
    const { reads, answers, asked } = house()
    const [one, two] = [{ quorum: 1 }, { quorum: 2 }]
    const given = [{}, {}, one, one, two, { timeout: 1 }, { timeout: 2 }, { ...one, timeout: 1 }]
    const all = given.map(async (options) => reads.best(key, undefined, options))
    const other = reads.best(Uint8Array.of(2), undefined, {})
    expect([asked.length, reads.stats.asking]).toEqual([7, 7])
    for (const answer of answers) answer(undefined)
    await Promise.all([...all, other])
    await flushMicrotasks()
    expect(reads.stats).toEqual({ asking: 0, remembered: 2 })
  })

  test('a look-up that fails is over, and the next question asks anew', async () => {
    const { ask, reads, asked } = house()
    await expect(ask(new Error('away'))).rejects.toThrow('away')
    await flushMicrotasks()
    expect(reads.stats).toEqual({ asking: 0, remembered: 0 })
    await ask(undefined)
    expect(asked.length).toBe(2)
  })

  test('a signal that aborts ends one caller’s wait with its own reason, even where something is held', async () => {
    const { reads, answers } = house()
    const controller = new AbortController()
    const reason = new RecordError('ROUTING_FAILED', 'no longer of interest')
    const given = reads.best(key, opened(1), { signal: controller.signal })
    controller.abort(reason)
    await expect(given).rejects.toBe(reason)
    await expect(reads.best(key, opened(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    answers[0]?.(undefined)
  })

  test('a signal is let go of when the answer is there', async () => {
    const { ask } = house()
    const listening = new Set<unknown>()
    const { signal } = new AbortController()
    const watched = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener')
          return (type: string, listener: unknown) => listening.add(`${type} ${String(listener)}`)
        if (name === 'removeEventListener')
          return (type: string, listener: unknown) => listening.delete(`${type} ${String(listener)}`)
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
    })
    await ask(undefined, undefined, { signal: watched })
    expect(listening.size).toBe(0)
  })
})

describe('what is remembered', () => {
  /** ns after which peers are asked again */
  async function remembered(answer: UnverifiedRecord | undefined, options: LookupCacheOptions = {}): Promise<bigint> {
    const { ask, time, asked } = house(options)
    const start = time.now
    await ask(answer)
    for (const age of [0n, second, 10n * second, 11n * second, minute, hour, hour + 1n, 5n * hour]) {
      time.now = start + age
      await ask(undefined)
      if (asked.length > 1) return age
    }
    return -1n
  }

  test('a miss for ten seconds, a record for its TTL up to an hour; without one not at all', async () => {
    expect(await remembered(undefined)).toBe(11n * second)
    expect(await remembered(opened(1))).toBe(0n)
    expect(await remembered(opened(1, { ttl: 11n * second }))).toBe(minute)
    expect(await remembered(opened(1, { ttl: 100n * hour }))).toBe(hour + 1n)
  })

  test('as long as the options say', async () => {
    expect(await remembered(undefined, { negativeTtl: 0n })).toBe(0n)
    expect(await remembered(undefined, { negativeTtl: minute })).toBe(hour)
    expect(await remembered(opened(1, { ttl: hour }), { maxTtl: second })).toBe(10n * second)
  })

  test('no longer than the record is valid', async () => {
    const expires = new FakeTimers().now + second
    expect(await remembered(opened(1, { ttl: hour, expires }))).toBe(10n * second)
    expect(await remembered(opened(1, { ttl: second, expires: expires + hour }))).toBe(10n * second)
  })

  test('what came in ends it, and so does a later answer that is not to be remembered', async () => {
    const { ask, reads, asked } = house()
    await ask(undefined)
    reads.forget(key)
    await ask(undefined)
    expect(asked.length).toBe(2)
    await ask(opened(1), undefined, { noCache: true })
    expect(reads.stats.remembered).toBe(0)
    await ask(undefined)
    expect(asked.length).toBe(4)
  })

  test('is bounded, and the oldest answer goes first', async () => {
    const { ask, reads, asked } = house({ maxAnswers: 2 })
    for (const of of [1, 2, 1, 3]) await ask(undefined, undefined, { noCache: true }, Uint8Array.of(of))
    expect(reads.stats.remembered).toBe(2)
    const before = asked.length
    await ask(undefined, undefined, {}, Uint8Array.of(1))
    await ask(undefined, undefined, {}, Uint8Array.of(3))
    expect(asked.length).toBe(before)
    await ask(undefined, undefined, {}, Uint8Array.of(2))
    expect(asked.length).toBe(before + 1)
  })
})
