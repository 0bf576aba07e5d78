import { encodeRecord } from '@recordkit/record-codec'
import { importRecords } from '@recordkit/record-manager'
import type { ImportRefusal, ReceiveResult } from '@recordkit/record-manager'
import { turns } from '@recordkit/record-types/internal'
import { countWork } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** of version 1: backup.test.ts tests version 2 */
const header = new TextEncoder().encode('recordkit-records 1\n')
const maxRecord = 1_048_576

interface Received {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A manager that accepts and records everything. */
function receiver(): {
  readonly received: Received[]
  receive(key: Uint8Array, value: Uint8Array): Promise<ReceiveResult>
} {
  const received: Received[] = []
  return {
    received,
    async receive(key, value) {
      received.push({ key, value })
      return { status: 'stored' }
    }
  }
}

function withLength(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + record.length)
  new DataView(bytes.buffer).setUint32(0, record.length)
  bytes.set(record, 4)
  return bytes
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const record = (number: number): Uint8Array =>
  encodeRecord({ key: Uint8Array.of(number), value: Uint8Array.of(number, number), timeReceived: 0n })

describe('an archive of records of version 1', () => {
  test('may contain no records', async () => {
    expect(await importRecords(receiver(), [header])).toMatchObject({ items: 0, records: {} })
  })

  test('is imported equally in chunks of any size', async () => {
    const file = concat(header, ...[1, 2, 3].map((number) => withLength(record(number))))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: file.length }), { maxLength: 8 }), async (cuts) => {
        const offsets = [0, ...cuts.sort((a, b) => a - b), file.length]
        const chunks = offsets.slice(1).map((end, index) => file.slice(offsets[index], end))
        const manager = receiver()
        expect((await importRecords(manager, chunks)).records).toEqual({ stored: 3 })
        expect(manager.received).toEqual([1, 2, 3].map((n) => ({ key: Uint8Array.of(n), value: Uint8Array.of(n, n) })))
      }),
      { numRuns: 60 }
    )
  })

  test('is imported in chunks of one byte at a cost that is linear in its size', async () => {
    const value = new Uint8Array(20_000)
    const large = withLength(encodeRecord({ key: Uint8Array.of(1), value, timeReceived: 0n }))
    const costOf = async (records: number): Promise<number> => {
      const file = concat(header, ...Array.from({ length: records }, () => large))
      const { bytesCopied } = await countWork(async () =>
        importRecords(
          receiver(),
          Array.from(file, (_, offset) => file.subarray(offset, offset + 1))
        )
      )
      return bytesCopied / file.length
    }
    expect(await costOf(1)).toBeLessThan(8)
    expect(await costOf(4)).toBeLessThan(8)
  })

  test('is imported with a count of each status', async () => {
    const statuses = ['stored', 'stale', 'stored', 'rejected'] as const
    let next = 0
    const manager = { receive: async (): Promise<ReceiveResult> => ({ status: statuses[next++] ?? 'stored' }) }
    const file = concat(header, ...[1, 2, 3, 4].map((number) => withLength(record(number))))
    expect((await importRecords(manager, [file])).records).toEqual({ stored: 2, stale: 1, rejected: 1 })
  })

  test('is copied for the manager, so that the reader can reuse its buffer', async () => {
    const buffer = concat(header, withLength(record(1)))
    const manager = receiver()
    await importRecords(manager, [buffer])
    buffer.fill(0)
    expect(manager.received).toEqual([{ key: Uint8Array.of(1), value: Uint8Array.of(1, 1) }])
  })

  test('is imported with the signal passed to the manager', async () => {
    const { signal } = new AbortController()
    const options: unknown[] = []
    const manager = {
      receive: async (_key: Uint8Array, _value: Uint8Array, receiveOptions: unknown): Promise<ReceiveResult> => {
        options.push(receiveOptions)
        return { status: 'stored' }
      }
    }
    await importRecords(manager, [concat(header, withLength(record(1)))], { signal })
    expect(options).toEqual([{ signal }])
  })
})

describe('the import of an archive', () => {
  test('lets other work of the process run between its items', async () => {
    const file = concat(header, ...Array.from({ length: 300 }, (_, number) => withLength(record(number % 256))))
    let ran = false
    turns.nextTurn(() => {
      ran = true
    })
    expect((await importRecords(receiver(), [file])).items).toBe(300)
    expect(ran).toBe(true)
  })

  test.each([
    ['an empty file', [], 'is truncated'],
    ['a truncated header', [header.slice(0, -1)], 'is truncated'],
    ['another version', [new TextEncoder().encode('recordkit-records 3\n')], 'does not begin'],
    ['a truncated length', [header, Uint8Array.of(0, 0, 0)], 'is truncated'],
    ['a truncated record', [header, withLength(record(1)).slice(0, -1)], 'is truncated'],
    ['a byte after the last record', [header, withLength(record(1)), Uint8Array.of(7)], 'is truncated'],
    ['a length above the maximum', [header, Uint8Array.of(0, 16, 0, 1)], `${maxRecord + 1} bytes`]
  ])('rejects with ARCHIVE_INVALID for %s', async (_, chunks, reason) => {
    await expect(importRecords(receiver(), chunks)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(reason) as unknown
    })
  })

  test('rejects with INVALID_ARGUMENT for chunks of text', async () => {
    const chunks = ['recordkit-records 1'] as unknown as Uint8Array[]
    await expect(importRecords(receiver(), chunks)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'a chunk of the file is a string; a Uint8Array is expected'
    })
  })

  test('ends with the reason of its signal while the file does not arrive, and asks the file to return', async () => {
    let returned = false
    const file: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        async return() {
          returned = true
          throw new Error('the file could not be closed')
        }
      })
    }
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const importing = importRecords(receiver(), file, { signal: controller.signal })
    await Promise.resolve()
    controller.abort(reason)
    await expect(importing).rejects.toBe(reason)
    expect(returned).toBe(true)
    await expect(importRecords(receiver(), [header], { signal: controller.signal })).rejects.toBe(reason)
  })

  test('receives the records before the error in the archive', async () => {
    const manager = receiver()
    await expect(importRecords(manager, [header, withLength(record(1)), Uint8Array.of(7)])).rejects.toBeDefined()
    expect(manager.received.length).toBe(1)
  })

  test('accepts a record of the maximum size', async () => {
    const overhead = encodeRecord({ key: Uint8Array.of(1), value: new Uint8Array(1_000_000), timeReceived: 0n }).length
    const value = new Uint8Array(1_000_000 + maxRecord - overhead)
    const record = encodeRecord({ key: Uint8Array.of(1), value, timeReceived: 0n })
    expect(record.length).toBe(maxRecord)
    const manager = receiver()
    expect((await importRecords(manager, [header, withLength(record)])).records).toEqual({ stored: 1 })
    expect(manager.received[0]?.value.length).toBe(value.length)
  })

  test('counts a record that cannot be decoded, reports it, and goes on', async () => {
    const garbage = withLength(Uint8Array.of(1))
    const refusals: ImportRefusal[] = []
    const onRefused = (refusal: ImportRefusal): number => refusals.push(refusal)
    const result = await importRecords(receiver(), [header, garbage, withLength(record(1))], { onRefused })
    expect(result).toMatchObject({ items: 2, records: { stored: 1 }, refused: 1 })
    expect(refusals).toMatchObject([{ offset: header.length, code: 'PROTOBUF_FIELD_NUMBER' }])
  })
})
