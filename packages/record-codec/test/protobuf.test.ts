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
  encodeProtobuf,
  nextField,
  openProtobuf,
  readUint32,
  readUint64,
  writeBytes,
  writeUint32,
  writeUint64
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
      const bytes = encodeProtobuf((message: { value: bigint }, out, at) => writeUint64(out, at, 1, message.value), {
        value
      })
      const reader = openProtobuf(bytes, 100, 'message')
      expect(nextField(reader)).toBe(1)
      expect(readUint64(reader)).toBe(value)
      expect(nextField(reader)).toBe(0)
    })
  )
})

test('reads every 32-bit number as it was written', () => {
  fc.assert(
    fc.property(unsigned(32).map(Number), (value) => {
      const bytes = encodeProtobuf((message: { value: number }, out, at) => writeUint32(out, at, 777, message.value), {
        value
      })
      const reader = openProtobuf(bytes, 100, 'message')
      expect(nextField(reader)).toBe(777)
      expect(readUint32(reader)).toBe(value)
    })
  )
})

test.each([-1n, 1n << 64n, 1, undefined, '1'])('does not write %s as a 64-bit number', (value) => {
  expect(codeOf(() => writeUint64(undefined, 0, 1, value as bigint))).toBe('INVALID_ARGUMENT')
})

test.each([-1, 2 ** 32, 1.5, Number.NaN, 1n, undefined, '1'])('does not write %s as a 32-bit number', (value) => {
  expect(codeOf(() => writeUint32(undefined, 0, 1, value as number))).toBe('INVALID_ARGUMENT')
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
    expect.objectContaining({ message: 'PROTOBUF_REPEATED_FIELD in field 1 at byte 4', offset: 4 })
  )
})

test('keeps messages apart that are encoded one inside the other', () => {
  const inner = (message: { byte: number }, out: Uint8Array | undefined, at: number): number =>
    writeUint32(out, at, 1, message.byte)
  const kept: Uint8Array[] = []
  const outer = (message: { byte: number }, out: Uint8Array | undefined, at: number): number => {
    const bytes = encodeProtobuf(inner, message)
    kept.push(bytes)
    return writeBytes(out, writeBytes(out, at, 1, bytes), 2, bytes)
  }
  const encoded = [1, 2, 3].map((byte) => encodeProtobuf(outer, { byte }))
  expect(encoded.map((bytes) => [...bytes])).toEqual([1, 2, 3].map((byte) => [10, 2, 8, byte, 18, 2, 8, byte]))
  expect(kept.map((bytes) => bytes[1])).toEqual([1, 1, 2, 2, 3, 3])
})
