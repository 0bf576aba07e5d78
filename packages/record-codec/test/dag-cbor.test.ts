import * as oracle from '@ipld/dag-cbor'
import { files, fromHex, toHex } from '@recordkit/testing'
import { CID } from 'multiformats/cid'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeIpnsRecord, encodeIpnsRecord } from '@recordkit/record-codec'
import { decodeCbor, encodeCbor } from '@recordkit/record-codec/dag-cbor'
import type { CborValue } from '@recordkit/record-codec/dag-cbor'
import duplicates from '@recordkit/vectors/dag-cbor/negative-duplicate-keys.json' with { type: 'json' }
import negatives from '@recordkit/vectors/recordkit/cbor-negatives.json' with { type: 'json' }
import { cbor } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const golden = files(
  import.meta.glob<string>('../../../vectors/dag-cbor/*.dag-cbor', { query: '?hex', import: 'default', eager: true })
)

/** One of our values as the oracle has it: integers and floats are one type there, maps are objects. */
function theirs(value: CborValue): unknown {
  if (typeof value === 'bigint')
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(theirs)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, theirs(item as CborValue)]))
  return CID.decode((value as { cid: Uint8Array }).cid)
}

/** Whether the oracle can hold it: whole floats become integers there, `__proto__` is no key, a BOM is dropped. */
function isSayable(value: CborValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value)
  if (typeof value === 'string') return !value.startsWith('\uFEFF')
  if (Array.isArray(value)) return value.every(isSayable)
  if (value instanceof Map) {
    return [...value].every(
      ([key, item]) => key !== '__proto__' && isSayable(key as string) && isSayable(item as CborValue)
    )
  }
  return true
}

test("writes Kubo's data again, byte for byte", () => {
  const bytes = golden.get('ipns.dag-cbor')!
  expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes)
  expect(decodeCbor(bytes)).toEqual(
    new Map<string, CborValue>([
      ['TTL', 0n],
      ['Value', utf8('/ipfs/bafyreid3ljptjrmryxdel77ttgbf5rnvy4ipkbbx3u52t3wlsfnf4yfy3i')],
      ['Sequence', 5n],
      ['Validity', utf8('2023-05-02T13:43:41.262136727Z')],
      ['ValidityType', 0n]
    ])
  )
})

test('gives back every value that it wrote', () => {
  fc.assert(
    fc.property(cbor, (value) => {
      const bytes = encodeCbor(value)
      expect(decodeCbor(bytes)).toEqual(value)
      expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes)
    }),
    { numRuns: 500 }
  )
})

test('writes and reads as @ipld/dag-cbor does', () => {
  fc.assert(
    fc.property(cbor.filter(isSayable), (value) => {
      const bytes = encodeCbor(value)
      expect(oracle.decode(bytes)).toEqual(theirs(value))
      expect(bytes).toEqual(new Uint8Array(oracle.encode(theirs(value))))
    }),
    { numRuns: 500 }
  )
})

/** Where we refuse and the oracle does not: what DAG-CBOR calls invalid, and what is nested too deep. */
const stricter = new Set(['CBOR_FLOAT', 'CBOR_SIMPLE', 'CBOR_TEXT', 'CBOR_DEPTH'])

function isRefused(bytes: Uint8Array): boolean {
  try {
    oracle.decode(bytes)
    return false
  } catch {
    return true
  }
}

test('reads what @ipld/dag-cbor reads and refuses what it refuses, whatever happens to the bytes', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
  const damaged = fc.tuple(cbor, changes).map(([value, places]) => {
    const bytes = encodeCbor(value).slice()
    for (const [place, byte] of places) bytes[place % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 12 })), (bytes) => {
      const code = codeOf(() => decodeCbor(bytes))
      if (code === 'ok') {
        const value = decodeCbor(bytes)
        if (isSayable(value)) expect(oracle.decode(bytes)).toEqual(theirs(value))
      } else if (code === 'CBOR_TAG' && !isRefused(bytes)) {
        // the oracle's CIDs may be of a version 0 that is no sha2-256 multihash, and of varints that are not minimal
        expect(toHex(bytes)).toContain('d82a')
      } else if (!stricter.has(code)) expect([code, isRefused(bytes)]).toEqual([code, true])
    }),
    { numRuns: 5000 }
  )
})

