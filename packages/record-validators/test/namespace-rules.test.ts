import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { ed25519, keyPairFromSeed, sealPeerRecord, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import { hour, minute } from '@recordkit/testing'
import { isRefusal } from '@recordkit/record-types'
import type {
  Algorithm,
  RecordDraft,
  Namespace,
  UnverifiedRecord,
  ValidationContext,
  AlgorithmVerifyOptions
} from '@recordkit/record-types'
import {
  anyAuthor,
  unsigned,
  growOnlySet,
  ipns,
  lastWriterWinsMap,
  onlyAuthors,
  ownedKey,
  ownerInKey,
  peerRecords,
  publicKeys,
  resolveRecord,
  selectRecord,
  signed,
  validateMany,
  ValidationEngine,
  withAuthors,
  withContent
} from '@recordkit/record-validators'
import { describe, expect, test } from 'vitest'
import { decodeGrowOnlySet } from '../src/merge/grow-only-set.ts'
import { decodeLastWriterWinsMap, encodeLastWriterWinsMap } from '../src/merge/last-writer-wins-map.ts'

const now = 1_790_000_000_000_000_000n
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
const stranger = await keyPairFromSeed(new Uint8Array(32).fill(2))
const name = ipnsRoutingKey(signer.peerId)

function opened<Payload>(namespace: Namespace<Payload>, key: Uint8Array, value: Uint8Array): UnverifiedRecord<Payload> {
  const result = namespace.parse(key, value)
  if (isRefusal(result)) throw new Error(result.message)
  return result
}

/** An algorithm that says how it was asked. */
function asking(): { readonly algorithms: Algorithm[]; readonly asked: (AlgorithmVerifyOptions | undefined)[] } {
  const asked: (AlgorithmVerifyOptions | undefined)[] = []
  return {
    asked,
    algorithms: [
      {
        ...ed25519,
        verify(data, message, signature, options) {
          asked.push(options)
          return ed25519.verify(data, message, signature, options)
        }
      }
    ]
  }
}

describe('what a namespace hands on to an algorithm', () => {
  test.each(['ipns', 'signed', 'peer'] as const)('of %s: threads and signal, as the context has them', async (kind) => {
    const { algorithms, asked } = asking()
    const namespace = (
      kind === 'ipns'
        ? ipns({ algorithms })
        : kind === 'signed'
          ? signed('config', { algorithms, authors: anyAuthor() })
          : peerRecords({ algorithms })
    ) as Namespace
    const key =
      kind === 'ipns' ? name : kind === 'signed' ? joinRecordKey('config', 'x') : joinRecordKey('peer', signer.peerId)
    const value =
      kind === 'ipns'
        ? await createIpnsRecord({ value: '/ipfs/x', sequence: 1n, validity: now }, { signer })
        : kind === 'signed'
          ? await sealSignedRecord(
              { key, content: utf8('v'), sequence: 1n, issued: now, expires: now + 1n, ttl: 0n, revoked: false },
              { signer }
            )
          : await sealPeerRecord({ sequence: 1n, addresses: [] }, { signer })
    const { signal } = new AbortController()
    const record = opened(namespace, key, value)
    for (const context of [{ now }, { now, threads: true, signal }, { now, threads: false }] as ValidationContext[]) {
      expect(await namespace.verify(record, context)).toMatchObject({ status: 'accept' })
      const last = asked.at(-1)
      expect([last?.threads, last?.signal]).toEqual([context.threads, context.signal])
    }
    expect(asked).toHaveLength(3)
  })
})

describe('IPNS', () => {
  const namespace = ipns()
  const draft: RecordDraft = { key: name, content: utf8('/ipfs/y'), sequence: 7n }

  test('records say their sequence, content and whose key they are under', async () => {
    const value = await createIpnsRecord({ value: '/ipfs/x', sequence: 5n, validity: now, ttl: 3n }, { signer })
    const record = opened(namespace, name, value)
    expect(record).toMatchObject({ sequence: 5n, expires: now, ttl: 3n })
    expect(namespace.sequenceOf?.(record.rank)).toBe(5n)
    expect(text(namespace.content?.(record))).toBe('/ipfs/x')
    expect(await namespace.keyFor(signer)).toEqual(name)
  })

  test('a new record has boxo lifetime and TTL, and the form for older readers', async () => {
    const value = await namespace.seal(draft, { now, signer })
    expect(opened(namespace, name, value)).toMatchObject({ sequence: 7n, expires: now + 48n * hour, ttl: 5n * minute })
    expect(opened(namespace, name, value).fields.signatureV1).toBeDefined()
  })

  test('a new record keeps what the one before it had: TTL, extra data, and whether it has the form for older readers', async () => {
    const extra = new Map([['_more', 'text']])
    for (const v1Compatible of [true, false]) {
      const previous = await createIpnsRecord(
        { value: '/x', sequence: 1n, validity: now, ttl: 9n, extra },
        { signer, v1Compatible }
      )
      const record = opened(namespace, name, await namespace.seal({ ...draft, previous }, { now, signer }))
      expect(record.ttl).toBe(9n)
      expect(record.fields.extra).toEqual(extra)
      expect(record.fields.signatureV1 !== undefined).toBe(v1Compatible)
    }
    const plain = await createIpnsRecord({ value: '/x', sequence: 1n, validity: now }, { signer })
    const record = opened(namespace, name, await namespace.seal({ ...draft, previous: plain }, { now, signer }))
    expect('extra' in record.fields).toBe(false)
  })

  test('is sealed under its own name only, and ends at 2^63 - 1', async () => {
    await expect(namespace.seal(draft, { now, signer: stranger })).rejects.toMatchObject({
      code: 'AUTHOR_FORBIDDEN',
      key: name
    })
    const last = { ...draft, sequence: (1n << 63n) - 1n }
    expect(opened(namespace, name, await namespace.seal(last, { now, signer })).sequence).toBe(last.sequence)
    await expect(namespace.seal({ ...draft, sequence: 1n << 63n }, { now, signer })).rejects.toMatchObject({
      code: 'SEQUENCE_EXHAUSTED',
      key: name
    })
  })

  test('a record without a TTL has none', async () => {
    const { encodeIpnsData, encodeIpnsRecord } = await import('@recordkit/record-codec')
    const data = encodeIpnsData({ value: utf8('/x'), validity: now, sequence: 1n })
    const record = opened(namespace, name, encodeIpnsRecord({ data, signatureV2: utf8('s') }))
    expect('ttl' in record).toBe(false)
    expect(record.author).toEqual(signer.peerId)
    expect(record.signature).toEqual(utf8('s'))
  })

  test('reads no more than its limit', () => {
    const small = ipns({ limits: { value: 10 } })
    expect(small.parse(name, new Uint8Array(11))).toMatchObject({ code: 'TOO_LARGE' })
    expect(small.limits).toEqual({ key: 1024, value: 10 })
    expect(ipns({ limits: { key: 7 } }).limits).toEqual({ key: 7, value: 10_240 })
  })
})

describe('signed records', () => {
  const namespace = signed('config', { authors: ownerInKey() })
  const key = ownedKey('config', signer.peerId, 'x')
  const draft: RecordDraft = { key, content: utf8('v'), sequence: 3n }

  test('say their sequence and content, live for 48 hours unless told else, and can be closed', async () => {
    const record = opened(namespace, key, await namespace.seal(draft, { now, signer }))
    expect(record).toMatchObject({ sequence: 3n, issued: now, expires: now + 48n * hour, ttl: 0n })
    expect('revoked' in record).toBe(false)
    expect(namespace.sequenceOf?.(record.rank)).toBe(3n)
    expect(text(namespace.content?.(record))).toBe('v')
    const closing = { ...draft, content: new Uint8Array(0), revoked: true, lifetime: 5n, ttl: 6n }
    const closed = opened(namespace, key, await namespace.seal(closing, { now, signer }))
    expect(closed).toMatchObject({ revoked: true, expires: now + 5n, ttl: 6n })
  })

  test('are sealed by whom the policy allows, and closed where the key names its author', async () => {
    await expect(namespace.seal(draft, { now, signer: stranger })).rejects.toMatchObject({
      code: 'AUTHOR_FORBIDDEN',
      key
    })
    const open = signed('config', { authors: anyAuthor() })
    const closing = { ...draft, content: new Uint8Array(0), revoked: true }
    await expect(open.seal(closing, { now, signer })).rejects.toMatchObject({ code: 'REVOCATION_FORBIDDEN', key })
    expect(opened(open, key, await open.seal(draft, { now, signer })).sequence).toBe(3n)
  })

  test('that are closed have no content to be checked', async () => {
    let checks = 0
    const checked = withContent(namespace, () => {
      checks++
      return undefined
    })
    const closing = { ...draft, content: new Uint8Array(0), revoked: true }
    const closed = opened(namespace, key, await namespace.seal(closing, { now, signer }))
    expect(await checked.verify(closed, { now })).toMatchObject({ status: 'accept' })
    expect(checks).toBe(0)
    expect(
      await checked.verify(opened(namespace, key, await namespace.seal(draft, { now, signer })), { now })
    ).toMatchObject({
      status: 'accept'
    })
    expect(checks).toBe(1)
  })

  test('that are refused already are not checked further', async () => {
    const checked = withContent(namespace, () => {
      throw new Error('asked')
    })
    const record = opened(namespace, key, await namespace.seal(draft, { now, signer }))
    expect(await checked.verify(record, { now: now + 49n * hour })).toMatchObject({ code: 'EXPIRED' })
  })
})

test('a further policy holds beside the first, and asks of records that have an author', async () => {
  const both = withAuthors(signed('config', { authors: anyAuthor() }), onlyAuthors([signer.peerId]))
  const key = joinRecordKey('config', 'x')
  for (const [by, code] of [
    [signer, undefined],
    [stranger, 'AUTHOR_FORBIDDEN']
  ] as const) {
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: utf8('v'), sequence: 1n },
      { now, signer: by }
    )
    const verdict = await both.verify(opened(both, key, value), { now })
    expect(isRefusal(verdict) ? verdict.code : undefined).toBe(code)
  }
  const nobody = withAuthors(unsigned('plain', { sequence: () => 1n }), anyAuthor())
  const record = opened(nobody, joinRecordKey('plain', 'x'), utf8('v'))
  expect(await nobody.verify(record, { now })).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
})

