import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EntryContent } from '@recordkit/record-store'
import { decodeStoreEntry, encodeStoreEntry, equalVersions } from '@recordkit/record-store'
import { rankWithIdentity } from '@recordkit/record-store/internal'

const bytes = fc.uint8Array({ maxLength: 40 })
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const entries = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  record: fc.option(
    fc.record(
      { value: bytes, rank: bytes, timeReceived: time, expires: time, author: bytes, sender: bytes },
      { requiredKeys: ['value', 'rank', 'timeReceived'] }
    ),
    { nil: undefined }
  ),
  mark: fc.option(fc.record({ rank: bytes, until: time }), { nil: undefined }),
  publication: fc.option(
    fc.record(
      { signer: bytes, lifetime: time, ttl: time, options: bytes, network: fc.boolean(), published: time },
      { requiredKeys: ['network'] }
    ),
    { nil: undefined }
  )
})

function entryOf(given: typeof entries extends fc.Arbitrary<infer Given> ? Given : never): EntryContent {
  const { key, record, mark, publication } = given
  return {
    record: record && { ...record, key },
    mark: mark && { ...mark, key },
    publication: publication && { ...publication, key }
  }
}

test('decodeStoreEntry reverses encodeStoreEntry, and equal entries have equal encodings', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const entry = entryOf(given)
      const encoded = encodeStoreEntry(given.key, entry)
      expect(decodeStoreEntry(given.key, encoded)).toEqual({ ...entry, version: encoded })
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

test('decodeStoreEntry reports an entry of a newer format as newer, and never as corrupt', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 5, max: 255 }), (given, version) => {
      const encoded = encodeStoreEntry(given.key, entryOf(given))
      encoded[0] = version
      const { newer, corrupt, ...rest } = decodeStoreEntry(given.key, encoded)
      expect(newer).toMatchObject({ code: 'STORE_NEWER_FORMAT', key: given.key })
      expect(corrupt).toBeUndefined()
      expect(rest).toEqual({ version: encoded })
    })
  )
})

test('equalVersions compares bytes by content, and everything else by identity', () => {
  expect(equalVersions(undefined, undefined)).toBe(true)
  expect(equalVersions(Uint8Array.of(1), Uint8Array.of(1))).toBe(true)
  expect(equalVersions(Uint8Array.of(1), Uint8Array.of(2))).toBe(false)
  expect(equalVersions(Uint8Array.of(1), undefined)).toBe(false)
  expect(equalVersions(7, 7)).toBe(true)
  expect(equalVersions(7, 8)).toBe(false)
})

test('rankWithIdentity appends the lowest identity', () => {
  expect(rankWithIdentity(Uint8Array.of(1, 2))).toEqual(Uint8Array.from([1, 2, ...new Uint8Array(32)]))
})
