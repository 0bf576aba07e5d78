import * as oracle from '@ipld/dag-cbor'
import { countWork, files, fromHex, toHex } from '@recordkit/testing'
import { CID } from 'multiformats/cid'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeIpnsRecord, encodeIpnsRecord } from '@recordkit/record-codec'
import { writeFields } from '@recordkit/record-codec/protobuf'
import { decodeCbor, encodeCbor } from '@recordkit/record-codec/dag-cbor'
import type { CborValue } from '@recordkit/record-codec/dag-cbor'
import duplicates from '@recordkit/vectors/dag-cbor/negative-duplicate-keys.json' with { type: 'json' }
import negatives from '@recordkit/vectors/recordkit/cbor-negatives.json' with { type: 'json' }
import nesting from '@recordkit/vectors/recordkit/cbor-nesting.json' with { type: 'json' }
import { cbor } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const golden = files(
  import.meta.glob<string>('../../../vectors/dag-cbor/*.dag-cbor', { query: '?hex', import: 'default', eager: true })
)

/** A value as `@ipld/dag-cbor` represents it, where integers and floats are one type and maps are objects. */
function toOracle(value: CborValue): unknown {
  if (typeof value === 'bigint')
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(toOracle)
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [key, toOracle(item as CborValue)]))
  return CID.decode((value as { cid: Uint8Array }).cid)
}

/**
 * Whether `@ipld/dag-cbor` preserves a value: it turns whole floats into integers, drops `__proto__` and a byte order
 * mark.
 */
function isPreserved(value: CborValue): boolean {
  if (typeof value === 'number') return !Number.isInteger(value)
  if (typeof value === 'string') return !value.startsWith('\uFEFF')
  if (Array.isArray(value)) return value.every(isPreserved)
  if (value instanceof Map) {
    return [...value].every(
      ([key, item]) => key !== '__proto__' && isPreserved(key as string) && isPreserved(item as CborValue)
    )
  }
  return true
}

test("encodeCbor encodes the data of Kubo's IPNS record to the same bytes", () => {
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

test('decodeCbor decodes every value that encodeCbor encodes', () => {
  fc.assert(
    fc.property(cbor, (value) => {
      const bytes = encodeCbor(value)
      expect(decodeCbor(bytes)).toEqual(value)
      expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes)
    }),
    { numRuns: 500 }
  )
})

test('encodeCbor and decodeCbor give the same results as @ipld/dag-cbor', () => {
  fc.assert(
    fc.property(cbor.filter(isPreserved), (value) => {
      const bytes = encodeCbor(value)
      expect(oracle.decode(bytes)).toEqual(toOracle(value))
      expect(bytes).toEqual(new Uint8Array(oracle.encode(toOracle(value))))
    }),
    { numRuns: 500 }
  )
})

/** Codes for input that `@ipld/dag-cbor` accepts: values that DAG-CBOR calls invalid, and too many levels. */
const stricter = new Set(['CBOR_FLOAT', 'CBOR_SIMPLE', 'CBOR_TEXT', 'CBOR_DEPTH'])

function isRefused(bytes: Uint8Array): boolean {
  try {
    oracle.decode(bytes)
    return false
  } catch {
    return true
  }
}

test('decodeCbor accepts and refuses the same damaged bytes as @ipld/dag-cbor', () => {
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
        if (isPreserved(value)) expect(oracle.decode(bytes)).toEqual(toOracle(value))
      } else if (code === 'CBOR_TAG' && !isRefused(bytes)) {
        // the oracle accepts CIDs of version 0 with other hash functions, and CIDs with varints that are not minimal
        expect(toHex(bytes)).toContain('d82a')
      } else if (!stricter.has(code)) expect([code, isRefused(bytes)]).toEqual([code, true])
    }),
    { numRuns: 5000 }
  )
})

