import { compareBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeSignedRecord,
  encodeSignedRecord,
  signedRecordDomain,
  signedRecordPayloadType,
  signedRecordOrder
} from '@recordkit/record-codec'
import type { SignedRecord } from '@recordkit/record-codec'
import { signedRecord } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const record: SignedRecord = {
  key: utf8('/config/a'),
  content: utf8('value'),
  sequence: 3n,
  issued: 10n,
  expires: 20n,
  ttl: 5n,
  revoked: false
}

test('encodeSignedRecord returns the bytes of the specification', () => {
  expect(toHex(encodeSignedRecord(record))).toBe('0a092f636f6e6669672f61120576616c75651803200a28143005')
  const revocation = { ...record, content: new Uint8Array(0), revoked: true }
  expect(toHex(encodeSignedRecord(revocation))).toBe('0a092f636f6e6669672f611803200a281430053801')
  expect(signedRecordDomain).toBe('recordkit-signed-record')
  expect(signedRecordPayloadType).toEqual(utf8('/recordkit/signed-record'))
})

test('decodeSignedRecord decodes every record that encodeSignedRecord encodes', () => {
  fc.assert(
    fc.property(signedRecord, (fields) => {
      expect(decodeSignedRecord(encodeSignedRecord(fields))).toEqual(fields)
    })
  )
})

test('decodeSignedRecord accepts only the bytes that encodeSignedRecord would return', () => {
  const change = fc.tuple(fc.nat(), fc.nat(255))
  fc.assert(
    fc.property(signedRecord, change, (fields, [place, byte]) => {
      const changed = encodeSignedRecord(fields).slice()
      changed[place % changed.length] = byte
      if (codeOf(() => decodeSignedRecord(changed)) === 'ok') {
        expect(encodeSignedRecord(decodeSignedRecord(changed))).toEqual(changed)
      }
    }),
    { numRuns: 1000 }
  )
})

test.each([
  { ...record, expires: 10n },
  { ...record, expires: 9n },
  { ...record, revoked: true },
  { ...record, key: new Uint8Array(0) },
  { ...record, sequence: -1n },
  { ...record, ttl: 1n << 64n },
  { ...record, issued: 10 },
  { ...record, content: 'value' },
  { ...record, content: new Uint8Array(0), revoked: 'no' },
  { ...record, revoked: undefined },
  {},
  undefined
])('encodeSignedRecord refuses %o', (fields) => {
  expect(codeOf(() => encodeSignedRecord(fields as SignedRecord))).toBe('INVALID_ARGUMENT')
})

test('signedRecordOrder compares revoked, then sequence, then expires', () => {
  const order = (a: SignedRecord, b: SignedRecord): number =>
    Number(a.revoked) - Number(b.revoked) || Number(a.sequence - b.sequence) || Number(a.expires - b.expires)
  const near = fc
    .tuple(signedRecord, fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 4n, max: 7n }))
    .map(([fields, sequence, expires]) => ({ ...fields, sequence, expires }))
  for (const records of [signedRecord, near]) {
    fc.assert(
      fc.property(records, records, (a, b) => {
        expect(Math.sign(compareBytes(signedRecordOrder(a), signedRecordOrder(b)))).toBe(Math.sign(order(a, b)) + 0)
      })
    )
  }
  expect(signedRecordOrder(record)).toHaveLength(17)
})

test('decodeSignedRecord refuses more than 64 KiB, or more than the limit that is passed', () => {
  expect(codeOf(() => decodeSignedRecord(new Uint8Array(65_537)))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeSignedRecord(encodeSignedRecord(record), { limit: 25 }))).toBe('TOO_LARGE')
  expect(codeOf(() => decodeSignedRecord(encodeSignedRecord(record), { limit: 26 }))).toBe('ok')
})
