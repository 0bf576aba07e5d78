import type { StoredRecord } from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import { writeFields } from '@recordkit/record-codec/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../src/checksum.ts'
import { writeUint32 } from '../src/level-layout.ts'
import {
  decodeCounters,
  decodeHeader,
  decodeMark,
  decodeRecordForm,
  encodeCounters,
  encodeHeader,
  encodeMark,
  encodeRecordForm
} from '../src/entry-format.ts'
import { text } from './records.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const nonEmpty = fc.uint8Array({ minLength: 1, maxLength: 40 })
const time = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const fullKey = text('\u0001/k/1')
const key = text('/k/1')

/** Returns the error that `run` throws, which must be `STORE_CORRUPT` with the key. */
function corruptError(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    if (!isRecordError(error, 'STORE_CORRUPT')) throw error
    expect(error.key).toEqual(key)
    return error
  }
  throw new Error('nothing was thrown')
}

/** An entry with this message, and the checksum for the key. */
function withChecksum(message: Uint8Array): Uint8Array {
  const entry = Uint8Array.of(...message, 0, 0, 0, 0)
  writeUint32(entry, message.length, checksum(entry, message.length, checksum(fullKey)))
  return entry
}

const record = fc
  .record(
    {
      rank: bytes,
      value: bytes,
      timeReceived: time,
      expires: time,
      published: time,
      digest: nonEmpty,
      author: nonEmpty,
      sender: nonEmpty,
      local: fc.constant(true)
    },
    { requiredKeys: ['rank', 'value', 'timeReceived'] }
  )
  .map((fields): StoredRecord => ({ ...fields, key }))

test('decodes a record as it was encoded, with the fields that it has and no others', () => {
  fc.assert(
    fc.property(record, fc.boolean(), (record, marked) => {
      const decoded = decodeRecordForm(fullKey, encodeRecordForm(fullKey, { record, marked }))
      expect(decoded).toEqual({ record, marked })
      expect(Object.keys(decoded.record).sort()).toEqual(Object.keys(record).sort())
    })
  )
  const plain = { key, rank: text('r'), value: text('v'), timeReceived: 1n }
  const encoded = toHex(encodeRecordForm(fullKey, { record: plain, marked: false })).slice(0, -8)
  expect(encoded).toBe('0a01721201761801')
  expect(encodeRecordForm(fullKey, { record: { ...plain, local: false }, marked: false })).toHaveLength(12)
})

test('decodes a mark as it was encoded', () => {
  const mark = fc.record({ rank: bytes, until: time, digest: nonEmpty }, { requiredKeys: ['rank', 'until'] })
  fc.assert(
    fc.property(mark, fc.maxSafeNat(), (fields, ordinal) => {
      const form = { mark: { ...fields, key }, ordinal }
      const decoded = decodeMark(fullKey, encodeMark(fullKey, form))
      expect(decoded).toEqual(form)
      expect(Object.keys(decoded.mark).sort()).toEqual(Object.keys(form.mark).sort())
    })
  )
})

test('decodes counters and a header as they were encoded', () => {
  const count = fc.maxSafeNat()
  fc.assert(
    fc.property(fc.record({ entries: count, bytes: count, marks: count, ordinal: count }), (counters) => {
      expect(decodeCounters(fullKey, encodeCounters(fullKey, counters))).toEqual(counters)
    })
  )
  const header = { name: text('name'), version: 7 }
  expect(decodeHeader(fullKey, encodeHeader(fullKey, header))).toEqual(header)
  expect(decodeCounters(fullKey, withChecksum(new Uint8Array(0)))).toEqual({
    entries: 0,
    bytes: 0,
    marks: 0,
    ordinal: 0
  })
  expect(decodeHeader(fullKey, withChecksum(writeFields([10, text('n')])))).toEqual({ name: text('n'), version: 0 })
})

describe('STORE_CORRUPT with the record key', () => {
  test('is thrown for a record without rank, value or time', () => {
    const parts = [
      [10, text('r')],
      [18, text('v')],
      [24, 1n]
    ] as const
    expect(decodeRecordForm(fullKey, withChecksum(writeFields(parts.flat()))).record.timeReceived).toBe(1n)
    for (let missing = 0; missing < parts.length; missing++) {
      const fields = parts.filter((_, index) => index !== missing).flat()
      expect(corruptError(() => decodeRecordForm(fullKey, withChecksum(writeFields(fields)))).message).toContain(
        'missing'
      )
    }
  })

  test('is thrown for a mark without rank or time, and for a header without a name', () => {
    expect(decodeMark(fullKey, withChecksum(writeFields([10, text('r'), 24, 1n]))).ordinal).toBe(0)
    expect(corruptError(() => decodeMark(fullKey, withChecksum(writeFields([24, 1n])))).message).toContain('missing')
    expect(corruptError(() => decodeMark(fullKey, withChecksum(writeFields([10, text('r')])))).message).toContain(
      'missing'
    )
    expect(corruptError(() => decodeHeader(fullKey, withChecksum(writeFields([16, 1])))).message).toContain('missing')
  })

  test.each([0, 1, 2, 3])('is thrown for an entry of %i bytes', (length) => {
    expect(corruptError(() => decodeCounters(fullKey, new Uint8Array(length))).message).toContain(`${length} bytes`)
  })

  test('is thrown for an entry with any bit changed, and for one under another key', () => {
    const encoded = encodeCounters(fullKey, { entries: 1, bytes: 2, marks: 3, ordinal: 4 })
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const changed = encoded.with(bit >> 3, (encoded[bit >> 3] as number) ^ (1 << (bit & 7)))
      expect(corruptError(() => decodeCounters(fullKey, changed)).message).toContain('checksum')
    }
    expect(() => decodeCounters(text('\u0001/k/2'), encoded)).toThrow('checksum')
  })

  test('has the error of the protobuf reader as its cause', () => {
    expect(corruptError(() => decodeCounters(fullKey, withChecksum(Uint8Array.of(8)))).cause).toMatchObject({
      code: 'PROTOBUF_TRUNCATED'
    })
  })
})
