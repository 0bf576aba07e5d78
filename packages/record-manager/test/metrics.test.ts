import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { logEvents } from '@recordkit/record-manager'
import type { RecordView } from '@recordkit/record-manager'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { describe, expect, test, vi } from 'vitest'
import { ManagerEvents } from '../src/events.ts'
import { ManagerMetrics } from '../src/metrics.ts'
import type { ReceiveResult } from '../src/receive-result.ts'

const key = joinRecordKey('config', 'x')

describe('the log of events', () => {
  function createTestLog(): { readonly events: ManagerEvents; readonly lines: unknown[][] } {
    const events = new ManagerEvents()
    const lines: unknown[][] = []
    const log = Object.assign((...line: unknown[]) => void lines.push(line), {
      error: (...line: unknown[]) => void lines.push(['error', ...line])
    })
    logEvents(events, log)
    return { events, lines }
  }

  test('contains key, sequence and author of stored records, as far as a record has them', async () => {
    const { peerId } = await keyPairFromSeed(new Uint8Array(32).fill(5))
    const { events, lines } = createTestLog()
    events.dispatch('record:stored', { key, sequence: 7n, author: peerId } as RecordView)
    events.dispatch('record:stored', { key } as RecordView)
    expect(lines).toEqual([
      ['stored %s, sequence %s, by %s', '/config/x', '7', ipnsNameToString(peerId)],
      ['stored %s, sequence %s, by %s', '/config/x', '-', '-']
    ])
  })

  test('contains code and message of a refusal, or its status when there is no code', () => {
    const { events, lines } = createTestLog()
    events.dispatch('record:refused', {
      key,
      result: { status: 'rejected', code: 'SIGNATURE_INVALID', message: 'no' }
    })
    events.dispatch('record:refused', { key, result: { status: 'stale' } })
    expect(lines).toEqual([
      ['error', 'refused %s: %s, %s', '/config/x', 'SIGNATURE_INVALID', 'no'],
      ['error', 'refused %s: %s, %s', '/config/x', 'stale', '']
    ])
  })

  test('contains published and unpublished keys, and equivocations', () => {
    const { events, lines } = createTestLog()
    events.dispatch('record:published', { key, copies: 3 })
    events.dispatch('record:unpublished', { key, error: new Error('unreachable') })
    events.dispatch('record:unpublished', { key, error: 'gone' })
    events.dispatch('record:equivocation', { key, values: [Uint8Array.of(1), Uint8Array.of(2)] })
    expect(lines).toEqual([
      ['published %s to %s peers', '/config/x', '3'],
      ['error', 'could not publish %s: %s', '/config/x', 'unreachable'],
      ['error', 'could not publish %s: %s', '/config/x', 'gone'],
      ['error', 'two contents under one sequence of %s', '/config/x']
    ])
  })

  test('contains at most 80 characters of a key, with bytes that are not printable in hex', () => {
    const { events, lines } = createTestLog()
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

  test('does not call a listener that was removed or has the option once', () => {
    const events = new ManagerEvents()
    const calls: number[] = []
    const listener = ({ detail }: CustomEvent<{ readonly copies: number }>): void => void calls.push(detail.copies)
    events.addEventListener('record:published', listener)
    events.addEventListener('record:published', ({ detail }) => calls.push(10 * detail.copies), { once: true })
    events.dispatch('record:published', { key, copies: 1 })
    events.dispatch('record:published', { key, copies: 2 })
    events.removeEventListener('record:published', listener)
    events.dispatch('record:published', { key, copies: 3 })
    expect(calls).toEqual([1, 10, 2])
  })
})

describe('the metrics of a manager', () => {
  interface Measurement {
    readonly name: string
    readonly value: number
    readonly attributes: Readonly<Record<string, string>> | undefined
  }

  /** Runs `work` while `performance.now()` returns these values in order. */
  async function withTimes(readings: readonly number[], work: () => Promise<unknown>): Promise<void> {
    const now = vi.spyOn(performance, 'now')
    try {
      for (const reading of readings) now.mockReturnValueOnce(reading)
      await work()
    } finally {
      now.mockRestore()
    }
  }

  function createTestMetrics(): { readonly managerMetrics: ManagerMetrics; readonly measurements: Measurement[] } {
    const measurements: Measurement[] = []
    const metrics = {
      count: (name: string, attributes?: Readonly<Record<string, string>>) =>
        void measurements.push({ name, value: 1, attributes }),
      observe: (name: string, value: number, attributes?: Readonly<Record<string, string>>) =>
        void measurements.push({ name, value, attributes })
    }
    return { managerMetrics: new ManagerMetrics(metrics, new ValidationEngine([ipns()])), measurements }
  }

  test('report the duration of a get in seconds, as a hit, a miss or an error', async () => {
    const { managerMetrics, measurements } = createTestMetrics()
    expect(await managerMetrics.get(async () => 7)).toBe(7)
    expect(await managerMetrics.get(async () => undefined)).toBeUndefined()
    await expect(managerMetrics.get(async () => Promise.reject(new Error('unreachable')))).rejects.toThrow(
      'unreachable'
    )
    const statuses = ['hit', 'miss', 'error']
    expect(measurements.map(({ name, attributes }) => [name, attributes])).toEqual(
      statuses.map((status) => ['record.get.duration', { status }])
    )
    await withTimes([1000, 3500], () => managerMetrics.get(async () => 7))
    expect(measurements.at(-1)).toMatchObject({ name: 'record.get.duration', value: 2.5 })
  })

  test('count a received record by status, namespace and code, with unknown names as unknown', async () => {
    const { managerMetrics, measurements } = createTestMetrics()
    const result: ReceiveResult = { status: 'stored' }
    expect(await managerMetrics.receive(joinRecordKey('ipns', 'x'), async () => result)).toBe(result)
    await managerMetrics.receive(joinRecordKey('made-up', 'x'), async () => ({
      status: 'ignored',
      code: 'NAMESPACE_UNKNOWN'
    }))
    expect(measurements.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['record.puts', { status: 'stored', namespace: 'ipns', code: 'none' }],
      ['record.put.duration', { namespace: 'ipns' }],
      ['record.puts', { status: 'ignored', namespace: 'unknown', code: 'NAMESPACE_UNKNOWN' }],
      ['record.put.duration', { namespace: 'unknown' }]
    ])
    await withTimes([1000, 1250], () => managerMetrics.receive(key, async () => result))
    expect(measurements.at(-1)).toMatchObject({ name: 'record.put.duration', value: 0.25 })
  })

  test('count an equivocation once, under its namespace', async () => {
    const { managerMetrics, measurements } = createTestMetrics()
    const values = [Uint8Array.of(1), Uint8Array.of(2)] as const
    await managerMetrics.receive(joinRecordKey('ipns', 'x'), async () => ({
      status: 'stale',
      equivocation: { key, values }
    }))
    expect(measurements.filter(({ name }) => name === 'record.equivocations')).toEqual([
      { name: 'record.equivocations', value: 1, attributes: { namespace: 'ipns' } }
    ])
  })

  test('count an eclipsed key under its namespace', () => {
    const { managerMetrics, measurements } = createTestMetrics()
    managerMetrics.eclipse(joinRecordKey('ipns', 'x'))
    managerMetrics.eclipse(joinRecordKey('made-up', 'x'))
    expect(measurements.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['record.eclipses', { namespace: 'ipns' }],
      ['record.eclipses', { namespace: 'unknown' }]
    ])
  })

  test('are optional', async () => {
    const managerMetrics = new ManagerMetrics(undefined, new ValidationEngine([ipns()]))
    const result: ReceiveResult = { status: 'stored' }
    expect(await managerMetrics.receive(key, async () => result)).toBe(result)
    expect(await managerMetrics.get(async () => 7)).toBe(7)
  })
})
