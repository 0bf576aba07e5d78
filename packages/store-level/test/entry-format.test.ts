import type { Share, StoredRecord } from '@recordkit/record-store'
import { rankWithIdentity } from '@recordkit/record-store/internal'
import { isRecordError } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import { writeFields } from '@recordkit/record-codec/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../src/platform/checksum.anywhere.ts'
import { writeUint32 } from '../src/level-layout.ts'
import {
  decodeAccount,
  decodeCounters,
  decodeHeader,
  decodeLocalRecord,
  decodeMark,
  decodePublication,
  decodeRecordForm,
  encodeAccount,
  encodeCounters,
  encodeHeader,
  encodeMark,
  encodePublication,
  encodeRecordForm,
  noCounters
} from '../src/entry-format.ts'
import { text } from './records.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const nonEmpty = fc.uint8Array({ minLength: 1, maxLength: 40 })
const rank = fc.uint8Array({ minLength: 32, maxLength: 63 })
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
    { rank, value: bytes, timeReceived: time, expires: time, author: nonEmpty, sender: nonEmpty },
    { requiredKeys: ['rank', 'value', 'timeReceived'] }
  )
  .map((fields): StoredRecord => ({ ...fields, key }))

/** A share that is stored: one without group and time is absent. */
const share = fc.option(
  fc.record({ group: bytes, since: time }).filter(({ group, since }) => group.length > 0 || since > 0n),
  { nil: undefined }
)

test('decodes a record as it was encoded, with the fields that it has and no others', () => {
  fc.assert(
    fc.property(record, share, fc.boolean(), fc.boolean(), (record, recordShare, marked, published) => {
      const form = { record, recordShare, marked, published }
      const decoded = decodeRecordForm(fullKey, encodeRecordForm(fullKey, form))
      expect(decoded).toEqual(form)
      expect(Object.keys(decoded.record).sort()).toEqual(Object.keys(record).sort())
    })
  )
  const plain = { key, rank: text('r'), value: text('v'), timeReceived: 1n }
  const encode = (marked: boolean, published: boolean, recordShare?: Share): string =>
    toHex(encodeRecordForm(fullKey, { record: plain, recordShare, marked, published })).slice(0, -8)
  expect(encode(false, false)).toBe('12017618015a0172')
  expect(encode(true, true)).toBe('1201761801400148015a0172')
  expect(encode(false, false, { group: text('g'), since: 2n })).toBe('12017618015a01726201676802')
  expect(encode(false, false, { group: text(''), since: 0n })).toBe('12017618015a0172')
})

test('decodes a mark as it was encoded', () => {
  fc.assert(
    fc.property(fc.record({ rank, until: time }), share, (fields, markShare) => {
      const form = { mark: { ...fields, key }, markShare }
      expect(decodeMark(fullKey, encodeMark(fullKey, form))).toEqual(form)
    })
  )
  const mark = { key, rank: text('r'), until: 1n }
  const encode = (markShare?: Share): string => toHex(encodeMark(fullKey, { mark, markShare })).slice(0, -8)
  expect(encode()).toBe('18012a0172')
  expect(encode({ group: text('g'), since: 2n })).toBe('18012a01723201673802')
})

test('decodes a publication as it was encoded', () => {
  const publication = fc.record(
    { signer: nonEmpty, lifetime: time, ttl: time, options: bytes, network: fc.boolean(), published: time },
    { requiredKeys: ['network'] }
  )
  fc.assert(
    fc.property(publication, (fields) => {
      const whole = { ...fields, key }
      expect(decodePublication(fullKey, encodePublication(fullKey, whole))).toEqual(whole)
    })
  )
  const full = { key, signer: text('s'), lifetime: 1n, ttl: 2n, options: text('o'), network: true, published: 3n }
  expect(toHex(encodePublication(fullKey, full)).slice(0, -8)).toBe('0a01731001180222016f28013003')
  expect(encodePublication(fullKey, { key, network: false })).toHaveLength(4)
})

describe('a record or mark of an earlier format version', () => {
  test('is decoded with the lowest identity after its rank, without a share, and without its other old fields', () => {
    fc.assert(
      fc.property(bytes, nonEmpty, time, (order, digest, published) => {
        const fields = [10, order, 18, text('v'), 24, 1n, 42, digest, 64, 1, 72, 1, 80, published]
        expect(decodeRecordForm(fullKey, withChecksum(writeFields(fields)))).toEqual({
          record: { key, rank: rankWithIdentity(order), value: text('v'), timeReceived: 1n },
          recordShare: undefined,
          marked: true,
          published: true
        })
        expect(decodeMark(fullKey, withChecksum(writeFields([10, order, 18, digest, 24, 1n, 32, 5n])))).toEqual({
          mark: { key, rank: rankWithIdentity(order), until: 1n },
          markShare: undefined
        })
      })
    )
    expect(decodeMark(fullKey, withChecksum(writeFields([24, 1n, 32, 5n, 42, text('r')])))).toEqual({
      mark: { key, rank: text('r'), until: 1n },
      markShare: undefined
    })
  })

  test('has a publication if it was local, signed by its author and published when the record was', () => {
    const local = withChecksum(writeFields([10, text('r'), 18, text('v'), 24, 1n, 50, text('a'), 64, 1, 80, 0n]))
    expect(decodeLocalRecord(fullKey, local)).toEqual({ key, signer: text('a'), network: true, published: 0n })
    const bare = withChecksum(writeFields([10, text('r'), 18, text('v'), 24, 1n, 64, 1]))
    expect(decodeLocalRecord(fullKey, bare)).toEqual({ key, network: true })
    const received = withChecksum(writeFields([10, text('r'), 18, text('v'), 24, 1n, 50, text('a'), 80, 7n]))
    expect(decodeLocalRecord(fullKey, received)).toBeUndefined()
  })
})