describe('plain records', () => {
  const at = (sequence: bigint): unknown =>
    unsigned('plain', { sequence: () => sequence }).parse(joinRecordKey('plain', 'x'), utf8('v'))

  test('have a sequence from 0 to 2^64 - 1', () => {
    const last = (1n << 64n) - 1n
    for (const sequence of [0n, 1n, last]) expect(at(sequence)).toMatchObject({ sequence, payload: sequence })
    for (const sequence of [-1n, last + 1n]) expect(at(sequence)).toMatchObject({ code: 'CONTENT_INVALID' })
    const namespace = unsigned('plain', { sequence: () => last })
    expect(namespace.sequenceOf?.(opened(namespace, joinRecordKey('plain', 'x'), utf8('v')).rank)).toBe(last)
  })

  test('without a readable sequence are refused as what they are', () => {
    const failing = (error: unknown): unknown =>
      unsigned('plain', {
        sequence() {
          throw error
        }
      }).parse(joinRecordKey('plain', 'x'), utf8('v'))
    expect(failing(new Error('no'))).toMatchObject({ status: 'reject', code: 'CONTENT_INVALID' })
    expect(failing(Object.assign(new Error('cut'), { name: 'RecordError', code: 'PROTOBUF_TRUNCATED' }))).toMatchObject(
      {
        code: 'PROTOBUF_TRUNCATED'
      }
    )
  })
})

