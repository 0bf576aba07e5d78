import { compareBytes } from '@recordkit/record-types'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ageKey,
  expiryKey,
  readAgeKey,
  readExpiryKey,
  readUint32,
  space,
  spaceKey,
  writeUint32
} from '../src/level-layout.ts'
import { text, toHex } from './records.ts'

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const ordinal = fc.oneof(fc.nat(300), fc.maxSafeNat())
const key = fc.uint8Array({ minLength: 1, maxLength: 40 })

test('keys begin with the byte of their space', () => {
  expect(space).toEqual({ header: 0, record: 1, mark: 2, expiry: 3, counters: 4, quarantine: 5, age: 6 })
  expect(toHex(spaceKey(space.record, text('/k')))).toBe('012f6b')
  expect(toHex(expiryKey(0x0102030405060708n, space.mark, text('/k')))).toBe('030102030405060708022f6b')
  expect(toHex(ageKey(0x01020304050607, text('/k')))).toBe('0600010203040506072f6b')
})

test('index keys are read as they were written, and stand in the order of time and of age', () => {
  fc.assert(
    fc.property(uint64, uint64, key, fc.constantFrom(space.record, space.mark), (time, other, key, expiring) => {
      const full = expiryKey(time, expiring, key)
      expect(readExpiryKey(full)).toEqual({ time, expiring, key })
      const order = Math.sign(compareBytes(full, expiryKey(other, expiring, key)))
      expect(order).toBe(time < other ? -1 : time > other ? 1 : 0)
    })
  )
  fc.assert(
    fc.property(ordinal, ordinal, key, (ordinal, other, key) => {
      const full = ageKey(ordinal, key)
      expect(readAgeKey(full)).toEqual({ ordinal, key })
      expect(Math.sign(compareBytes(full, ageKey(other, key)))).toBe(Math.sign(ordinal - other))
    })
  )
})

test('what is no index key is not read as one', () => {
  const full = expiryKey(5n, space.record, text('k'))
  expect(readExpiryKey(full)).toEqual({ time: 5n, expiring: space.record, key: text('k') })
  expect(readExpiryKey(full.subarray(0, 10))).toBeUndefined()
  for (const wrong of [0, 3, 4, 5, 6, 255]) expect(readExpiryKey(full.with(9, wrong))).toBeUndefined()
  expect(readExpiryKey(new Uint8Array(0))).toBeUndefined()
  const age = ageKey(5, text('k'))
  expect(readAgeKey(age)).toEqual({ ordinal: 5, key: text('k') })
  expect(readAgeKey(age.subarray(0, 9))).toBeUndefined()
  expect(readAgeKey(new Uint8Array(0))).toBeUndefined()
})

test('keys that share memory stay apart, however long they are', () => {
  const lengths = [1, 8_190, 8_191, 8_192, 3, 4_000, 4_000, 4_000, 100_000, 5]
  const made = lengths.map((length, index) => spaceKey(index, new Uint8Array(length).fill(index)))
  for (const [index, length] of lengths.entries()) {
    expect(made[index]).toEqual(new Uint8Array(length + 1).fill(index))
  }
  const many = Array.from({ length: 5_000 }, (_, index) => ageKey(index, text(`/${index}`)))
  for (const [index, full] of many.entries())
    expect(readAgeKey(full)).toEqual({ ordinal: index, key: text(`/${index}`) })
  // small ones share
  expect(new Set(many.map(({ buffer }) => buffer)).size).toBeLessThan(20)
})

test('numbers of 32 bits are written largest byte first, where they are told to', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(3), (value, offset) => {
      const bytes = new Uint8Array(8).fill(9)
      writeUint32(bytes, offset, value)
      expect(readUint32(bytes, offset)).toBe(value)
      expect(toHex(bytes.subarray(offset, offset + 4))).toBe(value.toString(16).padStart(8, '0'))
      expect([...bytes.subarray(0, offset), ...bytes.subarray(offset + 4)]).toEqual([9, 9, 9, 9])
    })
  )
})