describe('STORE_NEWER_FORMAT with the record key', () => {
  const decoders = [
    [
      decodeRecordForm,
      encodeRecordForm(fullKey, {
        record: { key, rank: text('r'), value: text('v'), timeReceived: 1n },
        recordShare: undefined,
        marked: false,
        published: false
      })
    ],
    [decodeMark, encodeMark(fullKey, { mark: { key, rank: text('r'), until: 1n }, markShare: undefined })],
    [decodePublication, encodePublication(fullKey, { key, network: true })]
  ] as const

  test('is thrown for a record, mark or publication of a higher format, whatever else the entry contains', () => {
    for (const [decode, encoded] of decoders) {
      for (const fields of [[...encoded.subarray(0, -4)], [], [0x08, 0x01, 0x10, 0x01, 0x1a, 0x00, 0x58, 0x01]]) {
        const entry = withChecksum(Uint8Array.of(...fields, 0x78, 0x05))
        let error: unknown
        try {
          decode(fullKey, entry)
        } catch (caught) {
          error = caught
        }
        expect(error).toMatchObject({ code: 'STORE_NEWER_FORMAT', key, details: { version: 5 } })
        // the checksum comes first
        expect(corruptError(() => decode(fullKey, entry.with(0, (entry[0] as number) ^ 1))).message).toContain(
          'checksum'
        )
      }
    }
  })

  test('is not thrown for the format of this version, nor for one that cannot be read', () => {
    for (const [decode, encoded] of decoders) {
      const fields = encoded.subarray(0, -4)
      expect(decode(fullKey, withChecksum(Uint8Array.of(...fields, 0x78, 0x04)))).toEqual(decode(fullKey, encoded))
      expect(
        corruptError(() => decode(fullKey, withChecksum(Uint8Array.of(...fields, 0x7a, 0x00)))).cause
      ).toBeDefined()
      expect(corruptError(() => decode(fullKey, withChecksum(Uint8Array.of(...fields, 0x78)))).cause).toBeDefined()
    }
  })
})

test('decodes counters, an account and a header as they were encoded', () => {
  const count = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32))
  const counts = fc.tuple(count, count, count, count, count, count, count, count)
  fc.assert(
    fc.property(counts, ([records, bytes, marks, publications, publishedRecords, publishedBytes, groups, ordinal]) => {
      const account = { records, bytes, marks }
      const recentAccounts = [
        { name: text('g'), ...account },
        { name: text('n'.repeat(ordinal % 200) + 'x'), records: 0, bytes: 0, marks: groups }
      ].slice(0, records % 3)
      const counters = { ...account, publications, publishedRecords, publishedBytes, groups, ordinal, recentAccounts }
      expect(decodeCounters(fullKey, encodeCounters(fullKey, counters))).toEqual(counters)
      expect(decodeAccount(fullKey, encodeAccount(fullKey, account))).toEqual(account)
    })
  )
  expect(toHex(encodeAccount(fullKey, { records: 1, bytes: 300, marks: 0 })).slice(0, -8)).toBe('080110ac02')
  const recentAccounts = [{ name: text('g'), records: 1, bytes: 300, marks: 0 }]
  expect(toHex(encodeCounters(fullKey, { ...noCounters, groups: 1, recentAccounts })).slice(0, -8)).toBe(
    '40014a080a0167100118ac02'
  )
  const header = { name: text('name'), version: 7 }
  expect(decodeHeader(fullKey, encodeHeader(fullKey, header))).toEqual(header)
  // those of version 2
  expect(decodeCounters(fullKey, withChecksum(writeFields([8, 1n, 16, 2n, 24, 3n, 32, 4n])))).toEqual({
    ...noCounters,
    records: 1,
    bytes: 2,
    marks: 3,
    ordinal: 4
  })
  expect(decodeHeader(fullKey, withChecksum(writeFields([10, text('n')])))).toEqual({ name: text('n'), version: 0 })
})

describe('STORE_CORRUPT with the record key', () => {
  test('is thrown for a record without rank, value or time', () => {
    const parts = [
      [18, text('v')],
      [24, 1n],
      [90, text('r')]
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
    expect(decodeMark(fullKey, withChecksum(writeFields([10, text('r'), 24, 1n]))).mark.until).toBe(1n)
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
    const encoded = encodeCounters(fullKey, {
      ...noCounters,
      records: 1,
      bytes: 2,
      marks: 3,
      publications: 5,
      ordinal: 4
    })
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const changed = encoded.with(bit >> 3, (encoded[bit >> 3] as number) ^ (1 << (bit & 7)))
      expect(corruptError(() => decodeCounters(fullKey, changed)).message).toContain('checksum')
    }
    expect(() => decodeCounters(text('\u0001/k/2'), encoded)).toThrow('checksum')
  })

  test('is thrown for counters with an account without a name', () => {
    for (const account of [
      [0x10, 1],
      [0x0a, 0]
    ]) {
      const { message } = corruptError(() => decodeCounters(fullKey, withChecksum(Uint8Array.of(0x4a, 2, ...account))))
      expect(message).toContain('name of an account is missing')
    }
  })

  test('has the error of the protobuf reader as its cause', () => {
    expect(corruptError(() => decodeCounters(fullKey, withChecksum(Uint8Array.of(8)))).cause).toMatchObject({
      code: 'PROTOBUF_TRUNCATED'
    })
  })
})
