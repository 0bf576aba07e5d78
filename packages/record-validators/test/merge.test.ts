import { joinRecordKey } from '@recordkit/record-codec'
import { compareBytes, equalBytes, isRefusal } from '@recordkit/record-types'
import type { Namespace, UnverifiedRecord } from '@recordkit/record-types'
import {
  decodeGrowOnlySet,
  decodeLastWriterWinsMap,
  encodeGrowOnlySet,
  encodeLastWriterWinsMap,
  growOnlySet,
  lastWriterWinsMap
} from '@recordkit/record-validators'
import { countWork } from '@recordkit/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const key = joinRecordKey('m', 'x')
const short = fc.uint8Array({ maxLength: 3 })

/** Sets that a namespace sealed one element at a time. */
const sets = fc.uniqueArray(short, { maxLength: 6, comparator: equalBytes }).map((elements) => {
  let value: Uint8Array | undefined
  for (const content of elements) {
    const draft = { key, content, sequence: 0n, previous: value }
    value = growOnlySet('m').seal(draft, { now: 0n, signer: undefined as never }) as Uint8Array
  }
  return value ?? new Uint8Array(0)
})

const maps = fc
  .uniqueArray(fc.record({ key: fc.uint8Array({ maxLength: 1, max: 2 }), time: fc.bigInt(1n, 3n), value: short }), {
    maxLength: 4,
    comparator: (a, b) => equalBytes(a.key, b.key)
  })
  .map(encodeLastWriterWinsMap)

for (const [name, namespace, values] of [
  ['growOnlySet', growOnlySet('m') as Namespace, sets],
  ['lastWriterWinsMap', lastWriterWinsMap('m') as Namespace, maps]
] as const) {
  describe(name, () => {
    const parse = (value: Uint8Array): UnverifiedRecord => {
      const record = namespace.parse(key, value)
      if (isRefusal(record)) throw new Error(record.message)
      return record
    }
    const merge = (a: Uint8Array, b: Uint8Array): Uint8Array => namespace.merge?.(parse(a), parse(b)) ?? a

    test('merging is commutative, associative and idempotent', () => {
      fc.assert(
        fc.property(values, values, values, (a, b, c) => {
          expect(merge(a, b)).toEqual(merge(b, a))
          expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)))
          expect(merge(a, a)).toEqual(a)
        })
      )
    })

    test('the order of a merged value is above that of each of the two that it is not equal to', () => {
      fc.assert(
        fc.property(values, values, (a, b) => {
          const merged = merge(a, b)
          for (const part of [a, b]) {
            const order = compareBytes(parse(merged).order, parse(part).order)
            if (equalBytes(merged, part)) expect(order).toBe(0)
            else expect(order).toBeGreaterThan(0)
          }
        })
      )
    })

    test('an order has at most 31 bytes, so that a rank has at most 63', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(parse(value).order.length).toBeLessThanOrEqual(31)
        })
      )
    })

    test('random bytes are parsed or refused, and never throw', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
          const result = namespace.parse(key, bytes)
          expect(isRefusal(result) ? result.code : result.value).toBeDefined()
        })
      )
    })
  })
}

test('growOnlySet rejects a set that contains an element twice', () => {
  const twice = Uint8Array.of(0x0a, 1, 1, 0x0a, 1, 1)
  expect(decodeGrowOnlySet(twice).length).toBe(2)
  expect(growOnlySet('m').parse(key, twice)).toMatchObject({ code: 'CONTENT_INVALID' })
})

const number = (index: number): Uint8Array => Uint8Array.of(index >> 8, index & 255)
const mapOf = (size: number, time = 1n, value = new Uint8Array(0)): Uint8Array =>
  encodeLastWriterWinsMap(Array.from({ length: size }, (_, index) => ({ key: number(index), time, value })))
const setOf = (size: number): Uint8Array => encodeGrowOnlySet(Array.from({ length: size }, (_, index) => number(index)))

test('a map of 64 KiB with too many entries is ignored before any of them is hashed', async () => {
  const value = mapOf(5950)
  let result: unknown
  const work = await countWork(() => (result = lastWriterWinsMap('m').parse(key, value)))
  expect(result).toMatchObject({
    status: 'ignore',
    code: 'VALUE_TOO_LARGE',
    message: 'map has 5950 entries; the limit is 1024'
  })
  expect(work.copies).toBe(0)
  expect(decodeLastWriterWinsMap(value)).toHaveLength(5950)
})

test('a set of 64 KiB with too many elements is ignored', () => {
  expect(growOnlySet('m').parse(key, setOf(16_000))).toMatchObject({
    status: 'ignore',
    code: 'VALUE_TOO_LARGE',
    message: 'set has 16000 entries; the limit is 4096'
  })
  expect(decodeGrowOnlySet(setOf(16_000))).toHaveLength(16_000)
})

test('maxEntries and maxElements are inclusive, apply to merged values, and are checked', () => {
  const map = lastWriterWinsMap('m', { maxEntries: 2 })
  expect(map.parse(key, mapOf(2))).toMatchObject({ key })
  expect(map.parse(key, mapOf(3))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  const set = growOnlySet('m', { maxElements: 2 })
  const first = set.parse(key, setOf(2)) as UnverifiedRecord<readonly Uint8Array[]>
  const other = set.parse(key, encodeGrowOnlySet([Uint8Array.of(7)])) as typeof first
  expect(set.parse(key, set.merge(first, other))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  expect(lastWriterWinsMap('m').parse(key, mapOf(1024))).toMatchObject({ key })
  expect(growOnlySet('m').parse(key, setOf(4096))).toMatchObject({ key })
  expect(lastWriterWinsMap('m', { maxEntries: Number.POSITIVE_INFINITY }).parse(key, mapOf(5950))).toMatchObject({
    key
  })
  expect(() => lastWriterWinsMap('m', { maxEntries: 0 })).toThrow('maxEntries is 0')
  expect(() => growOnlySet('m', { maxElements: Number.NaN })).toThrow('maxElements is NaN')
})

test('a merge of the largest maps at equal times hashes each entry once', async () => {
  const map = lastWriterWinsMap('m')
  const [a, b] = [1, 2].map((byte) => map.parse(key, mapOf(1024, 1n, Uint8Array.of(byte)))) as [
    UnverifiedRecord<never>,
    UnverifiedRecord<never>
  ]
  const work = await countWork(() => map.merge(a, b))
  // the result is encoded: two fields of each entry, and the entry
  expect(work.copies).toBeLessThanOrEqual(3 * 1024)
})
