import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoreEntry } from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'

const bytes = fc.uint8Array({ maxLength: 40 })
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const entries = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  record: fc.option(
    fc.record(
      {
        value: bytes,
        rank: bytes,
        timeReceived: time,
        expires: time,
        digest: bytes,
        author: bytes,
        sender: bytes,
        published: time,
        local: fc.constant(true as const)
      },
      { requiredKeys: ['value', 'rank', 'timeReceived'] }
    ),
    { nil: undefined }
  ),
  mark: fc.option(fc.record({ rank: bytes, until: time, digest: bytes }, { requiredKeys: ['rank', 'until'] }), {
    nil: undefined
  })
})

function entryOf({ key, record, mark }: typeof entries extends fc.Arbitrary<infer Given> ? Given : never): StoreEntry {
  return {
    ...(record === undefined ? {} : { record: { ...record, key } }),
    ...(mark === undefined ? {} : { mark: { ...mark, key } })
  }
}

test('reads what it wrote, and writes the same entry to the same bytes', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const entry = entryOf(given)
      const written = encodeStoreEntry(given.key, entry)
      expect(decodeStoreEntry(given.key, written)).toEqual(entry)
      expect(encodeStoreEntry(given.key, structuredClone(entry))).toEqual(written)
    })
  )
})

test('takes an entry that stands under another key for corrupt', () => {
  fc.assert(
    fc.property(entries, fc.uint8Array({ minLength: 1, maxLength: 40 }), (given, other) => {
      fc.pre(given.key.join() !== other.join())
      expect(decodeStoreEntry(other, encodeStoreEntry(given.key, entryOf(given))).corrupt).toMatchObject({
        code: 'STORE_CORRUPT'
      })
    })
  )
})

test('takes what is cut short or goes on for corrupt, and never throws for any bytes', () => {
  fc.assert(
    fc.property(entries, fc.nat(), bytes, (given, cut, garbage) => {
      const written = encodeStoreEntry(given.key, entryOf(given))
      expect(decodeStoreEntry(given.key, written.subarray(0, cut % written.length)).corrupt).toBeDefined()
      expect(decodeStoreEntry(given.key, Uint8Array.of(...written, 0)).corrupt).toBeDefined()
      decodeStoreEntry(given.key, garbage)
    })
  )
})
