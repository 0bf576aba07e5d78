import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import {
  ed25519,
  keyPairFromSeed,
  sealPeerRecord,
  sealSignedRecord,
  sha256,
  createIpnsRecord,
  peerIdFromPublicKey
} from '@recordkit/record-crypto'
import { hour, minute } from '@recordkit/testing'
import { compareBytes, isRefusal } from '@recordkit/record-types'
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
const otherSigner = await keyPairFromSeed(new Uint8Array(32).fill(2))
const name = ipnsRoutingKey(signer.peerId)

function parsed<Fields>(namespace: Namespace<Fields>, key: Uint8Array, value: Uint8Array): UnverifiedRecord<Fields> {
  const result = namespace.parse(key, value)
  if (isRefusal(result)) throw new Error(result.message)
  return result
}

/** An algorithm that records the options of its calls. */
function recordingAlgorithm(): {
  readonly algorithms: Algorithm[]
  readonly calls: (AlgorithmVerifyOptions | undefined)[]
} {
  const calls: (AlgorithmVerifyOptions | undefined)[] = []
  return {
    calls,
    algorithms: [
      {
        ...ed25519,
        verify(data, message, signature, options) {
          calls.push(options)
          return ed25519.verify(data, message, signature, options)
        }
      }
    ]
  }
}

describe('the options that a namespace passes to an algorithm', () => {
  test.each(['ipns', 'signed', 'peer'] as const)(
    'the namespace %s passes the threads and signal of its context',
    async (kind) => {
      const { algorithms, calls } = recordingAlgorithm()
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
          ? await createIpnsRecord({ value: '/ipfs/x', sequence: 1n, validity: now }, { signer, now: 0n })
          : kind === 'signed'
            ? await sealSignedRecord(
                { key, content: utf8('v'), sequence: 1n, issued: now, expires: now + 1n, ttl: 0n, revoked: false },
                { signer, now }
              )
            : await sealPeerRecord({ sequence: 1n, addresses: [] }, { signer })
      const { signal } = new AbortController()
      const record = parsed(namespace, key, value)
      for (const context of [{ now }, { now, threads: true, signal }, { now, threads: false }] as ValidationContext[]) {
        expect(await namespace.verify(record, context)).toMatchObject({ status: 'accept' })
        const last = calls.at(-1)
        expect([last?.threads, last?.signal]).toEqual([context.threads, context.signal])
      }
      expect(calls).toHaveLength(3)
    }
  )
})

describe('the namespace of IPNS records', () => {
  const namespace = ipns()
  const draft: RecordDraft = { key: name, content: utf8('/ipfs/y'), sequence: 7n }

  test('parses sequence, expiry, TTL and content, and makes the key of a signer', async () => {
    const value = await createIpnsRecord(
      { value: '/ipfs/x', sequence: 5n, validity: now, ttl: 3_000_000n },
      { signer, now: 0n }
    )
    const record = parsed(namespace, name, value)
    expect(record).toMatchObject({ sequence: 5n, expires: now, ttl: 3_000_000n })
    expect(namespace.sequenceOf?.(record.order)).toBe(5n)
    expect(text(namespace.content?.(record))).toBe('/ipfs/x')
    expect(namespace.keyFor(peerIdFromPublicKey(signer.publicKey))).toEqual(name)
  })

  test('seals with a lifetime of 48 hours, a TTL of 5 minutes and the V1 fields by default', async () => {
    const value = await namespace.seal(draft, { now, signer })
    expect(parsed(namespace, name, value)).toMatchObject({ sequence: 7n, expires: now + 48n * hour, ttl: 5n * minute })
    expect(parsed(namespace, name, value).fields.signatureV1).toBeDefined()
  })

  test('seals with the TTL and the extra data of the previous record, and V1 fields as configured', async () => {
    const extra = new Map([['_more', 'text']])
    for (const v1Compatible of [true, false]) {
      const previous = await createIpnsRecord(
        { value: '/x', sequence: 1n, validity: now, ttl: 9_000_000n, extra },
        { signer, v1Compatible, now: 0n }
      )
      for (const configured of [undefined, true, false]) {
        const value = await ipns({ v1Compatible: configured }).seal({ ...draft, previous }, { now, signer })
        const record = parsed(namespace, name, value)
        expect(record.ttl).toBe(9_000_000n)
        expect(record.fields.extra).toEqual(extra)
        expect(record.fields.signatureV1 !== undefined).toBe(configured ?? true)
      }
    }
    const plain = await createIpnsRecord({ value: '/x', sequence: 1n, validity: now }, { signer, now: 0n })
    const record = parsed(namespace, name, await namespace.seal({ ...draft, previous: plain }, { now, signer }))
    expect('extra' in record.fields).toBe(false)
  })

  test('refuses to seal under the name of another key, and above the sequence 2^63 - 1', async () => {
    await expect(namespace.seal(draft, { now, signer: otherSigner })).rejects.toMatchObject({
      code: 'AUTHOR_FORBIDDEN',
      key: name
    })
    const last = { ...draft, sequence: (1n << 63n) - 1n }
    expect(parsed(namespace, name, await namespace.seal(last, { now, signer })).sequence).toBe(last.sequence)
    await expect(namespace.seal({ ...draft, sequence: 1n << 63n }, { now, signer })).rejects.toMatchObject({
      code: 'SEQUENCE_EXHAUSTED',
      key: name
    })
  })

  test('parses a record without a TTL to a record without the field', async () => {
    const { encodeIpnsData, encodeIpnsRecord } = await import('@recordkit/record-codec')
    const data = encodeIpnsData({ value: utf8('/x'), validity: now, sequence: 1n })
    const record = parsed(namespace, name, encodeIpnsRecord({ data, signatureV2: utf8('s') }))
    expect('ttl' in record).toBe(false)
    expect(record.author).toEqual(signer.peerId)
    expect(record.signature).toEqual(utf8('s'))
  })

  test('refuses values above its size limit', () => {
    const limited = ipns({ limits: { value: 10 } })
    expect(limited.parse(name, new Uint8Array(11))).toMatchObject({ code: 'TOO_LARGE' })
    expect(limited.limits).toEqual({ key: 1024, value: 10 })
    expect(ipns({ limits: { key: 7 } }).limits).toEqual({ key: 7, value: 10_240 })
  })
})