describe('refuses', () => {
  test.each([
    ...negatives.cases,
    ...duplicates.map(({ name, hex }) => ({ id: name, hex, code: 'CBOR_DUPLICATE_KEY' }))
  ])('$id', ({ hex, code }) => {
    expect(codeOf(() => decodeCbor(fromHex(hex)))).toBe(code)
    expect(isRefused(fromHex(hex)) || stricter.has(code)).toBe(true)
  })

  test.each(negatives.cases)('$id inside of the data of an IPNS record', ({ hex, code }) => {
    // after a map of one entry whose value it is, or in place of it
    const data = code === 'CBOR_TRAILING' ? fromHex(`a0${hex}`) : Uint8Array.of(0xa1, 0x61, 0x78, ...fromHex(hex))
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') })))).toBe(code)
  })

  test.each(negatives.topLevelOnly)('$id as the data of an IPNS record', ({ hex, code }) => {
    const data = fromHex(hex)
    expect(codeOf(() => decodeCbor(data))).toBe('ok')
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') })))).toBe(code)
  })
})

test('reads keys in any order, and keeps a byte order mark', () => {
  expect(decodeCbor(fromHex('a2616201616102'))).toEqual(
    new Map([
      ['b', 1n],
      ['a', 2n]
    ])
  )
  expect(decodeCbor(fromHex('63efbbbf'))).toBe('\uFEFF')
})

test('holds keys that are members of objects', () => {
  const map = new Map([
    ['__proto__', 1n],
    ['constructor', 2n],
    ['toString', 3n]
  ])
  expect(decodeCbor(encodeCbor(map))).toEqual(map)
})

test('keeps integers and floats apart', () => {
  expect(decodeCbor(encodeCbor([1n, 1]))).toEqual([1n, 1])
})

test('reads 32 levels and no more', () => {
  const nested = (depth: number): Uint8Array => Uint8Array.of(...new Uint8Array(depth).fill(0x81), 0)
  expect(codeOf(() => decodeCbor(nested(32)))).toBe('ok')
  expect(codeOf(() => decodeCbor(nested(100_000)))).toBe('CBOR_DEPTH')
  expect(decodeCbor(encodeCbor(Array.from({ length: 40 }, () => [])))).toHaveLength(40)
  let value: CborValue = 0n
  for (let depth = 0; depth < 32; depth++) value = [value]
  expect(encodeCbor(value)).toEqual(nested(32))
  expect(codeOf(() => encodeCbor([value]))).toBe('INVALID_ARGUMENT')
})

test('takes no time or memory for lengths that are only claimed', () => {
  for (const hex of ['9affffffff', 'baffffffff', '5affffffff', '7affffffff', '9b7fffffffffffffff']) {
    expect(codeOf(() => decodeCbor(fromHex(hex)))).toBe('CBOR_TRUNCATED')
  }
})

test.each([
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n << 64n,
  -(1n << 64n) - 1n,
  Symbol('x'),
  () => 1,
  {},
  { cid: 'x' },
  { cid: new Uint8Array(3) },
  new Date(0),
  [undefined],
  new Map([[1, 1n]])
])('does not write %s', (value) => {
  expect(codeOf(() => encodeCbor(value as CborValue))).toBe('INVALID_ARGUMENT')
})

test('does not write half of a surrogate pair', () => {
  expect(codeOf(() => encodeCbor('\uD800'))).toBe('TEXT_INVALID')
  expect(codeOf(() => encodeCbor(new Map([['\uD800', 1n]])))).toBe('TEXT_INVALID')
})