describe('a peer record', () => {
  test('is about the peer of its key and signed by it', async () => {
    const namespace = peerRecords()
    const key = joinRecordKey('peer', signer.peerId)
    const value = await sealPeerRecord({ sequence: 4n, addresses: [Uint8Array.of(4, 1, 1, 1, 1)] }, { signer })
    const record = opened(namespace, key, value)
    expect(record.sequence).toBe(4n)
    expect(namespace.sequenceOf?.(record.rank)).toBe(4n)
    expect(await namespace.keyFor(signer)).toEqual(key)
    expect(namespace.parse(joinRecordKey('peer', stranger.peerId), value)).toMatchObject({ code: 'KEY_MISMATCH' })
    const other = await sealSignedRecord(
      { key, content: utf8('v'), sequence: 1n, issued: now, expires: now + 1n, ttl: 0n, revoked: false },
      { signer }
    )
    expect(namespace.parse(key, other)).toMatchObject({ code: 'ENVELOPE_PAYLOAD_TYPE' })
    const changed = value.slice()
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1
    expect(await namespace.verify(opened(namespace, key, changed), { now })).toMatchObject({
      code: 'SIGNATURE_INVALID'
    })
  })
})

test('a public key is published under its own peer ID', () => {
  const namespace = publicKeys()
  const key = joinRecordKey('pk', signer.peerId)
  expect(namespace.seal({ key, content: utf8(''), sequence: 0n }, { now, signer })).toBeInstanceOf(Uint8Array)
  expect(() => namespace.seal({ key, content: utf8(''), sequence: 0n }, { now, signer: stranger })).toThrow(
    expect.objectContaining({ code: 'AUTHOR_FORBIDDEN', key })
  )
})