describe('a namespace of signed records', () => {
  const namespace = signed('config', { authors: ownerInKey() })
  const key = ownedKey('config', signer.peerId, 'x')
  const draft: RecordDraft = { key, content: utf8('v'), sequence: 3n }

  test('seals with a lifetime of 48 hours by default, and seals revocations', async () => {
    const record = parsed(namespace, key, await namespace.seal(draft, { now, signer }))
    expect(record).toMatchObject({ sequence: 3n, issued: now, expires: now + 48n * hour, ttl: 0n })
    expect('revoked' in record).toBe(false)
    expect(namespace.sequenceOf?.(record.order)).toBe(3n)
    expect(text(namespace.content?.(record))).toBe('v')
    const revocation = { ...draft, content: new Uint8Array(0), revoked: true, lifetime: 5n, ttl: 6_000_000n }
    const revoked = parsed(namespace, key, await namespace.seal(revocation, { now, signer }))
    expect(revoked).toMatchObject({ revoked: true, expires: undefined, ttl: 6_000_000n })
    expect(revoked.fields.record.expires).toBe(now + 5n)
  })

  test('refuses to seal for a signer that the policy does not allow, and to revoke where the key does not name its author', async () => {
    await expect(namespace.seal(draft, { now, signer: otherSigner })).rejects.toMatchObject({
      code: 'AUTHOR_FORBIDDEN',
      key
    })
    const shared = signed('config', { authors: anyAuthor() })
    const revocation = { ...draft, content: new Uint8Array(0), revoked: true }
    await expect(shared.seal(revocation, { now, signer })).rejects.toMatchObject({
      code: 'REVOCATION_UNSUPPORTED',
      key
    })
    expect(parsed(shared, key, await shared.seal(draft, { now, signer })).sequence).toBe(3n)
  })

  test('with a content check does not check the content of a revocation', async () => {
    let checks = 0
    const checked = withContent(namespace, () => {
      checks++
      return undefined
    })
    const revocation = { ...draft, content: new Uint8Array(0), revoked: true }
    const revoked = parsed(namespace, key, await namespace.seal(revocation, { now, signer }))
    expect(await checked.verify(revoked, { now })).toMatchObject({ status: 'accept' })
    expect(checks).toBe(0)
    expect(
      await checked.verify(parsed(namespace, key, await namespace.seal(draft, { now, signer })), { now })
    ).toMatchObject({
      status: 'accept'
    })
    expect(checks).toBe(1)
  })

  test('with a content check does not check a record that is refused for another reason', async () => {
    const checked = withContent(namespace, () => {
      throw new Error('the content was checked')
    })
    const record = parsed(namespace, key, await namespace.seal(draft, { now, signer }))
    expect(await checked.verify(record, { now: now + 49n * hour })).toMatchObject({ code: 'EXPIRED' })
  })
})

