import type { StoredRecord } from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
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
import { text, toHex } from './records.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const filled = fc.uint8Array({ minLength: 1, maxLength: 40 })
const time = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const fullKey = text('\u0001/k/1')
const key = text('/k/1')

/** What `run` throws, which must be `STORE_CORRUPT` and name the key. */
function corrupt(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    if (!isRecordError(error, 'STORE_CORRUPT')) throw error
    expect(error.key).toEqual(key)
    return error
  }
  throw new Error('nothing was thrown')
}

/** Any message in its sealed form, under the key. */
function sealed(message: Uint8Array): Uint8Array {
  const whole = Uint8Array.of(...message, 0, 0, 0, 0)
  writeUint32(whole, message.length, checksum(whole, message.length, checksum(fullKey)))
  return whole
}

const record = fc
  .record(
    {
      rank: bytes,
      value: bytes,
      timeReceived: time,
      expires: time,
      published: time,
      digest: filled,
      author: filled,
      sender: filled,
      local: fc.constant(true)
    },
    { requiredKeys: ['rank', 'value', 'timeReceived'] }
  )
  .map((fields): StoredRecord => ({ ...fields, key }))

test('a record is read as it was written, with what it has and nothing else', () => {
  fc.assert(
    fc.property(record, fc.boolean(), (record, marked) => {
      const read = decodeRecordForm(fullKey, encodeRecordForm(fullKey, { record, marked }))
      expect(read).toEqual({ record, marked })
      expect(Object.keys(read.record).sort()).toEqual(Object.keys(record).sort())
    })
  )
  const plain = { key, rank: text('r'), value: text('v'), timeReceived: 1n }
  const written = toHex(encodeRecordForm(fullKey, { record: plain, marked: false })).slice(0, -8)
  expect(written).toBe('0a01721201761801')
  expect(encodeRecordForm(fullKey, { record: { ...plain, local: false }, marked: false })).toHaveLength(12)
})

test('a mark is read as it was written', () => {
  const mark = fc.record({ rank: bytes, until: time, digest: filled }, { requiredKeys: ['rank', 'until'] })
  fc.assert(
    fc.property(mark, fc.maxSafeNat(), (fields, ordinal) => {
      const form = { mark: { ...fields, key }, ordinal }
      const read = decodeMark(fullKey, encodeMark(fullKey, form))
      expect(read).toEqual(form)
      expect(Object.keys(read.mark).sort()).toEqual(Object.keys(form.mark).sort())
    })
  )
})

test('counters and a header are read as they were written', () => {
  const count = fc.maxSafeNat()
  fc.assert(
    fc.property(fc.record({ entries: count, bytes: count, marks: count, ordinal: count }), (counters) => {
      expect(decodeCounters(fullKey, encodeCounters(fullKey, counters))).toEqual(counters)
    })
  )
  const header = { name: text('name'), version: 7 }
  expect(decodeHeader(fullKey, encodeHeader(fullKey, header))).toEqual(header)
  expect(decodeCounters(fullKey, sealed(new Uint8Array(0)))).toEqual({ entries: 0, bytes: 0, marks: 0, ordinal: 0 })
  expect(decodeHeader(fullKey, sealed(writeFields([10, text('n')])))).toEqual({ name: text('n'), version: 0 })
})

describe('what cannot be read says so, with its key', () => {
  test('a record without rank, value or time', () => {
    const parts = [
      [10, text('r')],
      [18, text('v')],
      [24, 1n]
    ] as const
    expect(decodeRecordForm(fullKey, sealed(writeFields(parts.flat()))).record.timeReceived).toBe(1n)
    for (let left = 0; left < parts.length; left++) {
      const fields = parts.filter((_, index) => index !== left).flat()
      expect(corrupt(() => decodeRecordForm(fullKey, sealed(writeFields(fields)))).message).toContain('missing')
    }
  })

  test('a mark without rank or time, a header without its name', () => {
    expect(decodeMark(fullKey, sealed(writeFields([10, text('r'), 24, 1n]))).ordinal).toBe(0)
    expect(corrupt(() => decodeMark(fullKey, sealed(writeFields([24, 1n])))).message).toContain('missing')
    expect(corrupt(() => decodeMark(fullKey, sealed(writeFields([10, text('r')])))).message).toContain('missing')
    expect(corrupt(() => decodeHeader(fullKey, sealed(writeFields([16, 1])))).message).toContain('missing')
  })

  test.each([0, 1, 2, 3])('%i bytes', (length) => {
    expect(corrupt(() => decodeCounters(fullKey, new Uint8Array(length))).message).toContain(`${length} bytes`)
  })

  test('an entry with any bit changed, and one that stands under the key of another', () => {
    const written = encodeCounters(fullKey, { entries: 1, bytes: 2, marks: 3, ordinal: 4 })
    for (let bit = 0; bit < written.length * 8; bit++) {
      const changed = written.with(bit >> 3, (written[bit >> 3] as number) ^ (1 << (bit & 7)))
      expect(corrupt(() => decodeCounters(fullKey, changed)).message).toContain('checksum')
    }
    expect(() => decodeCounters(text('\u0001/k/2'), written)).toThrow('checksum')
  })

  test('a message that is no protobuf has its cause', () => {
    expect(corrupt(() => decodeCounters(fullKey, sealed(Uint8Array.of(8)))).cause).toMatchObject({
      code: 'PROTOBUF_TRUNCATED'
    })
  })
})
