import { flushMicrotasks, FakeTimers } from '@recordkit/record-conformance'
import { hour, minute, second } from '@recordkit/testing'
import { compareBytes, RecordError } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkRecord,
  RecordEngine,
  RecordMetrics,
  VerifiedRecord
} from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import { LookupCache } from '../src/lookup-cache.ts'
import type { LookupCacheOptions } from '../src/lookup-cache.ts'

const key = Uint8Array.of(1)
const recordOf = (rank: number, fields: Partial<VerifiedRecord> = {}): VerifiedRecord =>
  ({ key, value: Uint8Array.of(rank), order: Uint8Array.of(rank), status: 'accept', ...fields }) as VerifiedRecord

const engine: Pick<RecordEngine, 'parse' | 'compare'> = {
  // the records of these tests are not parsed: they are copied as they are
  parse: () => ({ status: 'ignore', code: 'NAMESPACE_UNKNOWN', message: 'there is no namespace' }),
  compare: (a, b) => compareBytes(a.order, b.order)
}

type Answer = (VerifiedRecord & { readonly maxAge?: bigint }) | Error | undefined

function createTestCache(options: LookupCacheOptions = {}, metrics?: RecordMetrics) {
  const time = new FakeTimers()
  const calls: NetworkGetOptions[] = []
  const answers: ((answer: Answer) => void)[] = []
  const network = {
    get: (_key: Uint8Array, getOptions: NetworkGetOptions = {}) => {
      calls.push(getOptions)
      return new Promise<NetworkRecord | undefined>((resolve, reject) => {
        answers.push((answer) => {
          if (answer instanceof Error) reject(answer)
          else
            resolve(
              answer && { record: answer, maxAge: answer.maxAge, valid: 1, complete: true, from: [], refused: [] }
            )
        })
      })
    },
    put: async () => Promise.reject(new Error('unexpected put'))
  }
  const cache = new LookupCache(network, { engine, clock: time.clock, metrics }, options)
  /** Looks a key up, with `answer` as the answer of the network. */
  const lookUp = async (
    answer: Answer,
    stored?: VerifiedRecord,
    lookupOptions: Parameters<typeof cache.best>[2] = {},
    recordKey = key
  ): Promise<VerifiedRecord | undefined> => {
    const found = cache.best(recordKey, stored, lookupOptions)
    answers.shift()?.(answer)
    return (await found)?.record
  }
  return { time, calls, answers, cache, lookUp }
}

test('a look-up is counted by where its answer came from, and only one that asks peers has a duration', async () => {
  const measured: string[] = []
  const report = (name: string, { source, status }: Readonly<Record<string, string>>): unknown =>
    measured.push(`${name} ${source ?? status}`)
  const metrics: RecordMetrics = { count: report, observe: (name, _seconds, labels) => void report(name, labels) }
  const { lookUp, cache, answers } = createTestCache({}, metrics)
  const first = cache.best(key, undefined, {})
  const other = cache.best(key, undefined, {})
  answers.shift()?.(undefined)
  await Promise.all([first, other])
  await cache.best(key, undefined, {})
  await expect(lookUp(new RecordError('ROUTING_FAILED', 'away'), undefined, { noCache: true })).rejects.toThrow('away')
  expect(measured).toEqual([
    'record.lookups peers',
    'record.lookups running',
    'record.lookup.duration miss',
    'record.lookups cache',
    'record.lookups peers',
    'record.lookup.duration error'
  ])
})

describe('the result of a look-up', () => {
  test('is the record that ranks higher, and the stored one when they are equal', async () => {
    const { lookUp } = createTestCache()
    const stored = recordOf(5)
    const noCache = { noCache: true }
    expect(await lookUp(undefined, undefined, noCache)).toBeUndefined()
    expect(await lookUp(undefined, stored, noCache)).toBe(stored)
    const better = recordOf(6)
    expect(await lookUp(better, undefined, noCache)).toEqual(better)
    expect(await lookUp(better, stored, noCache)).toEqual(better)
    expect(await lookUp(recordOf(4), stored, noCache)).toBe(stored)
    expect(await lookUp(recordOf(5), stored, noCache)).toBe(stored)
  })

  test('is the stored record when the network fails, else the error of the network; a bug is thrown in any case', async () => {
    const { lookUp } = createTestCache()
    const stored = recordOf(5)
    const failure = new RecordError('ROUTING_FAILED', 'unreachable')
    expect(await lookUp(failure, stored)).toBe(stored)
    await expect(lookUp(failure)).rejects.toBe(failure)
    const bug = new TypeError('a bug')
    await expect(lookUp(bug, stored)).rejects.toBe(bug)
  })
})