test('withAuthors refuses records that its policy or the first policy refuses, and records without an author', async () => {
  const restricted = withAuthors(signed('config', { authors: anyAuthor() }), onlyAuthors([signer.peerId]))
  const key = joinRecordKey('config', 'x')
  for (const [by, code] of [
    [signer, undefined],
    [otherSigner, 'AUTHOR_FORBIDDEN']
  ] as const) {
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: utf8('v'), sequence: 1n },
      { now, signer: by }
    )
    const verdict = await restricted.verify(parsed(restricted, key, value), { now })
    expect(isRefusal(verdict) ? verdict.code : undefined).toBe(code)
  }
  const authorless = withAuthors(unsigned('plain', { sequence: () => 1n }), anyAuthor())
  const record = parsed(authorless, joinRecordKey('plain', 'x'), utf8('v'))
  expect(await authorless.verify(record, { now })).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
})

describe('a namespace of unsigned records', () => {
  const parsedWith = (sequence: bigint): unknown =>
    unsigned('plain', { sequence: () => sequence }).parse(joinRecordKey('plain', 'x'), utf8('v'))

  test('parses sequences from 0 to 2^64 - 1, and refuses others', () => {
    const last = (1n << 64n) - 1n
    for (const sequence of [0n, 1n, last]) expect(parsedWith(sequence)).toMatchObject({ sequence, fields: sequence })
    for (const sequence of [-1n, last + 1n]) expect(parsedWith(sequence)).toMatchObject({ code: 'CONTENT_INVALID' })
    const namespace = unsigned('plain', { sequence: () => last })
    expect(namespace.sequenceOf?.(parsed(namespace, joinRecordKey('plain', 'x'), utf8('v')).order)).toBe(last)
  })

  test('rejects with CONTENT_INVALID or the error code when the sequence cannot be read', () => {
    const parseWithError = (error: unknown): unknown =>
      unsigned('plain', {
        sequence() {
          throw error
        }
      }).parse(joinRecordKey('plain', 'x'), utf8('v'))
    expect(parseWithError(new Error('no'))).toMatchObject({ status: 'ignore', code: 'CONTENT_INVALID' })
    expect(
      parseWithError(Object.assign(new Error('cut'), { name: 'RecordError', code: 'PROTOBUF_TRUNCATED' }))
    ).toMatchObject({
      code: 'PROTOBUF_TRUNCATED'
    })
  })
})

describe('the namespace of peer records', () => {
  test('refuses a record of another peer, another payload type and a wrong signature', async () => {
    const namespace = peerRecords()
    const key = joinRecordKey('peer', signer.peerId)
    const value = await sealPeerRecord({ sequence: 4n, addresses: [Uint8Array.of(4, 1, 1, 1, 1)] }, { signer })
    const record = parsed(namespace, key, value)
    expect(record.sequence).toBe(4n)
    expect(namespace.sequenceOf?.(record.order)).toBe(4n)
    expect(namespace.keyFor(peerIdFromPublicKey(signer.publicKey))).toEqual(key)
    expect(namespace.parse(joinRecordKey('peer', otherSigner.peerId), value)).toMatchObject({ code: 'KEY_MISMATCH' })
    const other = await sealSignedRecord(
      { key, content: utf8('v'), sequence: 1n, issued: now, expires: now + 1n, ttl: 0n, revoked: false },
      { signer, now }
    )
    expect(namespace.parse(key, other)).toMatchObject({ code: 'ENVELOPE_PAYLOAD_TYPE' })
    const forged = value.slice()
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    expect(await namespace.verify(parsed(namespace, key, forged), { now })).toMatchObject({
      code: 'SIGNATURE_INVALID'
    })
  })
})

test('publicKeys refuses to seal under the peer ID of another key', () => {
  const namespace = publicKeys()
  const key = joinRecordKey('pk', signer.peerId)
  expect(namespace.seal({ key, content: utf8(''), sequence: 0n }, { now, signer })).toBeInstanceOf(Uint8Array)
  expect(() => namespace.seal({ key, content: utf8(''), sequence: 0n }, { now, signer: otherSigner })).toThrow(
    expect.objectContaining({ code: 'AUTHOR_FORBIDDEN', key })
  )
})

