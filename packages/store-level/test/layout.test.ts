import { compareBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  entryKey,
  entryType,
  expiryKey,
  groupSizeKey,
  groupSizeRange,
  measures,
  memberKey,
  memberRange,
  quarantineKey,
  readExpiryKey,
  readGroupSizeKey,
  readMemberKey,
  readQuarantineKey,
  readUint32At,
  writeUint32
} from '../src/level-layout.ts'
import { text } from './records.ts'

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const ordinal = fc.oneof(fc.nat(300), fc.maxSafeNat())
const key = fc.uint8Array({ minLength: 1, maxLength: 40 })

function isWithin(fullKey: Uint8Array, { gte, lt }: { gte: Uint8Array; lt: Uint8Array | undefined }): boolean {
  return compareBytes(fullKey, gte) >= 0 && lt !== undefined && compareBytes(fullKey, lt) < 0
}

test('starts the key of an entry with the byte of its type', () => {
  expect(entryType).toEqual({
    header: 0,
    record: 1,
    mark: 2,
    expiry: 3,
    counters: 4,
    quarantine: 5,
    age: 6,
    publication: 7,
    account: 8,
    member: 9,
    groupSize: 10
  })
  expect(toHex(entryKey(entryType.record, text('/k')))).toBe('012f6b')
  expect(toHex(expiryKey(0x0102030405060708n, entryType.mark, text('/k')))).toBe('030102030405060708022f6b')
  const member = { group: text('gg'), since: 0x0102030405060708n, key: text('/k') }
  expect(toHex(memberKey({ ...member, kind: 'records' }))).toBe('090102676701020304050607082f6b')
  expect(toHex(memberKey({ ...member, kind: 'marks' }))).toBe('090202676701020304050607082f6b')
  expect(measures.map((measure) => toHex(groupSizeKey(measure, 0x0102, text('gg'))))).toEqual([
    '0a0101026767',
    '0a0201026767',
    '0a0301026767'
  ])
  expect(toHex(quarantineKey(0x01020304050607, text('\u0001/k')))).toBe('050001020304050607012f6b')
})

test('decodes index keys as they were encoded, and sorts them by time, size or ordinal', () => {
  fc.assert(
    fc.property(
      uint64,
      uint64,
      key,
      fc.constantFrom(entryType.record, entryType.mark),
      (time, other, key, expiringType) => {
        const fullKey = expiryKey(time, expiringType, key)
        expect(readExpiryKey(fullKey)).toEqual({ time, expiringType, key })
        const order = Math.sign(compareBytes(fullKey, expiryKey(other, expiringType, key)))
        expect(order).toBe(time < other ? -1 : time > other ? 1 : 0)
      }
    )
  )
  fc.assert(
    fc.property(ordinal, ordinal, key, (ordinal, other, key) => {
      const fullKey = quarantineKey(ordinal, key)
      expect(readQuarantineKey(fullKey)).toEqual({ ordinal, key })
      expect(Math.sign(compareBytes(fullKey, quarantineKey(other, key)))).toBe(Math.sign(ordinal - other))
    })
  )
  const group = fc.uint8Array({ maxLength: 128 })
  const kind = fc.constantFrom('records' as const, 'marks' as const)
  fc.assert(
    fc.property(fc.record({ kind, group, since: uint64, key }), uint64, group, (member, other, otherGroup) => {
      const fullKey = memberKey(member)
      expect(readMemberKey(fullKey)).toEqual(member)
      const order = Math.sign(compareBytes(fullKey, memberKey({ ...member, since: other })))
      expect(order).toBe(member.since < other ? -1 : member.since > other ? 1 : 0)
      expect(isWithin(fullKey, memberRange(member.kind, member.group))).toBe(true)
      const isSame = compareBytes(otherGroup, member.group) === 0
      expect(isWithin(fullKey, memberRange(member.kind, otherGroup))).toBe(isSame)
      expect(isWithin(fullKey, memberRange(member.kind === 'marks' ? 'records' : 'marks', member.group))).toBe(false)
    })
  )
  fc.assert(
    fc.property(fc.constantFrom(...measures), fc.nat(864), fc.nat(864), group, (measure, bucket, other, group) => {
      const fullKey = groupSizeKey(measure, bucket, group)
      expect(readGroupSizeKey(fullKey)).toEqual({ measure, bucket, group })
      expect(Math.sign(compareBytes(fullKey, groupSizeKey(measure, other, group)))).toBe(Math.sign(bucket - other))
      for (const each of measures) expect(isWithin(fullKey, groupSizeRange(each))).toBe(each === measure)
    })
  )
})

