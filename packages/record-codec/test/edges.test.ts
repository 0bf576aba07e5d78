import { compareBytes } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encodePublicKey,
  assertPeerId,
  decodeIpnsRecord,
  decodePeerRecord,
  encodeIpnsData,
  encodeIpnsRecord,
  peerIdFromInlineKey,
  parseTime,
  publicKeyFromPeerId,
  signedRecordOrder
} from '@recordkit/record-codec'
import { readFields, writeFields } from '@recordkit/record-codec/protobuf'
import { unsigned } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

test('a peer ID contains a Secp256k1 key only when the key is compressed and has its length', () => {
  const head = [0, 37, 8, 2, 18, 33]
  for (const sign of [2, 3]) {
    const id = Uint8Array.of(...head, sign, ...new Uint8Array(32).fill(7))
    expect(publicKeyFromPeerId(id)).toEqual({ type: 'Secp256k1', data: id.subarray(6) })
    expect(peerIdFromInlineKey(encodePublicKey({ type: 'Secp256k1', data: id.subarray(6) }))).toEqual(id)
    for (let at = 0; at < head.length; at++) {
      const other = id.slice()
      other[at] = (other[at] as number) ^ 4
      expect(codeOf(() => assertPeerId(other))).toBe('PEER_ID_INVALID')
    }
    expect(codeOf(() => assertPeerId(id.subarray(0, 38)))).toBe('PEER_ID_INVALID')
    expect(codeOf(() => assertPeerId(Uint8Array.of(...id, 0)))).toBe('PEER_ID_INVALID')
  }
  for (const sign of [0, 1, 4, 6]) {
    const id = Uint8Array.of(...head, sign, ...new Uint8Array(32).fill(7))
    expect(codeOf(() => assertPeerId(id))).toBe('PEER_ID_INVALID')
  }
})

test('signedRecordOrder compares revocation, sequence and expiry, with all their bits', () => {
  const fields = fc.record({ revoked: fc.boolean(), sequence: unsigned(64), expires: unsigned(64) })
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const expected =
        Number(a.revoked) - Number(b.revoked) || (a.sequence > b.sequence ? 1 : a.sequence < b.sequence ? -1 : 0)
      const later = a.expires > b.expires ? 1 : a.expires < b.expires ? -1 : 0
      expect(Math.sign(compareBytes(signedRecordOrder(a), signedRecordOrder(b)))).toBe(Math.sign(expected || later))
    }),
    { numRuns: 2000 }
  )
  const order = signedRecordOrder({ revoked: true, sequence: 0x0102030405060708n, expires: 0x1112131415161718n })
  expect([...order]).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
})

test('readFields refuses repeated fields other than the last, when that may repeat', () => {
  const twice = Uint8Array.of(10, 1, 1, 10, 1, 1, 26, 0, 26, 0)
  expect(codeOf(() => readFields(twice, 99, 'message', [10, 16, 26], true))).toBe('PROTOBUF_REPEATED_FIELD')
  expect(codeOf(() => readFields(twice.subarray(3), 99, 'message', [10, 16, 26], true))).toBe('ok')
  expect(codeOf(() => readFields(twice.subarray(3), 99, 'message', [10, 16, 26]))).toBe('PROTOBUF_REPEATED_FIELD')
  const id = Uint8Array.of(18, 32, ...new Uint8Array(32))
  const record = writeFields([10, id])
  expect(codeOf(() => decodePeerRecord(Uint8Array.of(...record, ...record)))).toBe('PROTOBUF_REPEATED_FIELD')
})

test('readFields keeps all bits of varints of eight and nine bytes', () => {
  for (const value of [0x7fn << 49n, 1n << 55n, 0x7fn << 56n, 1n << 62n]) {
    const [low, high] = readFields(writeFields([8, value]), 99, 'message', [8]).offsets
    expect((BigInt(high ?? 0) << 32n) | BigInt(low ?? 0)).toBe(value)
  }
  expect(codeOf(() => readFields(Uint8Array.of(8, 0x80, 0), 99, 'message', [8]))).toBe('PROTOBUF_VARINT')
})

test('decodeIpnsRecord returns no properties for absent fields', () => {
  const validity = 1_700_000_000_000_000_000n
  const data = encodeIpnsData({ value: utf8('/x'), validity, sequence: 1n })
  const record = decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') }))
  expect(Object.keys(record).sort()).toEqual(['data', 'sequence', 'signatureV2', 'validity', 'validityBytes', 'value'])
  expect(codeOf(() => decodeIpnsRecord(writeFields([66, new Uint8Array(0), 74, data])))).toBe('IPNS_SIGNATURE_MISSING')
  expect(codeOf(() => decodeIpnsRecord(writeFields([66, utf8('s'), 74, new Uint8Array(0)])))).toBe('IPNS_DATA_MISSING')
  // an empty key, and an empty signature of the first version, count as absent
  const empty = writeFields([18, new Uint8Array(0), 58, new Uint8Array(0), 66, utf8('s'), 74, data])
  expect(Object.keys(decodeIpnsRecord(empty)).sort()).toEqual(Object.keys(record).sort())
})

test('encodeIpnsRecord refuses parts that are missing or of the wrong type', () => {
  const data = encodeIpnsData({ value: utf8('/x'), validity: 0n, sequence: 1n })
  const whole = {
    data,
    signatureV2: utf8('2'),
    signatureV1: utf8('1'),
    value: utf8('/x'),
    validityBytes: utf8('1970-01-01T00:00:00Z'),
    sequence: 1n,
    ttl: 0n
  }
  expect(codeOf(() => encodeIpnsRecord(whole))).toBe('ok')
  for (const name of ['data', 'signatureV2', 'value', 'validityBytes', 'sequence', 'ttl'] as const) {
    expect(codeOf(() => encodeIpnsRecord({ ...whole, [name]: undefined }))).toBe('INVALID_ARGUMENT')
  }
  for (const name of ['sequence', 'ttl'] as const) {
    expect(codeOf(() => encodeIpnsRecord({ ...whole, [name]: 1 }))).toBe('INVALID_ARGUMENT')
  }
  expect(codeOf(() => encodeIpnsData({ value: utf8('/x'), validity: 0n, sequence: 1n, extra: {} as never }))).toBe(
    'INVALID_ARGUMENT'
  )
})

test.each([
  '2023-05-02T13:43:41.12345678:Z',
  '2023-05-02T13:43:4:Z',
  '2023-05-02T1::43:41Z',
  '2023-05-02T13:43:41+0a:00',
  '2023-05-02T13:43:41x01:00'
])('parseTime refuses characters next to the digits in ASCII: %s', (text) => {
  expect(codeOf(() => parseTime(text))).toBe('TIME_INVALID')
})

test('parseTime accepts the last instant of the year 9999, and refuses later ones with any offset', () => {
  expect(parseTime('9999-12-31T23:59:59.999999999Z')).toBe(253_402_300_799_999_999_999n)
  expect(codeOf(() => parseTime('9999-12-31T23:59:59-00:01'))).toBe('TIME_INVALID')
  expect(codeOf(() => parseTime('9999-12-31T23:59:00-00:01'))).toBe('TIME_INVALID')
})
