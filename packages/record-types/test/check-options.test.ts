import {
  checkBytes,
  checkCount,
  checkDuration,
  checkNumber,
  checkTime,
  nanosecondsOf
} from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

const invalid = (message: string): unknown => expect.objectContaining({ code: 'INVALID_ARGUMENT', message })

test('checkDuration accepts numbers above 0 and Infinity, and fills in the default', () => {
  for (const value of [1, 0.5, Infinity]) expect(checkDuration(value, 'timeout', 7)).toBe(value)
  expect(checkDuration(undefined, 'timeout', 7)).toBe(7)
})

test('checkDuration names the option and its value when it rejects', () => {
  for (const [value, message] of [
    [0, 'timeout is 0; a number of milliseconds above 0 is expected'],
    [-1, 'timeout is -1; a number of milliseconds above 0 is expected'],
    [Number.NaN, 'timeout is NaN; a number of milliseconds above 0 is expected'],
    [5n, 'timeout is the bigint 5n; a number of milliseconds above 0 is expected'],
    ['5', 'timeout is a string; a number of milliseconds above 0 is expected'],
    [null, 'timeout is null; a number of milliseconds above 0 is expected']
  ] as const) {
    expect(() => checkDuration(value as number, 'timeout', 7)).toThrow(invalid(message))
  }
})

test('checkCount accepts whole numbers from the minimum on and Infinity, and fills in the default', () => {
  for (const value of [1, 2, Infinity]) expect(checkCount(value, 'copies', 3)).toBe(value)
  expect(checkCount(0, 'copies', 3, 0)).toBe(0)
  expect(checkCount(undefined, 'copies', 3)).toBe(3)
})

test('checkCount names the option and its value when it rejects', () => {
  for (const [value, shown] of [
    [0, '0'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [5n, 'the bigint 5n'],
    ['5', 'a string']
  ] as const) {
    const message = `copies is ${shown}; a whole number of at least 1 is expected`
    expect(() => checkCount(value as number, 'copies', 3)).toThrow(invalid(message))
  }
})

test('checkTime accepts bigints from 0 on and rejects everything else', () => {
  for (const value of [0n, 1n << 70n]) checkTime(value, 'validity')
  for (const [value, shown] of [
    [-1n, 'the bigint -1n'],
    [5, '5'],
    [undefined, 'undefined']
  ] as const) {
    const message = `validity is ${shown}; a bigint of nanoseconds since the Unix epoch is expected`
    expect(() => checkTime(value, 'validity')).toThrow(invalid(message))
  }
})

test('nanosecondsOf converts milliseconds, and Infinity to the largest timestamp of 63 bits', () => {
  expect(nanosecondsOf(1.5)).toBe(1_500_000n)
  expect(nanosecondsOf(79_200_000)).toBe(79_200_000_000_000n)
  for (const value of [9e12, Infinity]) expect(nanosecondsOf(value)).toBe(2n ** 63n - 1n)
})

test('checkBytes accepts byte strings of an allowed length and names the argument when it rejects', () => {
  checkBytes(new Uint8Array(2), 'key', 1, 2)
  for (const [value, message] of [
    [new Uint8Array(0), 'key is 0 bytes; 1 to 2 bytes are allowed'],
    [new Uint8Array(3), 'key is 3 bytes; 1 to 2 bytes are allowed'],
    ['ab', 'key is a string; a Uint8Array is expected'],
    [[1], 'key is an array; a Uint8Array is expected'],
    [null, 'key is null; a Uint8Array is expected'],
    [new Uint16Array(1), 'key is a Uint16Array; a Uint8Array is expected'],
    [new ArrayBuffer(1), 'key is an ArrayBuffer; a Uint8Array is expected'],
    [new Date(), 'key is a Date; a Uint8Array is expected']
  ] as const) {
    expect(() => checkBytes(value, 'key', 1, 2)).toThrow(invalid(message))
  }
})

test('checkNumber accepts numbers of any sign, fills in the default and names the option when it rejects', () => {
  for (const value of [-1.5, 0, 7, -Infinity]) expect(checkNumber(value, 'weight', 3)).toBe(value)
  expect(checkNumber(undefined, 'weight', 3)).toBe(3)
  for (const [value, shown] of [
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [5n, 'the bigint 5n'],
    ['5', 'a string'],
    [null, 'null']
  ] as const) {
    expect(() => checkNumber(value as number, 'weight', 3)).toThrow(
      invalid(`weight is ${shown}; a finite number is expected`)
    )
  }
})