test('decodes no malformed index key', () => {
  const fullKey = expiryKey(5n, entryType.record, text('k'))
  expect(readExpiryKey(fullKey)).toEqual({ time: 5n, expiringType: entryType.record, key: text('k') })
  expect(readExpiryKey(fullKey.subarray(0, 10))).toBeUndefined()
  for (const wrong of [0, 3, 4, 5, 6, 255]) expect(readExpiryKey(fullKey.with(9, wrong))).toBeUndefined()
  expect(readExpiryKey(new Uint8Array(0))).toBeUndefined()
  const aside = quarantineKey(5, text('k'))
  expect(readQuarantineKey(aside)).toEqual({ ordinal: 5, key: text('k') })
  expect(readQuarantineKey(aside.subarray(0, 9))).toBeUndefined()
  expect(readQuarantineKey(new Uint8Array(0))).toBeUndefined()
  const member = memberKey({ kind: 'marks', group: text('gg'), since: 5n, key: text('k') })
  expect(readMemberKey(member)?.since).toBe(5n)
  for (let length = 0; length < member.length; length++)
    expect(readMemberKey(member.subarray(0, length))).toBeUndefined()
  for (const wrong of [0, 3, 255]) expect(readMemberKey(member.with(1, wrong))).toBeUndefined()
  expect(readMemberKey(member.with(2, 3))).toBeUndefined()
  const size = groupSizeKey('marks', 5, new Uint8Array(0))
  expect(readGroupSizeKey(size)).toEqual({ measure: 'marks', bucket: 5, group: new Uint8Array(0) })
  for (let length = 0; length < size.length; length++)
    expect(readGroupSizeKey(size.subarray(0, length))).toBeUndefined()
  for (const wrong of [0, 4, 255]) expect(readGroupSizeKey(size.with(1, wrong))).toBeUndefined()
})

test('allocates keys of any length from shared memory without overlap', () => {
  const lengths = [1, 8_190, 8_191, 8_192, 3, 4_000, 4_000, 4_000, 100_000, 5]
  const made = lengths.map((length, index) => entryKey(index, new Uint8Array(length).fill(index)))
  for (const [index, length] of lengths.entries()) {
    expect(made[index]).toEqual(new Uint8Array(length + 1).fill(index))
  }
  const many = Array.from({ length: 5_000 }, (_, index) => quarantineKey(index, text(`/${index}`)))
  for (const [index, fullKey] of many.entries())
    expect(readQuarantineKey(fullKey)).toEqual({ ordinal: index, key: text(`/${index}`) })
  // short keys share buffers
  expect(new Set(many.map(({ buffer }) => buffer)).size).toBeLessThan(20)
})

test('writes 32-bit numbers big-endian at an offset, and nothing around them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(3), (value, offset) => {
      const bytes = new Uint8Array(8).fill(9)
      writeUint32(bytes, offset, value)
      expect(readUint32At(bytes, offset)).toBe(value)
      expect(toHex(bytes.subarray(offset, offset + 4))).toBe(value.toString(16).padStart(8, '0'))
      expect([...bytes.subarray(0, offset), ...bytes.subarray(offset + 4)]).toEqual([9, 9, 9, 9])
    })
  )
})
