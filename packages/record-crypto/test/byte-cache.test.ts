import { expect, test } from 'vitest'
import { byteCache } from '../src/byte-cache.ts'

const key = (number: number): Uint8Array => Uint8Array.of(number, 255)

test('finds values by the bytes of their keys, and nothing by others', () => {
  const cache = byteCache<string>(4)
  cache.set(key(1), 'one')
  expect(cache.get(key(1))).toBe('one')
  for (const other of [key(2), key(1).subarray(1), Uint8Array.of(1, 255, 0), new Uint8Array(0)]) {
    expect(cache.get(other)).toBeUndefined()
  }
})

test('holds as many as its capacity; the one used longest ago leaves first', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3, 4]) cache.set(key(number), number)
  for (const number of [1, 2, 3, 4]) expect(cache.get(key(number))).toBe(number)
  expect(cache.get(key(1))).toBe(1)
  cache.set(key(5), 5)
  expect([1, 2, 3, 4, 5].map((number) => cache.get(key(number)))).toEqual([1, undefined, 3, 4, 5])
})

test('what was used while it was more than half full stays', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3]) cache.set(key(number), number)
  expect(cache.get(key(1))).toBe(1)
  cache.set(key(4), 4)
  cache.set(key(5), 5)
  expect([1, 2].map((number) => cache.get(key(number)))).toEqual([1, undefined])
})

test('looking for what is not there costs no room', () => {
  const cache = byteCache<number>(4)
  for (const number of [1, 2, 3]) cache.set(key(number), number)
  for (const number of [7, 8, 9]) expect(cache.get(key(number))).toBeUndefined()
  cache.set(key(4), 4)
  expect([1, 2, 3, 4].map((number) => cache.get(key(number)))).toEqual([1, 2, 3, 4])
})
