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

test('decodeStoreEntry reverses encodeStoreEntry, and equal entries have equal encodings', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const entry = entryOf(given)
      const encoded = encodeStoreEntry(given.key, entry)
      expect(decodeStoreEntry(given.key, encoded)).toEqual(entry)
      expect(encodeStoreEntry(given.key, structuredClone(entry))).toEqual(encoded)
    })
  )
})

test('decodeStoreEntry reports an entry that was encoded under another key as corrupt', () => {
  fc.assert(
    fc.property(entries, fc.uint8Array({ minLength: 1, maxLength: 40 }), (given, other) => {
      fc.pre(given.key.join() !== other.join())
      expect(decodeStoreEntry(other, encodeStoreEntry(given.key, entryOf(given))).corrupt).toMatchObject({
        code: 'STORE_CORRUPT'
      })
    })
  )
})

test('decodeStoreEntry reports truncated bytes and extra bytes as corrupt, and never throws', () => {
  fc.assert(
    fc.property(entries, fc.nat(), bytes, (given, cut, garbage) => {
      const encoded = encodeStoreEntry(given.key, entryOf(given))
      expect(decodeStoreEntry(given.key, encoded.subarray(0, cut % encoded.length)).corrupt).toBeDefined()
      expect(decodeStoreEntry(given.key, Uint8Array.of(...encoded, 0)).corrupt).toBeDefined()
      decodeStoreEntry(given.key, garbage)
    })
  )
})
