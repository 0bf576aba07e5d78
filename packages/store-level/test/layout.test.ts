import { compareBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ageKey,
  entryKey,
  entryType,
  expiryKey,
  quarantineKey,
  readAgeKey,
  readExpiryKey,
  readQuarantineKey,
  readUint32At,
  writeUint32
} from '../src/level-layout.ts'
import { text } from './records.ts'

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const ordinal = fc.oneof(fc.nat(300), fc.maxSafeNat())
const key = fc.uint8Array({ minLength: 1, maxLength: 40 })

test('starts the key of an entry with the byte of its type', () => {
  expect(entryType).toEqual({
    header: 0,
    record: 1,
    mark: 2,
    expiry: 3,
    counters: 4,
    quarantine: 5,
    age: 6,
    publication: 7
  })
  expect(toHex(entryKey(entryType.record, text('/k')))).toBe('012f6b')
  expect(toHex(expiryKey(0x0102030405060708n, entryType.mark, text('/k')))).toBe('030102030405060708022f6b')
  expect(toHex(ageKey(0x01020304050607, text('/k')))).toBe('0600010203040506072f6b')
  expect(toHex(quarantineKey(0x01020304050607, text('\u0001/k')))).toBe('050001020304050607012f6b')
})

test('decodes index keys as they were encoded, and sorts them by time or by age', () => {
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
      const fullKey = ageKey(ordinal, key)
      expect(readAgeKey(fullKey)).toEqual({ ordinal, key })
      expect(readQuarantineKey(quarantineKey(ordinal, key))).toEqual({ ordinal, key })
      expect(Math.sign(compareBytes(fullKey, ageKey(other, key)))).toBe(Math.sign(ordinal - other))
    })
  )
})

test('decodes no malformed index key', () => {
  const fullKey = expiryKey(5n, entryType.record, text('k'))
  expect(readExpiryKey(fullKey)).toEqual({ time: 5n, expiringType: entryType.record, key: text('k') })
  expect(readExpiryKey(fullKey.subarray(0, 10))).toBeUndefined()
  for (const wrong of [0, 3, 4, 5, 6, 255]) expect(readExpiryKey(fullKey.with(9, wrong))).toBeUndefined()
  expect(readExpiryKey(new Uint8Array(0))).toBeUndefined()
  const age = ageKey(5, text('k'))
  expect(readAgeKey(age)).toEqual({ ordinal: 5, key: text('k') })
  expect(readAgeKey(age.subarray(0, 9))).toBeUndefined()
  expect(readAgeKey(new Uint8Array(0))).toBeUndefined()
})

test('allocates keys of any length from shared memory without overlap', () => {
  const lengths = [1, 8_190, 8_191, 8_192, 3, 4_000, 4_000, 4_000, 100_000, 5]
  const made = lengths.map((length, index) => entryKey(index, new Uint8Array(length).fill(index)))
  for (const [index, length] of lengths.entries()) {
    expect(made[index]).toEqual(new Uint8Array(length + 1).fill(index))
  }
  const many = Array.from({ length: 5_000 }, (_, index) => ageKey(index, text(`/${index}`)))
  for (const [index, fullKey] of many.entries())
    expect(readAgeKey(fullKey)).toEqual({ ordinal: index, key: text(`/${index}`) })
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
