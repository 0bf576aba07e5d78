import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { logEvents } from '@recordkit/record-manager'
import type { RecordView } from '@recordkit/record-manager'
import { openTelemetryMetrics } from '@recordkit/record-manager/opentelemetry'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test, vi } from 'vitest'
import { ManagerEvents } from '../src/events.ts'
import { ManagerMetrics } from '../src/metrics.ts'
import type { ReceiveResult } from '../src/receive-result.ts'

const key = joinRecordKey('config', 'x')

describe('the log', () => {
  function written(): { readonly events: ManagerEvents; readonly lines: unknown[][] } {
    const events = new ManagerEvents()
    const lines: unknown[][] = []
    const log = Object.assign((...line: unknown[]) => void lines.push(line), {
      error: (...line: unknown[]) => void lines.push(['error', ...line])
    })
    logEvents(events, log)
    return { events, lines }
  }

  test('says what was stored and by whom, as far as a record says so', async () => {
    const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(5))
    const { events, lines } = written()
    events.dispatch('record:stored', { key, sequence: 7n, author: peerId } as RecordView)
    events.dispatch('record:stored', { key } as RecordView)
    expect(lines).toEqual([
      ['stored %s, sequence %s, by %s', '/config/x', '7', ipnsNameToString(peerId)],
      ['stored %s, sequence %s, by %s', '/config/x', '-', '-']
    ])
  })

  test('says why something was refused, by code and message, or by outcome where there is no code', () => {
    const { events, lines } = written()
    events.dispatch('record:refused', {
      key,
      outcome: { status: 'rejected', code: 'SIGNATURE_INVALID', message: 'no' }
    })
    events.dispatch('record:refused', { key, outcome: { status: 'stale' } })
    expect(lines).toEqual([
      ['error', 'refused %s: %s, %s', '/config/x', 'SIGNATURE_INVALID', 'no'],
      ['error', 'refused %s: %s, %s', '/config/x', 'stale', '']
    ])
  })

  test('says what was published and what was not, and where an author contradicts himself', () => {
    const { events, lines } = written()
    events.dispatch('record:published', { key, copies: 3 })
    events.dispatch('record:unpublished', { key, error: new Error('away') })
    events.dispatch('record:unpublished', { key, error: 'gone' })
    events.dispatch('record:equivocation', { key, values: [Uint8Array.of(1), Uint8Array.of(2)] })
    expect(lines).toEqual([
      ['published %s, %s copies', '/config/x', '3'],
      ['error', 'could not publish %s: %s', '/config/x', 'away'],
      ['error', 'could not publish %s: %s', '/config/x', 'gone'],
      ['error', 'two contents under one sequence: %s', '/config/x']
    ])
  })

  test('writes of a key what is printable, the rest in hex, and 80 characters at the most', () => {
    const { events, lines } = written()
    const textOf = (bytes: Uint8Array): unknown => {
      events.dispatch('record:published', { key: bytes, copies: 0 })
      return lines.at(-1)?.[1]
    }
    expect(textOf(Uint8Array.of(0x2f, 0x20, 0x21, 0x7e, 0x7f, 0x0a, 0xff))).toBe('/\\x20!~\\x7f\\x0a\\xff')
    const letters = (count: number): Uint8Array => new Uint8Array(count).fill(0x61)
    expect(textOf(letters(80))).toBe('a'.repeat(80))
    expect(textOf(letters(1000))).toBe('a'.repeat(80))
    expect(textOf(new Uint8Array(21))).toBe(`${'\\x00'.repeat(20).slice(0, 79)}…`)
  })

  test('a listener that has left hears nothing, and options go along', () => {
    const events = new ManagerEvents()
    const heard: number[] = []
    const listener = ({ detail }: CustomEvent<{ readonly copies: number }>): void => void heard.push(detail.copies)
    events.addEventListener('record:published', listener)
    events.addEventListener('record:published', ({ detail }) => heard.push(10 * detail.copies), { once: true })
    events.dispatch('record:published', { key, copies: 1 })
    events.dispatch('record:published', { key, copies: 2 })
    events.removeEventListener('record:published', listener)
    events.dispatch('record:published', { key, copies: 3 })
    expect(heard).toEqual([1, 10, 2])
  })
})

