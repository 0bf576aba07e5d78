import { ownCopy } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

test('a copy is equal to its original and shares no bytes and no object with it', () => {
  const original = {
    bytes: Uint8Array.of(1, 2),
    text: 'a',
    number: 1n,
    absent: undefined,
    list: [Uint8Array.of(3), { inner: Uint8Array.of(4) }],
    map: new Map([['a', Uint8Array.of(5)]]),
    set: new Set([Uint8Array.of(6)]),
    date: new Date(7)
  }
  const copy = ownCopy(original)
  expect(copy).toEqual(original)
  expect(Object.keys(copy)).toEqual(Object.keys(original))
  const expected = structuredClone(original)
  copy.bytes.fill(0)
  ;(copy.list[0] as Uint8Array).fill(0)
  ;(copy.list[1] as { inner: Uint8Array }).inner.fill(0)
  copy.map.get('a')?.fill(0)
  for (const bytes of copy.set) bytes.fill(0)
  copy.date.setTime(0)
  copy.list.length = 0
  copy.map.clear()
  copy.set.clear()
  expect(original).toEqual(expected)
})

test('errors, functions, promises and instances of classes are not copied', () => {
  const kept = { error: new Error('a'), call: () => 1, promise: Promise.resolve(1), instance: new URL('https://a') }
  const copy = ownCopy(kept)
  for (const name of ['error', 'call', 'promise', 'instance'] as const) expect(copy[name]).toBe(kept[name])
})

test('an object that contains itself is copied once', () => {
  const original: { self?: unknown; bytes: Uint8Array } = { bytes: Uint8Array.of(1) }
  original.self = original
  const copy = ownCopy(original)
  expect(copy.self).toBe(copy)
  expect(copy.bytes).not.toBe(original.bytes)
})

test('an object without a prototype stays one, and a field called __proto__ is not its prototype', () => {
  const original = Object.create(null) as Record<string, unknown>
  original['__proto__'] = Uint8Array.of(1)
  const copy = ownCopy(original)
  expect(Object.getPrototypeOf(copy)).toBeNull()
  expect(Object.keys(copy)).toEqual(['__proto__'])
  const parsed: unknown = ownCopy(JSON.parse('{"__proto__":{"polluted":true}}'))
  expect(Object.keys(parsed as object)).toEqual(['__proto__'])
  expect((parsed as { polluted?: unknown }).polluted).toBeUndefined()
})

test('copies what is nested deeper than the stack, as content of a few kilobytes can be', () => {
  const depth = 100_000
  let copy: unknown = ownCopy(JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown)
  let found = 0
  for (; Array.isArray(copy); copy = copy[0]) found++
  expect(found).toBe(depth)
})
