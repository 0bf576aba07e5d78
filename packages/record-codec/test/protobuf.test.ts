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
  readFieldsLeniently,
  readRepeatedBytes,
  readUint32,
  readUint64,
  writeFields
} from '@recordkit/record-codec/protobuf'
import negatives from '@recordkit/vectors/recordkit/protobuf-negatives.json' with { type: 'json' }
import { unsigned } from './arbitraries.ts'
import { codeOf } from './errors.ts'

const recordTags = [10, 18, 42, 5330, 6216]

const decoders = new Map<string, (bytes: Uint8Array) => unknown>([
  [
    'Record',
    (bytes) => {
      readUint32(readFields(bytes, 1024, 'record', recordTags), 4)
      decodeRecord(bytes)
    }
  ],
  ['PublicKey', decodePublicKey],
  ['Envelope', decodeUnverifiedEnvelope],
  ['PeerRecord', decodePeerRecord],
  ['SignedRecord', decodeSignedRecord]
])

describe('strict decoding', () => {
  test.each(negatives.cases)('refuses a $message that most implementations accept: $id', ({ message, hex, code }) => {
    expect(codeOf(() => decoders.get(message)?.(fromHex(hex)))).toBe(code)
  })
})

test('readUint64 decodes every number that writeFields encodes', () => {
  fc.assert(
    fc.property(unsigned(64), (value) => {
      expect(readUint64(readFields(writeFields([8, value]), 100, 'message', [8]), 0)).toBe(value)
    })
  )
})

test('readUint32 decodes every number that writeFields encodes', () => {
  fc.assert(
    fc.property(unsigned(32).map(Number), (value) => {
      expect(readUint32(readFields(writeFields([6216, value]), 100, 'message', [8, 6216]), 1)).toBe(value)
    })
  )
})