describe('the figures', () => {
  interface Figure {
    readonly name: string
    readonly value: number
    readonly attributes: Readonly<Record<string, string>> | undefined
  }

  /** Has the platform's stopwatch say these ms, one after another. */
  async function timed(readings: readonly number[], work: () => Promise<unknown>): Promise<void> {
    const stopwatch = vi.spyOn(performance, 'now')
    try {
      for (const reading of readings) stopwatch.mockReturnValueOnce(reading)
      await work()
    } finally {
      stopwatch.mockRestore()
    }
  }

  function measured(): { readonly measures: ManagerMetrics; readonly figures: Figure[] } {
    const figures: Figure[] = []
    const metrics = {
      count: (name: string, attributes?: Readonly<Record<string, string>>) =>
        void figures.push({ name, value: 1, attributes }),
      observe: (name: string, value: number, attributes?: Readonly<Record<string, string>>) =>
        void figures.push({ name, value, attributes })
    }
    return { measures: new ManagerMetrics(metrics, new ValidationEngine([ipns()])), figures }
  }

  test('a read counts as hit, miss or error, and takes seconds', async () => {
    const { measures, figures } = measured()
    expect(await measures.get(async () => 7)).toBe(7)
    expect(await measures.get(async () => undefined)).toBeUndefined()
    await expect(measures.get(async () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    const outcomes = ['hit', 'miss', 'error']
    expect(figures.map(({ name, attributes }) => [name, attributes])).toEqual(
      outcomes.flatMap((outcome) => [
        ['record.get', { status }],
        ['record.get.duration', { status }]
      ])
    )
    await timed([1000, 3500], () => measures.get(async () => 7))
    expect(figures.at(-1)).toMatchObject({ name: 'record.get.duration', value: 2.5 })
  })

  test('a record taken counts by outcome, namespace and code; a namespace that a stranger made up is unknown', async () => {
    const { measures, figures } = measured()
    const outcome: ReceiveResult = { status: 'stored' }
    expect(await measures.take(joinRecordKey('ipns', 'x'), async () => outcome)).toBe(outcome)
    await measures.take(joinRecordKey('made-up', 'x'), async () => ({ status: 'ignored', code: 'NAMESPACE_UNKNOWN' }))
    expect(figures.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['record.put', { status: 'stored', namespace: 'ipns' }],
      ['record.take.duration', { namespace: 'ipns' }],
      ['record.put', { status: 'ignored', namespace: 'unknown', code: 'NAMESPACE_UNKNOWN' }],
      ['record.take.duration', { namespace: 'unknown' }]
    ])
    await timed([1000, 1250], () => measures.take(key, async () => outcome))
    expect(figures.at(-1)).toMatchObject({ name: 'record.take.duration', value: 0.25 })
  })

  test('a sweep sweeps, and tells how much is stored then', async () => {
    const time = { now: 1_790_000_000_000_000_000n }
    const store = new MemoryRecordStore({ clock: () => time.now })
    const record = (name: string, expires: bigint) => ({
      key: joinRecordKey('config', name),
      value: new Uint8Array(10),
      rank: Uint8Array.of(1),
      timeReceived: time.now,
      expires
    })
    await store.put(record('a', time.now + 1n))
    await store.put(record('b', time.now + 100n))
    time.now += 50n
    const { measures, figures } = measured()
    await measures.sweep(store)
    const { entries, bytes, marks } = await store.stats()
    expect([entries, marks]).toEqual([1, 1])
    expect(figures).toEqual([
      { name: 'record.store.entries', value: entries, attributes: {} },
      { name: 'record.store.bytes', value: bytes, attributes: {} },
      { name: 'record.store.marks', value: marks, attributes: {} }
    ])
  })

  test('nobody needs any', async () => {
    const measures = new ManagerMetrics(undefined, new ValidationEngine([ipns()]))
    const outcome: ReceiveResult = { status: 'stored' }
    expect(await measures.take(key, async () => outcome)).toBe(outcome)
    expect(await measures.get(async () => 7)).toBe(7)
    await measures.sweep(new MemoryRecordStore())
  })

  test('an instrument is made once, whatever is counted with it', () => {
    const made: string[] = []
    const recorded: unknown[] = []
    const metrics = openTelemetryMetrics({
      createCounter: (name) => {
        made.push(`counter ${name}`)
        return { add: (value, attributes) => recorded.push([name, value, attributes]) }
      },
      createHistogram: (name) => {
        made.push(`histogram ${name}`)
        return { record: (value, attributes) => recorded.push([name, value, attributes]) }
      }
    })
    metrics.count('a', { x: '1' })
    metrics.count('a', { x: '2' })
    metrics.count('b', {})
    metrics.observe('c', 0.5, { y: '1' })
    metrics.observe('c', 0.7, {})
    metrics.observe('a', 9, {})
    expect(made).toEqual(['counter a', 'counter b', 'histogram c', 'histogram a'])
    expect(recorded).toEqual([
      ['a', 1, { x: '1' }],
      ['a', 1, { x: '2' }],
      ['b', 1, {}],
      ['c', 0.5, { y: '1' }],
      ['c', 0.7, {}],
      ['a', 9, {}]
    ])
  })
})
