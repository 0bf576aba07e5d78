import { fromHex } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodePeerRecord,
  decodePublicKey,
  decodeRecord,
  decodeSignedRecord,
  decodeUnverifiedEnvelope
} from '@recordkit/record-codec'
import {
  readBool,
  readBytes,
  checkUint32,
  nonzero,
  readFields,
  readRepeatedBytes,
  readUint32,
  readUint64,
  writeFields
} from '@recordkit/record-codec/protobuf'
import negatives from '@recordkit/vectors/recordkit/protobuf-negatives.json' with { type: 'json' }
import { unsigned } from './arbitraries.ts'
import { codeOf } from './errors.ts'

const decoders = new Map<string, (bytes: Uint8Array) => unknown>([
  ['Record', decodeRecord],
  ['PublicKey', decodePublicKey],
  ['Envelope', decodeUnverifiedEnvelope],
  ['PeerRecord', decodePeerRecord],
  ['SignedRecord', decodeSignedRecord]
])

describe('refuses what most readers take', () => {
  test.each(negatives.cases)('$message: $id', ({ message, hex, code }) => {
    expect(codeOf(() => decoders.get(message)?.(fromHex(hex)))).toBe(code)
  })
})

test('reads every 64-bit number as it was written', () => {
  fc.assert(
    fc.property(unsigned(64), (value) => {
      expect(readUint64(readFields(writeFields([8, value]), 100, 'message', [8]), 0)).toBe(value)
    })
  )
})

test('reads every 32-bit number as it was written', () => {
  fc.assert(
    fc.property(unsigned(32).map(Number), (value) => {
      expect(readUint32(readFields(writeFields([6216, value]), 100, 'message', [8, 6216]), 1)).toBe(value)
    })
  )
})

test('finds fields in any order among others, and says whether they stood in theirs', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, unsigned(64), fc.array(bytes, { maxLength: 5 }), fc.nat(3), (one, two, many, unknown) => {
      const tags = [10, 16, 26]
      const all = [[10, one], [16, two], ...many.map((each) => [26, each])] as [number, Uint8Array | bigint][]
      const strange = [
        [34, one],
        [40, two],
        [37, undefined]
      ].slice(0, unknown) as typeof all
      for (const parts of [
        [...all, ...strange],
        [...strange, ...all.toReversed()]
      ]) {
        const fields = readFields(
          Uint8Array.from(parts.flatMap((part) => [...writeFields(part)])),
          5000,
          'message',
          tags,
          true
        )
        expect(readBytes(fields, 0)).toEqual(one)
        expect(readUint64(fields, 1)).toBe(two)
        expect(readRepeatedBytes(fields, 2)).toHaveLength(many.length)
        expect(fields.filled).toBe(one.length > 0 && two > 0n && many.every(({ length }) => length > 0))
        expect(fields.ordered).toBe(parts[0]?.[0] === 10 && unknown === 0)
      }
    })
  )
})

test.each<[string, (number | bigint | Uint8Array)[], boolean]>([
  ['in order', [10, Uint8Array.of(1), 16, 2n, 26, Uint8Array.of(3)], true],
  ['with one left out', [10, Uint8Array.of(1), 26, Uint8Array.of(3)], true],
  ["two in each other's place", [16, 2n, 10, Uint8Array.of(1)], false],
  ['behind one that nobody knows', [34, Uint8Array.of(1), 10, Uint8Array.of(1)], false],
  ['before one that nobody knows', [10, Uint8Array.of(1), 34, Uint8Array.of(1)], false],
  ['and only one that nobody knows', [34, Uint8Array.of(1)], false]
])('fields %s', (_, fields, ordered) => {
  expect(readFields(writeFields(fields), 100, 'message', [10, 16, 26]).ordered).toBe(ordered)
})

test('an absent field is absent, 0 or false', () => {
  const fields = readFields(new Uint8Array(0), 0, 'message', [10, 16])
  expect([readBytes(fields, 0), readUint64(fields, 1), readUint32(fields, 1), readBool(fields, 1)]).toEqual([
    undefined,
    0n,
    undefined,
    false
  ])
})

test('a boolean is 0 or 1, and an integer of 32 bits has no more', () => {
  expect(codeOf(() => readBool(readFields(Uint8Array.of(8, 2), 9, 'message', [8]), 0))).toBe('PROTOBUF_VARINT')
  expect(codeOf(() => readUint32(readFields(writeFields([8, 1n << 32n]), 9, 'message', [8]), 0))).toBe(
    'PROTOBUF_VARINT'
  )
})

test.each([-1n, 1n << 64n])('does not write %s as a 64-bit number', (value) => {
  expect(codeOf(() => writeFields([8, value]))).toBe('INVALID_ARGUMENT')
})

test.each([1, undefined, '1'])('does not take %s for a 64-bit number', (value) => {
  expect(codeOf(() => nonzero(value as unknown as bigint, 'it'))).toBe('INVALID_ARGUMENT')
})

test.each([-1, 2 ** 32, 1.5, Number.NaN, 1n, undefined, '1'])('does not take %s for a 32-bit number', (value) => {
  expect(codeOf(() => checkUint32(value as number, 'it'))).toBe('INVALID_ARGUMENT')
})

test.each([1, 1n, '1', [1]])('does not write %s as bytes', (value) => {
  expect(codeOf(() => writeFields([10, value as unknown as Uint8Array]))).toBe('INVALID_ARGUMENT')
})

test('looks at the size before it looks at the bytes', () => {
  const garbage = new Uint8Array(11).fill(0xff)
  expect(codeOf(() => decodeRecord(garbage, { limit: 10 }))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeRecord(garbage, { limit: 11 }))).toBe('PROTOBUF_VARINT')
})

test('says what is too large, how large it is and what is read', () => {
  expect(() => decodeRecord(new Uint8Array(9), { limit: 8 })).toThrow(
    expect.objectContaining({ message: 'record is 9 bytes; at most 8 are read', size: 9, limit: 8 })
  )
})

test('says where it stopped', () => {
  expect(() => decodeRecord(fromHex('0a01610a0162'))).toThrow(
    expect.objectContaining({ message: 'PROTOBUF_REPEATED_FIELD in field 1 at byte 3', offset: 3 })
  )
})

test('keeps messages apart that are encoded one inside the other', () => {
  const kept: Uint8Array[] = []
  const encoded = [1, 2, 3].map((byte) => {
    const inner = writeFields([8, byte])
    kept.push(inner)
    return writeFields([10, inner, 18, inner])
  })
  expect(encoded.map((bytes) => [...bytes])).toEqual([1, 2, 3].map((byte) => [10, 2, 8, byte, 18, 2, 8, byte]))
  expect(kept.map((bytes) => bytes[1])).toEqual([1, 2, 3])
})
