import { joinRecordKey } from '@recordkit/record-codec'
import { compareRecords, equalBytes } from '@recordkit/record-types'
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

/** Sets, as a namespace makes them of single elements. */
const sets = fc.uniqueArray(short, { maxLength: 6, comparator: equalBytes }).map((elements) => {
  let value: Uint8Array | undefined
  for (const content of elements) {
    const draft = { key, content, sequence: 0n, ...(value === undefined ? {} : { previous: value }) }
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
    const open = (value: Uint8Array): UnverifiedRecord => {
      const opened = namespace.parse(key, value)
      if ('status' in opened) throw new Error(opened.message)
      return opened
    }
    const merge = (a: Uint8Array, b: Uint8Array): Uint8Array => namespace.merge?.(open(a), open(b)) ?? a

    test('merging is commutative, associative and idempotent', () => {
      fc.assert(
        fc.property(values, values, values, (a, b, c) => {
          expect(merge(a, b)).toEqual(merge(b, a))
          expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)))
          expect(merge(a, a)).toEqual(a)
        })
      )
    })

    test('what is merged ranks above each of its parts, so that no store gives it up for one', () => {
      fc.assert(
        fc.property(values, values, (a, b) => {
          const both = merge(a, b)
          for (const part of [a, b]) {
            if (equalBytes(both, part)) expect(compareRecords(open(both), open(part))).toBe(0)
            else expect(compareRecords(open(both), open(part))).toBeGreaterThan(0)
          }
        })
      )
    })

    test('any bytes are read or refused', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
          const opened = namespace.parse(key, bytes)
          expect('status' in opened ? opened.code : opened.value).toBeDefined()
        })
      )
    })
  })
}

test('a set out of order, or with an element twice, is refused', () => {
  const twice = Uint8Array.of(0x0a, 1, 1, 0x0a, 1, 1)
  expect(decodeGrowOnlySet(twice, 100).length).toBe(2)
  expect(growOnlySet('m').parse(key, twice)).toMatchObject({ code: 'CONTENT_INVALID' })
})
