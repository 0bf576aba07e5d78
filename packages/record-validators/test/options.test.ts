import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { limits } from '@recordkit/record-types'
import type { AuthorPolicy, Namespace, NamespaceLimitOptions } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import {
  anyAuthor,
  decodeGrowOnlySet,
  decodeLastWriterWinsMap,
  encodeGrowOnlySet,
  encodeLastWriterWinsMap,
  exceptAuthors,
  growOnlySet,
  ipns,
  ipnsReader,
  lastWriterWinsMap,
  onlyAuthors,
  ownedKey,
  peerRecords,
  providers,
  publicKeys,
  signed,
  unsigned,
  withAuthors,
  withMaxSize
} from '@recordkit/record-validators'

const now = 1_790_000_000_000_000_000n
const signer = await generateKeyPair()
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const invalid = (message: string): unknown => expect.objectContaining({ code: 'INVALID_ARGUMENT', message })

const namespaces: Record<string, (limits: NamespaceLimitOptions) => Namespace> = {
  ipns: (given) => ipns({ limits: given }),
  ipnsReader: (given) => ipnsReader({ limits: given }),
  publicKeys: (given) => publicKeys({ limits: given }),
  peerRecords: (given) => peerRecords({ limits: given }),
  providers: (given) => providers({ limits: given }),
  signed: (given) => signed('s', { authors: anyAuthor(), limits: given }),
  unsigned: (given) => unsigned('u', { sequence: () => 0n, limits: given }),
  growOnlySet: (given) => growOnlySet('g', { limits: given }),
  lastWriterWinsMap: (given) => lastWriterWinsMap('l', { limits: given })
}

const wrongCounts = [
  [-1, '-1'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [1.5, '1.5'],
  [5n, 'the bigint 5n'],
  ['5', 'a string']
] as const

describe.each(Object.entries(namespaces))('the limits of %s', (_, create) => {
  test.each(['key', 'value'])('are refused when %s is not a whole number of at least 0', (name) => {
    for (const [limit, shown] of wrongCounts) {
      expect(() => create({ [name]: limit as number })).toThrow(
        invalid(`limits.${name} is ${shown}; a whole number of at least 0 is expected`)
      )
    }
  })

  test('keep their defaults when they are undefined', () => {
    expect(create({ key: undefined, value: undefined }).limits).toEqual(create({}).limits)
    expect(create({ key: 7, value: undefined }).limits).toEqual({ ...create({}).limits, key: 7 })
  })
})

test('withMaxSize rejects a size that is not a whole number of at least 0', () => {
  const namespace = growOnlySet('g')
  for (const [size, shown] of [...wrongCounts, [undefined, 'undefined']] as const) {
    expect(() => withMaxSize(namespace, size as number)).toThrow(
      invalid(`value is ${shown}; a whole number of at least 0 is expected`)
    )
  }
  expect(withMaxSize(namespace, 1e9).limits).toEqual(namespace.limits)
  expect(withMaxSize(namespace, 9).limits.value).toBe(9)
})

test('signed, withAuthors and exceptAuthors reject a policy that cannot check authors', () => {
  for (const [policy, shown] of [
    [undefined, 'undefined'],
    [[signer.peerId], 'an array'],
    [onlyAuthors, 'a function']
  ] as const) {
    const authors = policy as unknown as AuthorPolicy
    const expected = `a policy such as ownerInKey() is expected${policy === onlyAuthors ? ': call the function' : ''}`
    expect(() => signed('x', { authors })).toThrow(invalid(`authors is ${shown}; ${expected}`))
    expect(() => withAuthors(ipns(), authors)).toThrow(invalid(`policy is ${shown}; ${expected}`))
    expect(() => exceptAuthors(authors, [])).toThrow(invalid(`policy is ${shown}; ${expected}`))
  }
})

test('policies reject authors that are not peer IDs or names', () => {
  const expected = 'a peer ID or IPNS name is expected'
  for (const [author, shown] of [
    [signer, 'an object'],
    [5, 'a number'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Uint8Array.of(1), '1 bytes']
  ] as const) {
    const names = [author as never]
    expect(() => onlyAuthors(names)).toThrow(invalid(`author is ${shown}; ${expected}`))
    expect(() => exceptAuthors(anyAuthor(), names)).toThrow(invalid(`author is ${shown}; ${expected}`))
    expect(() => ownedKey('x', author as never, 'y')).toThrow(invalid(`owner is ${shown}; ${expected}`))
  }
  expect(() => onlyAuthors(['x'])).toThrow(expect.objectContaining({ code: 'IPNS_NAME_INVALID' }))
})

describe.each([
  ['ipns', ipns(), ipnsRoutingKey(signer.peerId)],
  ['signed', signed('s', { authors: anyAuthor() }), joinRecordKey('s', 'x')]
] as const)('seal of %s', (_, namespace, key) => {
  const draft = { key, content: utf8('/ipfs/bafkqaaa'), sequence: 1n }
  const seal = async (fields: object, context: object): Promise<Uint8Array> =>
    namespace.seal({ ...draft, ...fields }, { signer, now, ...context })

  test('rejects a lifetime that is not a bigint of at least 0', async () => {
    for (const [lifetime, shown] of [
      [1000, '1000'],
      [null, 'null'],
      [-1n, 'the bigint -1n']
    ] as const) {
      await expect(seal({ lifetime }, {})).rejects.toEqual(
        invalid(`lifetime is ${shown}; a bigint of nanoseconds is expected`)
      )
    }
  })

  test('rejects a current time that is not a bigint', async () => {
    for (const time of [1000, undefined]) {
      await expect(seal({}, { now: time })).rejects.toEqual(
        invalid(`now is ${String(time)}; a bigint of nanoseconds since the Unix epoch is expected`)
      )
    }
  })

  test('rejects a ttl that is a number', async () => {
    await expect(seal({ ttl: 5 }, {})).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('ttl') as string
    })
  })

  test('uses the time of its context, also when it is in the past', async () => {
    expect(await seal({}, { now: 1n })).toBeInstanceOf(Uint8Array)
  })
})

