import { expect, test } from 'vitest'
import { byteCache } from '../src/byte-cache.ts'

const bytes = (number: number): Uint8Array => Uint8Array.of(number >> 8, number)

test('the key cache stores a value when it is set for the second time', () => {
  const cache = byteCache<string>(4)
  cache.set(bytes(1), 'one')
  expect(cache.get(bytes(1))).toBeUndefined()
  cache.set(bytes(1), 'one')
  expect(cache.get(bytes(1))).toBe('one')
  expect(cache.get(bytes(2))).toBeUndefined()
})

test('the key cache finds a value by the bytes of its key only', () => {
  const cache = byteCache<string>(4)
  for (let time = 0; time < 2; time++) cache.set(bytes(511), 'one')
  for (const other of [bytes(255), bytes(511).subarray(1), Uint8Array.of(1, 255, 0), new Uint8Array(0)]) {
    expect(cache.get(other)).toBeUndefined()
  }
})

test('the key cache keeps values that were read while it was more than half full', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3, 1, 2, 3]) cache.set(bytes(number), number)
  expect(cache.get(bytes(1))).toBe(1)
  for (const number of [4, 5, 4, 5]) cache.set(bytes(number), number)
  expect([1, 2].map((number) => cache.get(bytes(number)))).toEqual([1, undefined])
})

test('the key cache keeps its values when many others are set once', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3, 4, 1, 2, 3, 4]) cache.set(bytes(number), number)
  for (let number = 5; number < 5_000; number++) cache.set(bytes(number), number)
  expect([1, 2, 3, 4].map((number) => cache.get(bytes(number)))).toEqual([1, 2, 3, 4])
})

test('the key cache evicts the value that was used least recently, and forgets keys that were set once after as many others', () => {
  const cache = byteCache<number>(4)
  const twice = (number: number): void => {
    cache.set(bytes(number), number)
    cache.set(bytes(number), number)
  }
  for (const number of [1, 2, 3, 4]) twice(number)
  cache.get(bytes(1))
  twice(5)
  expect([1, 2, 3, 4, 5].map((number) => cache.get(bytes(number)))).toEqual([1, undefined, 3, 4, 5])
  cache.set(bytes(9), 9)
  for (const number of [10, 11, 12, 13]) cache.set(bytes(number), number)
  cache.set(bytes(9), 9)
  expect(cache.get(bytes(9))).toBeUndefined()
})

test('reading a missing key does not evict values of the key cache', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3, 1, 2, 3]) cache.set(bytes(number), number)
  for (const number of [7, 8, 9]) expect(cache.get(bytes(number))).toBeUndefined()
  for (const number of [4, 4]) cache.set(bytes(number), number)
  expect([1, 2, 3, 4].map((number) => cache.get(bytes(number)))).toEqual([1, 2, 3, 4])
})