describe('decodeCbor and decodeIpnsRecord', () => {
  test.each([
    ...negatives.cases,
    ...duplicates.map(({ name, hex }) => ({ id: name, hex, code: 'CBOR_DUPLICATE_KEY' }))
  ])('refuse $id', ({ hex, code }) => {
    expect(codeOf(() => decodeCbor(fromHex(hex)))).toBe(code)
    expect(isRefused(fromHex(hex)) || stricter.has(code)).toBe(true)
  })

  test.each(negatives.cases)('refuse $id inside the data of an IPNS record', ({ hex, code }) => {
    // as the value of a map entry; trailing bytes follow an empty map
    const data = code === 'CBOR_TRAILING' ? fromHex(`a0${hex}`) : Uint8Array.of(0xa1, 0x61, 0x78, ...fromHex(hex))
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') })))).toBe(code)
  })

  test.each(negatives.topLevelOnly)('refuse $id as the data of an IPNS record', ({ hex, code }) => {
    const data = fromHex(hex)
    expect(codeOf(() => decodeCbor(data))).toBe('ok')
    expect(codeOf(() => decodeIpnsRecord(encodeIpnsRecord({ data, signatureV2: utf8('s') })))).toBe(code)
  })
})

test('decodeCbor decodes keys in any order, and keeps a byte order mark', () => {
  expect(decodeCbor(fromHex('a2616201616102'))).toEqual(
    new Map([
      ['b', 1n],
      ['a', 2n]
    ])
  )
  expect(decodeCbor(fromHex('63efbbbf'))).toBe('\uFEFF')
})

test('decodeCbor decodes keys that are names of Object members', () => {
  const map = new Map([
    ['__proto__', 1n],
    ['constructor', 2n],
    ['toString', 3n]
  ])
  expect(decodeCbor(encodeCbor(map))).toEqual(map)
})

test('decodeCbor distinguishes integers and floats', () => {
  expect(decodeCbor(encodeCbor([1n, 1]))).toEqual([1n, 1])
})

test('decodeCbor and encodeCbor accept 32 levels, and refuse more', () => {
  const nested = (depth: number): Uint8Array => Uint8Array.of(...new Uint8Array(depth).fill(0x81), 0)
  expect(codeOf(() => decodeCbor(nested(32)))).toBe('ok')
  expect(codeOf(() => decodeCbor(nested(100_000)))).toBe('CBOR_DEPTH')
  expect(decodeCbor(encodeCbor(Array.from({ length: 40 }, () => [])))).toHaveLength(40)
  let value: CborValue = 0n
  for (let depth = 0; depth < 32; depth++) value = [value]
  expect(encodeCbor(value)).toEqual(nested(32))
  expect(codeOf(() => encodeCbor([value]))).toBe('INVALID_ARGUMENT')
})

test('decodeCbor does not allocate memory for lengths that exceed the input', () => {
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
])('encodeCbor refuses %s', (value) => {
  expect(codeOf(() => encodeCbor(value as CborValue))).toBe('INVALID_ARGUMENT')
})

test('encodeCbor refuses half of a surrogate pair', () => {
  expect(codeOf(() => encodeCbor('\uD800'))).toBe('TEXT_INVALID')
  expect(codeOf(() => encodeCbor(new Map([['\uD800', 1n]])))).toBe('TEXT_INVALID')
})

test.for(nesting.cases)('decodeCbor refuses $levels links inside each other with $code', ({ levels, code }) => {
  const links = fromHex(`${'d82a'.repeat(levels)}00`)
  expect(codeOf(() => decodeCbor(links))).toBe(code)
  // the same in the data of an IPNS record, under a key of its own
  const data = Uint8Array.of(0xa1, 0x61, 0x78, ...links)
  const value = writeFields([66, new Uint8Array(64), 74, data])
  if (value.length <= 10_240) expect(codeOf(() => decodeIpnsRecord(value))).toBe(code)
})

test('texts are decoded by one decoder, so that 10,000 of them do not delay the event loop', async () => {
  const texts = encodeCbor(Array.from({ length: 10_000 }, () => ''))
  const { textDecoders } = await countWork(() => decodeCbor(texts))
  expect(textDecoders).toBe(0)
  // a text that is not UTF-8 does not change how the next one is read
  expect(codeOf(() => decodeCbor(Uint8Array.of(0x62, 0xe2, 0x82)))).toBe('CBOR_TEXT')
  expect(decodeCbor(encodeCbor('€'))).toBe('€')
})
