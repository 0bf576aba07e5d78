import { files, fromHex, toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { DhtRecord } from '@recordkit/record-codec'
import { bytes, time, unsigned } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const golden = files(
  import.meta.glob<string>('../../../vectors/record/*.bin', { query: '?hex', import: 'default', eager: true })
)

const record: fc.Arbitrary<DhtRecord> = fc
  .record(
    { key: bytes(), value: bytes(), timeReceived: time, publisher: bytes(60), ttl: unsigned(32).map(Number) },
    { requiredKeys: ['key', 'value'] }
  )
  .map((fields) => ({ ...fields }))

test.each(['go-record.bin', 'go-record-signed.bin'])(
  'decodeRecord decodes %s without its historical fields',
  (name) => {
    const decoded = decodeRecord(golden.get(name)!)
    expect(decoded).toEqual({ key: utf8('hello'), value: utf8('world') })
    expect(toHex(encodeRecord(decoded))).toBe('0a0568656c6c6f1205776f726c64')
  }
)

test('decodeRecord decodes every record that encodeRecord encodes', () => {
  fc.assert(
    fc.property(record, (fields) => {
      const encoded = encodeRecord(fields)
      expect(decodeRecord(encoded)).toEqual(fields)
      expect(encodeRecord(decodeRecord(encoded))).toEqual(encoded)
    })
  )
})

test('decodeRecord returns byte fields as views of the input', () => {
  const encoded = fromHex('0a0161120162').slice()
  const { key, value } = decodeRecord(encoded)
  encoded.fill(0x7a)
  expect([key[0], value[0]]).toEqual([0x7a, 0x7a])
})

test('decodeRecord decodes absent required fields as empty, and omits absent optional fields', () => {
  expect(decodeRecord(new Uint8Array(0))).toEqual({ key: new Uint8Array(0), value: new Uint8Array(0) })
  expect(Object.keys(decodeRecord(fromHex('2a00')))).toEqual(['key', 'value'])
})

test('encodeRecord and decodeRecord keep the fields publisher and ttl of rust-libp2p', () => {
  const fields = { key: utf8('k'), value: utf8('v'), publisher: Uint8Array.of(1, 2), ttl: 3600 }
  expect(toHex(encodeRecord(fields))).toBe('0a016b120176d229020102c830901c')
  expect(decodeRecord(fromHex('0a016b120176d229020102c830901c'))).toEqual(fields)
})

test('encodeRecord and decodeRecord keep the nanoseconds of timeReceived', () => {
  const fields = { key: utf8('k'), value: utf8('v'), timeReceived: 1_700_000_000_000_000_001n }
  expect(decodeRecord(encodeRecord(fields)).timeReceived).toBe(1_700_000_000_000_000_001n)
})

test('decodeRecord decodes fields in any order', () => {
  expect(decodeRecord(fromHex('1201620a0161'))).toEqual({ key: utf8('a'), value: utf8('b') })
})

describe('encodeRecord into given memory', () => {
  const fields = { key: utf8('key'), value: utf8('value'), timeReceived: 1_700_000_000_000_000_000n }

  test('writes the same bytes to the beginning, and nothing after them', () => {
    const into = new Uint8Array(200).fill(0xee)
    const written = encodeRecord(fields, into)
    expect(written.buffer).toBe(into.buffer)
    expect(written).toEqual(encodeRecord(fields))
    expect(into.subarray(written.length).every((byte) => byte === 0xee)).toBe(true)
  })

  test('accepts memory of the exact size, and writes nothing to memory that is one byte shorter', () => {
    const { length } = encodeRecord(fields)
    expect(encodeRecord(fields, new Uint8Array(length))).toEqual(encodeRecord(fields))
    const small = new Uint8Array(length - 1)
    expect(codeOf(() => encodeRecord(fields, small))).toBe('INVALID_ARGUMENT')
    expect(small.every((byte) => byte === 0)).toBe(true)
  })

  test('writes nothing when a field is invalid', () => {
    const into = new Uint8Array(200)
    expect(codeOf(() => encodeRecord({ ...fields, ttl: -1 }, into))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => encodeRecord({ ...fields, timeReceived: 1n << 80n }, into))).toBe('INVALID_ARGUMENT')
    expect(into.every((byte) => byte === 0)).toBe(true)
  })
})

test('encodeRecord returns memory that later encodings do not change', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 2, maxLength: 60 }), (records) => {
      const encoded = records.map((fields) => encodeRecord(fields))
      const copies = encoded.map((one) => one.slice())
      for (const fields of records) encodeRecord(fields)
      expect(encoded).toEqual(copies)
    }),
    { numRuns: 30 }
  )
})

test.each([
  undefined,
  null,
  1,
  'record',
  {},
  { key: 'k', value: new Uint8Array(0) },
  { key: new Uint8Array(0), value: [1] },
  { key: new Uint8Array(0), value: new Uint8Array(0), timeReceived: 1 },
  { key: new Uint8Array(0), value: new Uint8Array(0), publisher: 'p' },
  { key: new Uint8Array(0), value: new Uint8Array(0), ttl: 1n }
])('encodeRecord refuses %o', (fields) => {
  expect(codeOf(() => encodeRecord(fields as DhtRecord))).toBe('INVALID_ARGUMENT')
})
