import { joinRecordKey } from '@recordkit/record-codec'
import { compareBytes, equalBytes, isRefusal } from '@recordkit/record-types'
import type { Namespace, UnverifiedRecord } from '@recordkit/record-types'
import {
  decodeGrowOnlySet,
  encodeLastWriterWinsMap,
  growOnlySet,
  lastWriterWinsMap
} from '@recordkit/record-validators'
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