test('readFields locates fields in any order, and reports whether they are ordered and filled', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, unsigned(64), fc.array(bytes, { maxLength: 5 }), fc.nat(3), (one, two, many, unknown) => {
      const tags = [10, 16, 26]
      const all = [[10, one], [16, two], ...many.map((each) => [26, each])] as [number, Uint8Array | bigint][]
      const unknownFields = [
        [34, one],
        [40, two],
        [37, undefined]
      ].slice(0, unknown) as typeof all
      for (const parts of [
        [...all, ...unknownFields],
        [...unknownFields, ...all.toReversed()]
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
  ['with one omitted', [10, Uint8Array.of(1), 26, Uint8Array.of(3)], true],
  ['with two swapped', [16, 2n, 10, Uint8Array.of(1)], false],
  ['after an unknown one', [34, Uint8Array.of(1), 10, Uint8Array.of(1)], false],
  ['before an unknown one', [10, Uint8Array.of(1), 34, Uint8Array.of(1)], false],
  ['of which the only one is unknown', [34, Uint8Array.of(1)], false]
])('readFields reports whether fields %s are ordered', (_, fields, ordered) => {
  expect(readFields(writeFields(fields), 100, 'message', [10, 16, 26]).ordered).toBe(ordered)
})

test('an absent field is undefined, 0 or false', () => {
  const fields = readFields(new Uint8Array(0), 0, 'message', [10, 16])
  expect([readBytes(fields, 0), readUint64(fields, 1), readUint32(fields, 1), readBool(fields, 1)]).toEqual([
    undefined,
    0n,
    undefined,
    false
  ])
})

test('a boolean other than 0 and 1, and a 32-bit integer that is larger, are refused', () => {
  expect(codeOf(() => readBool(readFields(Uint8Array.of(8, 2), 9, 'message', [8]), 0))).toBe('PROTOBUF_VARINT')
  expect(codeOf(() => readUint32(readFields(writeFields([8, 1n << 32n]), 9, 'message', [8]), 0))).toBe(
    'PROTOBUF_VARINT'
  )
})

test.each([-1n, 1n << 64n])('writeFields refuses %s as a 64-bit number', (value) => {
  expect(codeOf(() => writeFields([8, value]))).toBe('INVALID_ARGUMENT')
})

test.each([1, undefined, '1'])('nonzero refuses %s', (value) => {
  expect(codeOf(() => nonzero(value as unknown as bigint, 'it'))).toBe('INVALID_ARGUMENT')
})

test.each([-1, 2 ** 32, 1.5, Number.NaN, 1n, undefined, '1'])('checkUint32 refuses %s', (value) => {
  expect(codeOf(() => checkUint32(value as number, 'it'))).toBe('INVALID_ARGUMENT')
})

test.each([1, 1n, '1', [1]])('writeFields refuses %s as bytes', (value) => {
  expect(codeOf(() => writeFields([10, value as unknown as Uint8Array]))).toBe('INVALID_ARGUMENT')
})

test('decodeRecord checks the size before it parses the bytes', () => {
  const garbage = new Uint8Array(11).fill(0xff)
  expect(codeOf(() => decodeRecord(garbage, { limit: 10 }))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeRecord(garbage, { limit: 11 }))).toBe('PROTOBUF_VARINT')
})

test('the error for too many bytes has the size and the limit', () => {
  expect(() => decodeRecord(new Uint8Array(9), { limit: 8 })).toThrow(
    expect.objectContaining({ message: 'record is 9 bytes; the limit is 8', size: 9, limit: 8 })
  )
})

test('the error for malformed bytes has code, field and offset', () => {
  expect(() => readFields(fromHex('0a01610a0162'), 9, 'record', recordTags)).toThrow(
    expect.objectContaining({ message: 'PROTOBUF_REPEATED_FIELD in field 1 at byte 3', offset: 3 })
  )
})

test('writeFields encodes one message inside another without overwriting either', () => {
  const inners: Uint8Array[] = []
  const encoded = [1, 2, 3].map((byte) => {
    const inner = writeFields([8, byte])
    inners.push(inner)
    return writeFields([10, inner, 18, inner])
  })
  expect(encoded.map((bytes) => [...bytes])).toEqual([1, 2, 3].map((byte) => [10, 2, 8, byte, 18, 2, 8, byte]))
  expect(inners.map((bytes) => bytes[1])).toEqual([1, 2, 3])
})

describe('lenient decoding', () => {
  const read = (hex: string) => readFieldsLeniently(fromHex(hex.replaceAll(' ', '')), 100, 'message', [10, 16])

  test.each([
    ['of a field that occurs twice, the last', '0a0161 1001 0a0162 1002', '62', 2n],
    ['a tag in a longer form', '8a000162 908000 02', '62', 2n],
    ['a length in a longer form', '0a81808000 62 1002', '62', 2n],
    ['a number in a longer form', '0a0162 10 82808080808080808000', '62', 2n],
    ['a known field of another wire type as unknown', '0801 120161 0d00000000 0a0162 1002', '62', 2n],
    ['unknown fields as absent', '1a0161 2005 29 0000000000000000 35 00000000 0a0162 1002', '62', 2n],
    [
      'groups as absent, also of a known field',
      '0b 1001 0c 1b 23 0a0161 24 1d00000000 190000000000000000 1c 0a0162 1002',
      '62',
      2n
    ],
    ['a field number of 31 bits within a group', '1b f8ffffff3f 00 1c 0a0162 1002', '62', 2n],
    ['an empty last field', '0a0161 0a00', '', 0n]
  ])('reads %s', (_, hex, bytes, number) => {
    const fields = read(hex)
    expect(readBytes(fields, 0)).toEqual(fromHex(bytes))
    expect(readUint64(fields, 1)).toBe(number)
  })

  test.each([
    ['field number 0', '0001', 'PROTOBUF_FIELD_NUMBER'],
    ['field number 0 in a group', '1b 0001 1c', 'PROTOBUF_FIELD_NUMBER'],
    ['a field number of 32 bits in a group', '1b 808080804000 1c', 'PROTOBUF_FIELD_NUMBER'],
    ['a field number of 30 bits', '8080808010 01', 'PROTOBUF_FIELD_NUMBER'],
    ['a group that does not begin', '1c', 'PROTOBUF_GROUP'],
    ['a group that does not end', '1b 1001', 'PROTOBUF_GROUP'],
    ['groups that overlap', '1b 23 1c 24', 'PROTOBUF_GROUP'],
    ['bytes cut off', '0a0261', 'PROTOBUF_TRUNCATED'],
    ['bytes cut off in a group', '1b 0a0561', 'PROTOBUF_TRUNCATED'],
    ['a length above 32 bits in a group', '1b 0a8180808010 61 1c', 'PROTOBUF_TRUNCATED'],
    ['a varint cut off in a group', '1b 1080', 'PROTOBUF_TRUNCATED'],
    ['a fixed number cut off in a group', '1b 1d0000', 'PROTOBUF_TRUNCATED'],
    ['a wire type that does not exist', '1e', 'PROTOBUF_WIRE_TYPE'],
    ['a wire type that does not exist in a group', '1b 1e 1c', 'PROTOBUF_WIRE_TYPE'],
    ['a varint of 11 bytes', '10 8080808080808080808000', 'PROTOBUF_VARINT'],
    ['a varint above 64 bits', '10 80808080808080808002', 'PROTOBUF_VARINT']
  ])('refuses %s', (_, hex, code) => {
    expect(codeOf(() => read(hex))).toBe(code)
  })

  test('checks the limit before it reads anything', () => {
    expect(codeOf(() => readFieldsLeniently(new Uint8Array(11), 10, 'message', [10]))).toBe('TOO_LARGE')
  })

  test('cuts numbers off to the 32 bits of their type', () => {
    expect(readUint32(readFieldsLeniently(writeFields([8, (1n << 32n) + 7n]), 9, 'message', [8]), 0)).toBe(7)
  })

  test('reads groups that are nested as deep as a message is long', () => {
    const depth = 32_000
    const bytes = new Uint8Array(2 * depth + 2).fill(0x1b, 0, depth).fill(0x1c, depth, 2 * depth)
    bytes.set([16, 7], 2 * depth)
    expect(readUint64(readFieldsLeniently(bytes, bytes.length, 'message', [16]), 0)).toBe(7n)
  })

  test('reads what strict decoding reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        fc.pre(codeOf(() => readFields(bytes, 40, 'message', [10, 16])) === 'ok')
        const { lenient: _, ...strict } = readFields(bytes, 40, 'message', [10, 16])
        expect(readFieldsLeniently(bytes, 40, 'message', [10, 16])).toEqual({ ...strict, lenient: true })
      })
    )
  })
})

test('a message with more than 65,536 fields is refused, also when they are in a group', () => {
  const most = 65_536
  const message = (fields: number): Uint8Array =>
    new Uint8Array(2 * fields).map((_, index) => (index % 2 === 0 ? 10 : 0))
  const read = (bytes: Uint8Array) => readFieldsLeniently(bytes, 1e6, 'message', [10], 2)
  expect(readRepeatedBytes(read(message(most)), 0)).toHaveLength(2)
  const tooMany = expect.objectContaining({ code: 'TOO_LARGE', message: 'message has more than 65536 fields' })
  expect(() => read(message(most + 1))).toThrow(tooMany)
  expect(() => read(new Uint8Array(most + 2).fill(11))).toThrow(tooMany)
})
