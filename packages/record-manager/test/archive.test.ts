import { encodeRecord } from '@recordkit/record-codec'
import { exportRecords, importRecords } from '@recordkit/record-manager'
import type { ReceiveResult } from '@recordkit/record-manager'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const head = new TextEncoder().encode('recordkit-records 1\n')
const largest = 1_048_576

interface Taken {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Takes whatever it is handed, and remembers it. */
function receiver(): { readonly taken: Taken[]; receive(key: Uint8Array, value: Uint8Array): Promise<ReceiveResult> } {
  const taken: Taken[] = []
  return {
    taken,
    async receive(key, value) {
      taken.push({ key, value })
      return { status: 'stored' }
    }
  }
}

function framed(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + record.length)
  new DataView(bytes.buffer).setUint32(0, record.length)
  bytes.set(record, 4)
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const record = (number: number): Uint8Array =>
  encodeRecord({ key: Uint8Array.of(number), value: Uint8Array.of(number, number), timeReceived: 0n })

describe('a file of records', () => {
  test('is a head, then each record behind its length', async () => {
    const chunks: Uint8Array[] = []
    async function* records() {
      for (const number of [1, 2])
        yield { key: Uint8Array.of(number), bytes: Uint8Array.of(number, number), timeReceived: 0n }
    }
    for await (const chunk of exportRecords(records())) chunks.push(chunk)
    expect(joined(...chunks)).toEqual(joined(head, framed(record(1)), framed(record(2))))
  })

  test('may be empty', async () => {
    expect(await importRecords(receiver(), [head])).toEqual({})
  })

  test('reads the same however it is cut', async () => {
    const file = joined(head, ...[1, 2, 3].map((number) => framed(record(number))))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: file.length }), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), file.length]
        const chunks = places.slice(1).map((end, index) => file.slice(places[index], end))
        const manager = receiver()
        expect(await importRecords(manager, chunks)).toEqual({ stored: 3 })
        expect(manager.taken).toEqual([1, 2, 3].map((n) => ({ key: Uint8Array.of(n), value: Uint8Array.of(n, n) })))
      }),
      { numRuns: 60 }
    )
  })

  test('counts each outcome', async () => {
    const outcomes = ['stored', 'stale', 'stored', 'rejected'] as const
    let next = 0
    const manager = { receive: async (): Promise<ReceiveResult> => ({ status: outcomes[next++] ?? 'stored' }) }
    const file = joined(head, ...[1, 2, 3, 4].map((number) => framed(record(number))))
    expect(await importRecords(manager, [file])).toEqual({ stored: 2, stale: 1, rejected: 1 })
  })

  test('what is handed to the manager is a copy: the reader’s buffer may be used again', async () => {
    const buffer = joined(head, framed(record(1)))
    const manager = receiver()
    await importRecords(manager, [buffer])
    buffer.fill(0)
    expect(manager.taken).toEqual([{ key: Uint8Array.of(1), value: Uint8Array.of(1, 1) }])
  })

  test('a signal reaches the manager', async () => {
    const { signal } = new AbortController()
    const options: unknown[] = []
    const manager = {
      receive: async (_key: Uint8Array, _value: Uint8Array, given: unknown): Promise<ReceiveResult> => {
        options.push(given)
        return { status: 'stored' }
      }
    }
    await importRecords(manager, [joined(head, framed(record(1)))], { signal })
    expect(options).toEqual([{ signal }])
  })
})

describe('what is no file of records', () => {
  test.each([
    ['nothing at all', [], 'ends too early'],
    ['a head cut off', [head.slice(0, -1)], 'ends too early'],
    ['another version', [new TextEncoder().encode('recordkit-records 2\n')], 'does not begin'],
    ['a length cut off', [head, Uint8Array.of(0, 0, 0)], 'ends too early'],
    ['a record cut off', [head, framed(record(1)).slice(0, -1)], 'ends too early'],
    ['a byte behind the end', [head, framed(record(1)), Uint8Array.of(7)], 'ends too early'],
    ['a length beyond the largest', [head, Uint8Array.of(0, 16, 0, 1)], `${largest + 1} bytes`]
  ])('%s', async (_, chunks, why) => {
    await expect(importRecords(receiver(), chunks)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(why) as unknown
    })
  })

  test('what stood before it was taken', async () => {
    const manager = receiver()
    await expect(importRecords(manager, [head, framed(record(1)), Uint8Array.of(7)])).rejects.toBeDefined()
    expect(manager.taken.length).toBe(1)
  })

  test('the largest record there may be is no fault', async () => {
    const bare = encodeRecord({ key: Uint8Array.of(1), value: new Uint8Array(1_000_000), timeReceived: 0n }).length
    const value = new Uint8Array(1_000_000 + largest - bare)
    const full = encodeRecord({ key: Uint8Array.of(1), value, timeReceived: 0n })
    expect(full.length).toBe(largest)
    const manager = receiver()
    expect(await importRecords(manager, [head, framed(full)])).toEqual({ stored: 1 })
    expect(manager.taken[0]?.value.length).toBe(value.length)
  })

  test('a record that cannot be read says so by its own code', async () => {
    const garbage = framed(Uint8Array.of(1))
    await expect(importRecords(receiver(), [head, garbage])).rejects.toMatchObject({ code: 'PROTOBUF_FIELD_NUMBER' })
  })
})