describe('looking up among peers', () => {
  test('passes the stored record, quorum and timeout to the network, and no signal', async () => {
    const { lookUp, calls } = createTestCache()
    const stored = recordOf(5)
    await lookUp(undefined, stored, { quorum: 3, timeout: 700, signal: new AbortController().signal })
    await lookUp(undefined, undefined, { noCache: true })
    expect(calls).toEqual([{ local: stored, quorum: 3, timeout: 700 }, { noCache: true }])
  })

  test('is shared by concurrent calls with the same key and options only', async () => {
    const { cache, answers, calls } = createTestCache()
    const [one, two] = [{ quorum: 1 }, { quorum: 2 }]
    const optionsOfCalls = [{}, {}, one, one, two, { timeout: 1 }, { timeout: 2 }, { ...one, timeout: 1 }]
    const all = optionsOfCalls.map(async (options) => cache.best(key, undefined, options))
    const other = cache.best(Uint8Array.of(2), undefined, {})
    expect([calls.length, cache.stats.running]).toEqual([7, 7])
    for (const answer of answers) answer(undefined)
    await Promise.all([...all, other])
    await flushMicrotasks()
    expect(cache.stats).toEqual({ running: 0, cached: 2 })
  })

  test('starts again after a look-up that failed', async () => {
    const { lookUp, cache, calls } = createTestCache()
    await expect(lookUp(new Error('unreachable'))).rejects.toThrow('unreachable')
    await flushMicrotasks()
    expect(cache.stats).toEqual({ running: 0, cached: 0 })
    await lookUp(undefined)
    expect(calls.length).toBe(2)
  })

  test('rejects a call with the reason of its signal, also when a record is stored', async () => {
    const { cache, answers } = createTestCache()
    const controller = new AbortController()
    const reason = new RecordError('ROUTING_FAILED', 'cancelled')
    const pending = cache.best(key, recordOf(1), { signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    await expect(cache.best(key, recordOf(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    answers[0]?.(undefined)
  })

  test('removes its listener from the signal when the answer has arrived', async () => {
    const { lookUp } = createTestCache()
    const listening = new Set<unknown>()
    const { signal } = new AbortController()
    const recording = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener')
          return (type: string, listener: unknown) => listening.add(`${type} ${String(listener)}`)
        if (name === 'removeEventListener')
          return (type: string, listener: unknown) => listening.delete(`${type} ${String(listener)}`)
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      }
    })
    await lookUp(undefined, undefined, { signal: recording })
    expect(listening.size).toBe(0)
  })
})

describe('the cache of answers', () => {
  /** The age in ns at which peers are asked again. */
  async function ageOfNextLookUp(answer: Exclude<Answer, Error>, options: LookupCacheOptions = {}): Promise<bigint> {
    const { lookUp, time, calls } = createTestCache(options)
    const start = time.now
    await lookUp(answer)
    for (const age of [0n, second, 10n * second, 11n * second, minute, hour, hour + 1n, 5n * hour]) {
      time.now = start + age
      await lookUp(undefined)
      if (calls.length > 1) return age
    }
    return -1n
  }

  test('contains a miss for 10 seconds, a record for its TTL up to an hour, and no record without a TTL', async () => {
    expect(await ageOfNextLookUp(undefined)).toBe(11n * second)
    expect(await ageOfNextLookUp(recordOf(1))).toBe(0n)
    expect(await ageOfNextLookUp(recordOf(1, { ttl: 11n * second }))).toBe(minute)
    expect(await ageOfNextLookUp(recordOf(1, { ttl: 100n * hour }))).toBe(hour + 1n)
  })

  test('contains answers for as long as the options allow, also not at all', async () => {
    expect(await ageOfNextLookUp(undefined, { negativeTtl: 0 })).toBe(0n)
    expect(await ageOfNextLookUp(undefined, { negativeTtl: 60_000 })).toBe(hour)
    expect(await ageOfNextLookUp(recordOf(1, { ttl: hour }), { maxTtl: 1000 })).toBe(10n * second)
    expect(await ageOfNextLookUp(recordOf(1, { ttl: hour }), { maxTtl: 0 })).toBe(0n)
  })

  test('does not contain a record that has expired', async () => {
    const expires = new FakeTimers().now + second
    expect(await ageOfNextLookUp(recordOf(1, { ttl: hour, expires }))).toBe(10n * second)
    expect(await ageOfNextLookUp(recordOf(1, { ttl: second, expires: expires + hour }))).toBe(10n * second)
  })

  test('does not contain a record for longer than HTTP allows', async () => {
    const answer = { ...recordOf(1, { ttl: hour }), maxAge: 5n * second }
    expect(await ageOfNextLookUp(answer)).toBe(10n * second)
    expect(await ageOfNextLookUp({ ...answer, maxAge: 0n })).toBe(0n)
    expect(await ageOfNextLookUp({ ...answer, maxAge: 5n * hour })).toBe(hour + 1n)
  })

  test('returns the cached record when the store does not contain it, and the stored one when that ranks higher', async () => {
    const { lookUp, cache, calls } = createTestCache()
    const found = recordOf(2, { ttl: hour })
    await lookUp(found)
    expect(await lookUp(undefined)).toEqual(found)
    found.value.fill(9)
    expect((await lookUp(undefined))?.value).toEqual(Uint8Array.of(2))
    const stored = recordOf(3)
    expect(await lookUp(undefined, stored)).toBe(stored)
    expect(await lookUp(undefined, recordOf(1))).toMatchObject({ order: Uint8Array.of(2) })
    expect(calls.length).toBe(1)
    cache.forget(key)
    expect(await lookUp(undefined)).toBeUndefined()
  })

  test('is not used with noCache, which is passed to the network and not shared with other look-ups', async () => {
    const { lookUp, calls, cache, answers } = createTestCache()
    await lookUp(recordOf(1, { ttl: hour }))
    expect(await lookUp(recordOf(2), undefined, { noCache: true })).toMatchObject({ order: Uint8Array.of(2) })
    expect(calls.map(({ noCache }) => noCache)).toEqual([undefined, true])
    cache.forget(key)
    const cached = cache.best(key, undefined, {})
    const origin = cache.best(key, undefined, { noCache: true })
    expect(calls).toHaveLength(4)
    for (const answer of answers) answer(undefined)
    expect(await Promise.all([cached, origin])).toEqual([undefined, undefined])
  })

  test('is not used after a clock that was ahead has been set', async () => {
    const { lookUp, time, calls } = createTestCache()
    time.now += 24n * hour
    await lookUp(recordOf(1, { ttl: hour }))
    time.now -= 24n * hour
    await lookUp(recordOf(2, { ttl: hour }))
    expect(calls).toHaveLength(2)
  })

  test('removes an answer when a record is stored, and when a later answer has no TTL', async () => {
    const { lookUp, cache, calls } = createTestCache()
    await lookUp(undefined)
    cache.forget(key)
    await lookUp(undefined)
    expect(calls.length).toBe(2)
    await lookUp(recordOf(1), undefined, { noCache: true })
    expect(cache.stats.cached).toBe(0)
    await lookUp(undefined)
    expect(calls.length).toBe(4)
  })

  test('contains at most maxAnswers answers, and removes the oldest first', async () => {
    const { lookUp, cache, calls } = createTestCache({ maxAnswers: 2 })
    for (const byte of [1, 2, 1, 3]) await lookUp(undefined, undefined, { noCache: true }, Uint8Array.of(byte))
    expect(cache.stats.cached).toBe(2)
    const before = calls.length
    await lookUp(undefined, undefined, {}, Uint8Array.of(1))
    await lookUp(undefined, undefined, {}, Uint8Array.of(3))
    expect(calls.length).toBe(before)
    await lookUp(undefined, undefined, {}, Uint8Array.of(2))
    expect(calls.length).toBe(before + 1)
  })

  test('takes at most maxBytes, 16 MiB by default, and removes the oldest first', async () => {
    const large = (byte: number): VerifiedRecord =>
      recordOf(byte, { key: Uint8Array.of(byte), value: new Uint8Array(65_536), ttl: hour })
    for (const [maxBytes, kept] of [
      [undefined, 125],
      [500_000, 3]
    ] as const) {
      const { lookUp, cache, calls } = createTestCache({ maxBytes })
      for (let byte = 0; byte < 200; byte++) await lookUp(large(byte), undefined, {}, Uint8Array.of(byte))
      expect(cache.stats.cached).toBe(kept)
      const before = calls.length
      await lookUp(undefined, undefined, {}, Uint8Array.of(200 - kept))
      expect(calls.length).toBe(before)
      await lookUp(undefined, undefined, {}, Uint8Array.of(199 - kept))
      expect(calls.length).toBe(before + 1)
    }
  })

  test('does not contain a record that is larger than maxBytes, and nothing with maxBytes: 0', async () => {
    const { lookUp, cache } = createTestCache({ maxBytes: 10_000 })
    await lookUp(undefined)
    await lookUp(recordOf(1, { value: new Uint8Array(5_000), ttl: hour }), undefined, {}, Uint8Array.of(2))
    expect(cache.stats.cached).toBe(1)
    const none = createTestCache({ maxBytes: 0 })
    await none.lookUp(undefined)
    expect(none.cache.stats.cached).toBe(0)
    expect(() => createTestCache({ maxBytes: -1 })).toThrow('maxBytes')
  })
})

describe('onImproved', () => {
  test('receives each record that is better than the stored one and those before, and the result', async () => {
    const { cache, calls, answers } = createTestCache()
    const seen: number[] = []
    const found = cache.best(key, recordOf(3), { onImproved: ({ value }) => seen.push(value[0] as number) })
    for (const rank of [2, 4, 4, 6, 5]) calls[0]?.onImproved?.(recordOf(rank))
    expect(seen).toEqual([4, 6])
    answers[0]?.(recordOf(7))
    await found
    expect(seen).toEqual([4, 6, 7])
  })

  test('of a caller that shares a look-up receives the best record so far, and what arrives later', async () => {
    const { cache, calls, answers } = createTestCache()
    const seen: [string, number][] = []
    const lookUp = (name: string) =>
      cache.best(key, undefined, { onImproved: ({ value }) => seen.push([name, value[0] as number]) })
    const first = lookUp('first')
    calls[0]?.onImproved?.(recordOf(1))
    const second = lookUp('second')
    calls[0]?.onImproved?.(recordOf(2))
    answers[0]?.(recordOf(2))
    await Promise.all([first, second])
    expect(calls).toHaveLength(1)
    expect(seen).toEqual([
      ['first', 1],
      ['second', 1],
      ['first', 2],
      ['second', 2]
    ])
  })

  test('receives a cached answer, and is passed to the network only if a caller has one', async () => {
    const { cache, calls, lookUp } = createTestCache()
    await lookUp(recordOf(2, { ttl: hour }))
    expect(calls[0]?.onImproved).toBeUndefined()
    const seen: VerifiedRecord[] = []
    await cache.best(key, recordOf(1), { onImproved: (record) => seen.push(record) })
    expect(calls).toHaveLength(1)
    expect(seen.map(({ value }) => value[0])).toEqual([2])
  })

  test('that throws ends the call of its caller, and not that of others', async () => {
    const { cache, calls, answers } = createTestCache()
    const error = new Error('broken')
    const throwing = cache.best(key, undefined, {
      onImproved: () => {
        throw error
      }
    })
    const other = cache.best(key, undefined, { onImproved: () => undefined })
    calls[0]?.onImproved?.(recordOf(1))
    answers[0]?.(recordOf(1))
    await expect(throwing).rejects.toBe(error)
    expect((await other)?.record.value).toEqual(Uint8Array.of(1))
  })

  test('is not called after the signal of its caller has aborted', async () => {
    const { cache, calls } = createTestCache()
    const seen: VerifiedRecord[] = []
    const controller = new AbortController()
    const found = cache.best(key, undefined, { signal: controller.signal, onImproved: (record) => seen.push(record) })
    controller.abort(new Error('aborted'))
    await expect(found).rejects.toThrow('aborted')
    calls[0]?.onImproved?.(recordOf(1))
    expect(seen).toEqual([])
  })
})