describe('merged values', () => {
  const entry = (key: string, time: bigint, value: string): { key: Uint8Array; time: bigint; value: Uint8Array } => ({
    key: utf8(key),
    time,
    value: utf8(value)
  })

  test('of a set: sorted, each once, one more with each put', async () => {
    const set = growOnlySet('set')
    const key = joinRecordKey('set', 'x')
    const context = { now, signer }
    const one = await set.seal({ key, content: utf8('b'), sequence: 0n }, context)
    const two = await set.seal({ key, content: utf8('a'), sequence: 0n, previous: one }, context)
    expect(decodeGrowOnlySet(two, 100).map(text)).toEqual(['a', 'b'])
    expect(
      decodeGrowOnlySet(await set.seal({ key, content: utf8('a'), sequence: 0n, previous: two }, context), 100)
    ).toHaveLength(2)
    expect(decodeGrowOnlySet(set.merge(opened(set, key, one), opened(set, key, two)), 100).map(text)).toEqual([
      'a',
      'b'
    ])
    expect(await set.verify(opened(set, key, two), { now })).toEqual({ status: 'accept' })
    const twice = Uint8Array.of(10, 1, 97, 10, 1, 97)
    expect(set.parse(key, twice)).toMatchObject({ code: 'CONTENT_INVALID' })
  })

  test('of a map: the later entry, at equal times the larger; sorted, each key once, every time above 0', async () => {
    const map = lastWriterWinsMap('map')
    const key = joinRecordKey('map', 'x')
    const context = { now, signer }
    const first = encodeLastWriterWinsMap([entry('b', 2n, 'old'), entry('a', 1n, 'one')])
    expect(decodeLastWriterWinsMap(first, 100).map(({ key: name }) => text(name))).toEqual(['a', 'b'])
    const previous = await map.seal({ key, content: first, sequence: 0n }, context)
    expect(previous).toEqual(first)
    const content = encodeLastWriterWinsMap([entry('b', 3n, 'new'), entry('a', 1n, 'two')])
    const next = await map.seal({ key, content, sequence: 0n, previous }, context)
    expect(decodeLastWriterWinsMap(next, 100).map(({ value }) => text(value))).toEqual(['two', 'new'])
    expect(await map.seal({ key, content: previous, sequence: 0n, previous: next }, context)).toEqual(next)
    expect(map.merge(opened(map, key, previous), opened(map, key, next))).toEqual(next)
    expect(await map.verify(opened(map, key, next), { now })).toEqual({ status: 'accept' })
    expect(map.parse(key, encodeLastWriterWinsMap([entry('a', 0n, 'x')]))).toMatchObject({ code: 'CONTENT_INVALID' })
    const [a, b] = [encodeLastWriterWinsMap([entry('a', 1n, 'x')]), encodeLastWriterWinsMap([entry('b', 1n, 'x')])]
    for (const wrong of [Uint8Array.of(...b, ...a), Uint8Array.of(...a, ...a)]) {
      expect(map.parse(key, wrong)).toMatchObject({ code: 'CONTENT_INVALID' })
    }
    // the sum of times, in 128 bits
    const large = opened(
      map,
      key,
      encodeLastWriterWinsMap([entry('a', (1n << 64n) - 1n, ''), entry('b', (1n << 64n) - 1n, '')])
    )
    expect([...large.rank.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    expect(large.rank[15]).toBe(0xfe)
  })
})

describe('an engine', () => {
  const engine = new ValidationEngine([ipns(), growOnlySet('set')], { clock: () => now, verdicts: 2 })

  test('names its namespaces and hands out contents and digests', async () => {
    expect(engine.namespaces.map((namespace) => namespace.name)).toEqual(['ipns', 'set'])
    const value = await createIpnsRecord({ value: '/ipfs/x', sequence: 1n, validity: now }, { signer })
    const record = engine.parse(name, value)
    if (isRefusal(record)) throw new Error(record.message)
    expect(text(engine.content(record))).toBe('/ipfs/x')
    expect(engine.content({ ...record, key: joinRecordKey('set', 'x') })).toBe(value)
    expect(engine.content({ ...record, key: utf8('nowhere') })).toBe(value)
    expect(engine.digest(value)).toHaveLength(32)
  })

  test('says which namespaces there are when one is unknown', () => {
    expect(engine.namespaceOf(joinRecordKey('other', 'x'))).toMatchObject({
      message: 'no namespace "other" here; there are: ipns, set'
    })
  })

  test('takes a key and a value of exactly its limits', async () => {
    const exact = new ValidationEngine([unsigned('n', { sequence: () => 1n, limits: { key: 4, value: 2 } })])
    expect(await exact.validate(utf8('/n/a'), utf8('vv'))).toMatchObject({ status: 'accept' })
    expect(await exact.validate(utf8('/n/ab'), utf8('vv'))).toMatchObject({ code: 'KEY_TOO_LARGE' })
    expect(await exact.validate(utf8('/n/a'), utf8('vvv'))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })

  test('hands sender, key book and threads to the namespace, and asks a permit first', async () => {
    const seen: ValidationContext[] = []
    const watching: Namespace = {
      ...unsigned('n', { sequence: () => 1n }),
      verify(_opened, context) {
        seen.push(context)
        return { status: 'accept' }
      }
    }
    const keyBook = { find: () => undefined }
    const asked = new ValidationEngine([watching], {
      keyBook,
      verdicts: 0,
      permit: ({ value }) => (value[0] === 0 ? { status: 'reject', code: 'AUTHOR_DENIED', message: 'no' } : undefined)
    })
    const key = utf8('/n/a')
    await asked.validate(key, Uint8Array.of(1))
    await asked.validate(key, Uint8Array.of(1), { sender: signer.peerId, threads: true })
    expect(seen.map(({ keyBook: book, sender, threads }) => [book, sender, threads])).toEqual([
      [keyBook, undefined, undefined],
      [keyBook, signer.peerId, true]
    ])
    expect('sender' in (seen[0] as object) || 'threads' in (seen[0] as object)).toBe(false)
    expect(await asked.validate(key, Uint8Array.of(0))).toMatchObject({ code: 'AUTHOR_DENIED' })
    expect(seen).toHaveLength(2)
    await validateMany(asked, [{ key, value: Uint8Array.of(1) }])
    expect(seen[2]?.threads).toBe(true)
  })

  test('remembers as many verdicts as it was told, counts them, and forgets them when asked', async () => {
    const values = await Promise.all(
      [1n, 2n, 3n].map((sequence) => createIpnsRecord({ value: '/x', sequence, validity: now }, { signer }))
    )
    engine.verdicts.clear()
    const before = engine.verdicts.stats
    for (const value of values) await engine.validate(name, value)
    await engine.validate(name, values[2] as Uint8Array)
    await engine.validate(name, values[0] as Uint8Array)
    const { entries, hits, misses } = engine.verdicts.stats
    expect([entries, hits - before.hits, misses - before.misses]).toEqual([2, 1, 4])
    engine.verdicts.clear()
    expect(engine.verdicts.stats.entries).toBe(0)
  })
})

test('what is best of equal candidates is the first of them, and what cannot be read is told', async () => {
  const engine = new ValidationEngine([ipns()], { clock: () => now })
  const value = await createIpnsRecord({ value: '/x', sequence: 1n, validity: now }, { signer })
  const forged = await createIpnsRecord({ value: '/x', sequence: 9n, validity: now }, { signer: stranger })
  const values = [utf8('?'), value.slice(), forged, value.slice(), forged.slice()]
  expect(selectRecord(engine, name, values).ranked.map(({ index }) => index)).toEqual([2, 4, 1, 3])
  const { best, refused } = await resolveRecord(engine, name, values)
  expect(best?.index).toBe(1)
  expect(refused.map(({ index, refusal }) => [index, refusal.code])).toEqual([
    [0, 'PROTOBUF_WIRE_TYPE'],
    [2, 'SIGNATURE_INVALID'],
    [4, 'SIGNATURE_INVALID']
  ])
  expect(await resolveRecord(engine, name, [forged])).toEqual({
    refused: [{ index: 0, refusal: expect.objectContaining({ code: 'SIGNATURE_INVALID' }) as unknown }]
  })
})