describe('namespaces with merged values', () => {
  const entry = (key: string, time: bigint, value: string): { key: Uint8Array; time: bigint; value: Uint8Array } => ({
    key: utf8(key),
    time,
    value: utf8(value)
  })

  test('growOnlySet keeps elements sorted and unique, and adds one element with each seal', async () => {
    const set = growOnlySet('set')
    const key = joinRecordKey('set', 'x')
    const context = { now, signer }
    const one = await set.seal({ key, content: utf8('b'), sequence: 0n }, context)
    const two = await set.seal({ key, content: utf8('a'), sequence: 0n, previous: one }, context)
    expect(decodeGrowOnlySet(two).map(text)).toEqual(['a', 'b'])
    expect(
      decodeGrowOnlySet(await set.seal({ key, content: utf8('a'), sequence: 0n, previous: two }, context))
    ).toHaveLength(2)
    expect(decodeGrowOnlySet(set.merge(parsed(set, key, one), parsed(set, key, two))).map(text)).toEqual(['a', 'b'])
    expect(await set.verify(parsed(set, key, two), { now })).toEqual({ status: 'accept' })
    const twice = Uint8Array.of(10, 1, 97, 10, 1, 97)
    expect(set.parse(key, twice)).toMatchObject({ code: 'CONTENT_INVALID' })
  })

  test('lastWriterWinsMap keeps the later entry, at equal times the one with the higher hash, and refuses unsorted keys and the time 0', async () => {
    const map = lastWriterWinsMap('map')
    const key = joinRecordKey('map', 'x')
    const context = { now, signer }
    const first = encodeLastWriterWinsMap([entry('b', 2n, 'old'), entry('a', 1n, 'one')])
    expect(decodeLastWriterWinsMap(first).map(({ key: name }) => text(name))).toEqual(['a', 'b'])
    const previous = await map.seal({ key, content: first, sequence: 0n }, context)
    expect(previous).toEqual(first)
    const content = encodeLastWriterWinsMap([entry('b', 3n, 'new'), entry('a', 1n, 'two')])
    const next = await map.seal({ key, content, sequence: 0n, previous }, context)
    const hashOf = (value: string): Uint8Array => sha256(encodeLastWriterWinsMap([entry('a', 1n, value)]).subarray(2))
    const winner = compareBytes(hashOf('one'), hashOf('two')) > 0 ? 'one' : 'two'
    expect(decodeLastWriterWinsMap(next).map(({ value }) => text(value))).toEqual([winner, 'new'])
    expect(await map.seal({ key, content: previous, sequence: 0n, previous: next }, context)).toEqual(next)
    expect(map.merge(parsed(map, key, previous), parsed(map, key, next))).toEqual(next)
    expect(await map.verify(parsed(map, key, next), { now })).toEqual({ status: 'accept' })
    // field 1: key 'a', without a time
    expect(map.parse(key, Uint8Array.of(10, 3, 10, 1, 97))).toMatchObject({ code: 'CONTENT_INVALID' })
    const [a, b] = [encodeLastWriterWinsMap([entry('a', 1n, 'x')]), encodeLastWriterWinsMap([entry('b', 1n, 'x')])]
    for (const wrong of [Uint8Array.of(...b, ...a), Uint8Array.of(...a, ...a)]) {
      expect(map.parse(key, wrong)).toMatchObject({ code: 'CONTENT_INVALID' })
    }
    // the sum of times, in 128 bits, then the sum of hashes
    const large = parsed(
      map,
      key,
      encodeLastWriterWinsMap([entry('a', (1n << 64n) - 1n, ''), entry('b', (1n << 64n) - 1n, '')])
    )
    expect([...large.order.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    expect(large.order[15]).toBe(0xfe)
    expect(large.order).toHaveLength(31)
  })
})

describe('an engine of two namespaces', () => {
  const engine = new ValidationEngine([ipns(), growOnlySet('set')], { clock: () => now, verdicts: 2 })

  test('returns its namespaces in order, and contents and ranks of records', async () => {
    expect(engine.namespaces.map((namespace) => namespace.name)).toEqual(['ipns', 'set'])
    const value = await createIpnsRecord({ value: '/ipfs/x', sequence: 1n, validity: now }, { signer, now: 0n })
    const record = engine.parse(name, value)
    if (isRefusal(record)) throw new Error(record.message)
    expect(text(engine.content(record))).toBe('/ipfs/x')
    expect(engine.content({ ...record, key: joinRecordKey('set', 'x') })).toBe(value)
    expect(engine.content({ ...record, key: utf8('nowhere') })).toBe(value)
    const rank = engine.rank(record)
    expect(rank.subarray(0, record.order.length)).toEqual(record.order)
    expect(rank).toHaveLength(record.order.length + 32)
  })

  test('lists its namespaces in the message about an unknown one', () => {
    expect(engine.namespaceOf(joinRecordKey('other', 'x'))).toMatchObject({
      message: 'the namespace "other" is unknown; expected one of: ipns, set'
    })
  })

  test('accepts a key and a value of exactly the limits, and refuses them a byte larger', async () => {
    const exact = new ValidationEngine([unsigned('n', { sequence: () => 1n, limits: { key: 4, value: 2 } })])
    expect(await exact.validate(utf8('/n/a'), utf8('vv'))).toMatchObject({ status: 'accept' })
    expect(await exact.validate(utf8('/n/ab'), utf8('vv'))).toMatchObject({ code: 'KEY_TOO_LARGE' })
    expect(await exact.validate(utf8('/n/a'), utf8('vvv'))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })

  test('passes sender, key book and threads to the namespace, after access control has allowed the record', async () => {
    const seen: ValidationContext[] = []
    const recording: Namespace = {
      ...unsigned('n', { sequence: () => 1n }),
      verify(_record, context) {
        seen.push(context)
        return { status: 'accept' }
      }
    }
    const keyBook = { find: () => undefined }
    const restricted = new ValidationEngine([recording], {
      keyBook,
      verdicts: 0,
      access: {
        checkRecord: (record) =>
          record.key.at(-1) === 0x62 ? { status: 'reject', code: 'KEY_DENIED', message: 'no' } : undefined
      }
    })
    const key = utf8('/n/a')
    await restricted.validate(key, Uint8Array.of(1))
    await restricted.validate(key, Uint8Array.of(1), { sender: signer.peerId, threads: true })
    expect(seen.map(({ keyBook: book, sender, threads }) => [book, sender, threads])).toEqual([
      [keyBook, undefined, undefined],
      [keyBook, signer.peerId, true]
    ])
    expect(await restricted.validate(utf8('/n/b'), Uint8Array.of(1))).toMatchObject({ code: 'KEY_DENIED' })
    expect(seen).toHaveLength(2)
    await validateMany(restricted, [{ key, value: Uint8Array.of(1) }])
    expect(seen[2]?.threads).toBe(true)
    await validateMany(restricted, [{ key, value: Uint8Array.of(1) }], { threads: undefined })
    expect(seen[3]?.threads).toBe(true)
    await validateMany(restricted, [{ key, value: Uint8Array.of(1) }], { threads: false })
    expect(seen[4]?.threads).toBe(false)
  })

  test('shares its cached verdicts with the engine that withAccess returns, which still calls checkRecord', async () => {
    const open = new ValidationEngine([ipns()], { clock: () => now })
    let denied = false
    const access = {
      checkRecord: () => (denied ? ({ status: 'ignore', code: 'KEY_DENIED', message: 'no' } as const) : undefined)
    }
    const restricted = open.withAccess(access)
    expect([open.access, Object.keys(restricted.access ?? {})]).toEqual([undefined, ['checkRecord']])
    const value = await createIpnsRecord({ value: '/x', sequence: 1n, validity: now }, { signer, now: 0n })
    for (const engine of [open, restricted])
      expect(await engine.validate(name, value)).toMatchObject({ status: 'accept' })
    expect(restricted.verdicts).toBe(open.verdicts)
    expect(open.verdicts.stats).toEqual({ entries: 1, hits: 1, misses: 1 })
    denied = true
    expect(await restricted.validate(name, value)).toMatchObject({ code: 'KEY_DENIED' })
    expect(await open.validate(name, value)).toMatchObject({ status: 'accept' })
  })

  test('rejects a number of cached verdicts that is not a count with INVALID_ARGUMENT naming the option', () => {
    for (const verdicts of [-1, 0.5, Number.NaN, 1n as never]) {
      expect(() => new ValidationEngine([], { verdicts }), String(verdicts)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringContaining('verdicts is') as unknown
        })
      )
    }
    expect(new ValidationEngine([], { verdicts: 0 }).verdicts.enabled).toBe(false)
  })

  test('caches as many verdicts as its option allows, counts hits and misses, and clears them', async () => {
    const values = await Promise.all(
      [1n, 2n, 3n].map((sequence) => createIpnsRecord({ value: '/x', sequence, validity: now }, { signer, now: 0n }))
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

test('resolveRecord returns the first of equal values and reports all that were refused before it', async () => {
  const engine = new ValidationEngine([ipns()], { clock: () => now })
  const value = await createIpnsRecord({ value: '/x', sequence: 1n, validity: now }, { signer, now: 0n })
  const forged = await createIpnsRecord({ value: '/x', sequence: 9n, validity: now }, { signer: otherSigner, now: 0n })
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