describe('encoded values to merge', () => {
  const entry = { key: utf8('a'), time: 1n, value: utf8('b') }

  test('contain each element once, in byte order', () => {
    const set = encodeGrowOnlySet([utf8('b'), utf8('a'), utf8('b')])
    expect(decodeGrowOnlySet(set)).toEqual([utf8('a'), utf8('b')])
    expect(growOnlySet('g').parse(joinRecordKey('g', 'x'), set)).toMatchObject({ value: set })
    expect(() => encodeGrowOnlySet(['a' as never])).toThrow(invalid('element is a string; a Uint8Array is expected'))
  })

  test('are decoded up to 64 KiB by default, or up to the limit of the options', () => {
    for (const decode of [decodeGrowOnlySet, decodeLastWriterWinsMap]) {
      expect(() => decode(new Uint8Array(limits.value + 1))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
      expect(() => decode(new Uint8Array(3), { limit: 2 })).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
      expect(() => decode(new Uint8Array(0), { limit: Number.NaN })).toThrow(
        invalid('limit is NaN; a whole number of at least 0 is expected')
      )
      expect(decode(new Uint8Array(0), { limit: undefined })).toEqual([])
    }
  })

  test('are refused when the time of an entry is not a bigint above 0', () => {
    for (const [time, shown] of [
      [0n, 'the bigint 0n'],
      [-1n, 'the bigint -1n'],
      [5, '5'],
      [undefined, 'undefined']
    ] as const) {
      expect(() => encodeLastWriterWinsMap([{ ...entry, time: time as bigint }])).toThrow(
        invalid(`time is ${shown}; a bigint of nanoseconds above 0 is expected`)
      )
    }
    expect(() => encodeLastWriterWinsMap([{ ...entry, key: 'a' as never }])).toThrow(
      invalid('key is a string; a Uint8Array is expected')
    )
  })
})
