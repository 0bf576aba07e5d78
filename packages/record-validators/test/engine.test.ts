import { encodePublicKey, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { createIpnsRecord, ed25519, generateKeyPair } from '@recordkit/record-crypto'
import { isRefusal } from '@recordkit/record-types'
import { minute } from '@recordkit/testing'
import type { Algorithm, AuthorPolicy, Namespace, Refusal, UnverifiedRecord, Verdict } from '@recordkit/record-types'
import {
  anyAuthor,
  unsigned,
  ipns,
  ownerInKey,
  peerRecords,
  publicKeys,
  resolveRecord,
  signed,
  ValidationEngine,
  withAuthors,
  withContent,
  withMaxSize,
  withSchema
} from '@recordkit/record-validators'
import type { StandardSchema } from '@recordkit/record-validators'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const now = 1_790_000_000_000_000_000n
const namespaces = [ipns(), publicKeys(), peerRecords(), signed('config', { authors: ownerInKey() })]
const engine = new ValidationEngine(namespaces, { clock: () => now })

test('an engine ignores records of an unknown namespace, also one named like a property of Object.prototype', async () => {
  for (const name of ['dnslink', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    expect(await engine.validate(joinRecordKey(name, 'x'), new Uint8Array(1))).toMatchObject({
      status: 'ignore',
      code: 'NAMESPACE_UNKNOWN'
    })
  }
})

test('the name of an unknown namespace is escaped in the message: a remote peer chose it', async () => {
  const key = joinRecordKey('\u001B[2J\nfake line\u009B', 'x')
  expect(await engine.validate(key, new Uint8Array(1))).toMatchObject({
    message: expect.stringContaining('the namespace "\\u{1b}[2J\\u{a}fake line\\u{9b}" is unknown') as string
  })
})

test('an engine refuses a key that is not /namespace/path', async () => {
  for (const key of ['', '/', '//', 'ipns/x', '/ipns']) {
    expect(await engine.validate(new TextEncoder().encode(key), new Uint8Array(1))).toMatchObject({
      code: 'RECORD_KEY_INVALID'
    })
  }
})

test('an engine verifies keys without a known namespace by its fallback', async () => {
  const withFallback = new ValidationEngine(namespaces, {
    fallback: signed('', { authors: anyAuthor() }),
    clock: () => now
  })
  const author = await generateKeyPair()
  for (const text of ['test-key', '/else/where', '']) {
    const key = new TextEncoder().encode(text)
    if (key.length === 0) continue
    const value = await signed('', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(3), sequence: 0n },
      { now, signer: author }
    )
    expect(await withFallback.validate(key, value)).toMatchObject({ status: 'accept' })
  }
})

test('an engine checks the sizes of key and value before it parses them', async () => {
  let parsed = 0
  const counting: Namespace = {
    name: 'count',
    limits: { key: 10, value: 10 },
    parse: () => (parsed++, { status: 'reject', code: 'CONTENT_INVALID', message: '' }),
    verify: () => ({ status: 'accept' })
  }
  const small = new ValidationEngine([counting])
  expect(await small.validate(joinRecordKey('count', 'abcdefgh'), new Uint8Array())).toMatchObject({
    code: 'KEY_TOO_LARGE'
  })
  expect(await small.validate(joinRecordKey('count', 'a'), new Uint8Array(11))).toMatchObject({
    code: 'VALUE_TOO_LARGE'
  })
  expect(parsed).toBe(0)
})

test('an engine ignores a record with VALIDATOR_FAILED when its namespace throws an error', async () => {
  const broken: Namespace = {
    name: 'broken',
    limits: { key: 99, value: 99 },
    parse: () => {
      throw new TypeError('oops')
    },
    verify: () => ({ status: 'accept' })
  }
  const lazy: Namespace = {
    name: 'lazy',
    limits: { key: 99, value: 99 },
    parse: (key, value) => ({ key, value, order: value, fields: 0 }),
    verify: async () => {
      throw new Error('later')
    }
  }
  const failing = new ValidationEngine([broken, lazy])
  expect(await failing.validate(joinRecordKey('broken', 'x'), new Uint8Array(1))).toMatchObject({
    status: 'ignore',
    code: 'VALIDATOR_FAILED'
  })
  expect(await failing.validate(joinRecordKey('lazy', 'x'), new Uint8Array(1))).toMatchObject({
    status: 'ignore',
    code: 'VALIDATOR_FAILED'
  })
})

test('validate returns a refusal for random bytes under random keys, and never throws', async () => {
  const names = fc.constantFrom('ipns', 'pk', 'peer', 'config', 'other')
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 400 }),
      async (name, path, value) => {
        const verdict = await engine.validate(joinRecordKey(name, path), value)
        expect(isRefusal(verdict)).toBe(true)
      }
    ),
    { numRuns: 500 }
  )
})

test('the constructor of an engine rejects an empty namespace name, a name with a slash, and two namespaces of one name', () => {
  expect(() => new ValidationEngine([signed('', { authors: anyAuthor() })])).toThrow(
    /a name that is not empty and has no slash is expected/
  )
  expect(() => new ValidationEngine([{ ...signed('a', { authors: anyAuthor() }), name: 'a/b' }])).toThrow(
    /a name that is not empty and has no slash is expected/
  )
  expect(() => new ValidationEngine([ipns(), ipns()])).toThrow(/twice/)
})

describe('the verdict cache of an engine', () => {
  test('lets an algorithm verify each signature once, and judges everything else every time', async () => {
    let verifications = 0
    const counting: Algorithm = {
      ...ed25519,
      verify: (...parameters) => (verifications++, ed25519.verify(...parameters))
    }
    let judgements = 0
    const policy: AuthorPolicy = { revocable: false, check: () => (judgements++, undefined) }
    const caching = new ValidationEngine([signed('config', { authors: policy, algorithms: [counting] })], {
      clock: () => now
    })
    const key = joinRecordKey('config', 'x')
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(3), sequence: 1n },
      { now, signer: await generateKeyPair() }
    )
    const forged = value.slice()
    forged[forged.length - 8] = (forged[forged.length - 8] as number) ^ 1
    for (let round = 0; round < 3; round++) {
      expect(await caching.validate(key, value.slice())).toMatchObject({ status: 'accept' })
      expect(await caching.validate(key, forged.slice())).toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
    expect(verifications).toBe(2)
    expect(judgements).toBe(6)
    expect(caching.verdicts.stats).toEqual({ entries: 2, hits: 4, misses: 2 })
  })

  test('does not remember the decisions of an author policy that changes', async () => {
    let allowed = false
    const policy: AuthorPolicy = {
      revocable: false,
      check: () => (allowed ? undefined : { status: 'ignore', code: 'AUTHOR_FORBIDDEN', message: 'not yet' })
    }
    const changing = new ValidationEngine([signed('config', { authors: policy })], { clock: () => now })
    const key = joinRecordKey('config', 'x')
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(3), sequence: 1n },
      { now, signer: await generateKeyPair() }
    )
    expect(await changing.validate(key, value)).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
    allowed = true
    expect(await changing.validate(key, value)).toMatchObject({ status: 'accept' })
    allowed = false
    expect(await changing.validate(key, value)).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  })

  test('does not refuse a record of an owner because another value contained a wrong key with the same signature', async () => {
    const wrong = (await generateKeyPair()).publicKey
    const signer = await generateKeyPair()
    const key = ipnsRoutingKey(signer.peerId)
    const caching = new ValidationEngine([ipns()], { clock: () => now })
    const value = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 0n, validity: now },
      { signer, now: 0n, v1Compatible: false }
    )
    // field 7 is the embedded key; here in front of all other fields
    const encoded = encodePublicKey(wrong)
    const poisoned = Uint8Array.of(0x3a, encoded.length, ...encoded, ...value)
    for (let round = 0; round < 2; round++) {
      expect(await caching.validate(key, poisoned)).toMatchObject({ status: 'reject', code: 'PUBLIC_KEY_MISMATCH' })
      expect(await caching.validate(key, value)).toMatchObject({ status: 'accept' })
    }
  })

  test('does not remember an accept of a clock that was wrong, in either direction', async () => {
    let time = now
    const aging = new ValidationEngine([signed('config', { authors: anyAuthor() })], { clock: () => time })
    const key = joinRecordKey('config', 'x')
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(3), sequence: 1n, lifetime: minute },
      { now, signer: await generateKeyPair() }
    )
    expect(await aging.validate(key, value)).toMatchObject({ status: 'accept' })
    // the clock was ahead by an hour, and is set
    time -= 60n * minute
    expect(await aging.validate(key, value)).toMatchObject({ code: 'ISSUED_IN_FUTURE' })
    time += 120n * minute
    expect(await aging.validate(key, value)).toMatchObject({ code: 'EXPIRED' })
    time = now
    expect(await aging.validate(key, value)).toMatchObject({ status: 'accept' })
  })

  test('does not accept a record that expires while it is verified', async () => {
    let time = now
    const slow: Namespace = {
      name: 'slow',
      limits: { key: 99, value: 99 },
      parse: (key, value) => ({ key, value, order: value, fields: 0 }),
      verify: async () => {
        time += minute
        return { status: 'accept', until: now }
      }
    }
    const aging = new ValidationEngine([slow], { clock: () => time })
    expect(await aging.validate(joinRecordKey('slow', 'x'), new Uint8Array(1))).toMatchObject({ code: 'EXPIRED' })
  })

  test('does not accept an expired record of a namespace that leaves the expiry to the engine', async () => {
    const lax: Namespace = {
      name: 'lax',
      limits: { key: 99, value: 99 },
      parse: (key, value) => ({ key, value, order: value, fields: 0, expires: value.length === 1 ? now : now - 1n }),
      verify: () => ({ status: 'accept' })
    }
    const checking = new ValidationEngine([lax], { clock: () => now })
    const key = joinRecordKey('lax', 'x')
    expect(await checking.validate(key, new Uint8Array(1))).toMatchObject({ status: 'accept' })
    expect(await checking.validate(key, new Uint8Array(2))).toMatchObject({ status: 'ignore', code: 'EXPIRED' })
  })

  test('refuses the records of a namespace whose expiry is a number', async () => {
    const wrong: Namespace = {
      name: 'wrong',
      limits: { key: 99, value: 99 },
      parse: (key, value) => ({ key, value, order: value, fields: 0 }),
      verify: () => ({ status: 'accept', until: 5 as never })
    }
    const checking = new ValidationEngine([wrong], { clock: () => now })
    expect(await checking.validate(joinRecordKey('wrong', 'x'), new Uint8Array(1))).toMatchObject({
      code: 'VALIDATOR_FAILED'
    })
  })

  test('bytes that the caller overwrites while they are verified are not in the result', async () => {
    const key = joinRecordKey('config', 'x')
    const value = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(300).fill(7), sequence: 1n },
      { now, signer: await generateKeyPair() }
    )
    const own = new ValidationEngine([signed('config', { authors: anyAuthor() })], { clock: () => now })
    const [keyBuffer, valueBuffer] = [new Uint8Array(key), new Uint8Array(value)]
    const validating = own.validate(keyBuffer, valueBuffer)
    const resolving = resolveRecord(own, keyBuffer, [valueBuffer])
    keyBuffer.fill(0)
    valueBuffer.fill(0)
    expect(await validating).toMatchObject({ status: 'accept', key, value })
    expect((await resolving).best?.record).toMatchObject({ key, value })
  })

  test('does not accept a record after it has expired', async () => {
    let time = now
    const aging = new ValidationEngine([ipns()], { clock: () => time })
    const signer = await generateKeyPair()
    const record = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 0n, validity: now + minute },
      { signer, now: 0n }
    )
    const key = ipnsRoutingKey(signer.peerId)
    expect(await aging.validate(key, record)).toMatchObject({ status: 'accept' })
    time += minute + 1n
    expect(await aging.validate(key, record)).toMatchObject({ code: 'EXPIRED' })
  })

  test('verifying with an aborted signal throws the reason of the signal, and parsing does not', async () => {
    const reason = new Error('enough')
    await expect(
      engine.validate(joinRecordKey('config', 'x'), new Uint8Array(), { signal: AbortSignal.abort(reason) })
    ).resolves.toMatchObject({ status: 'ignore' })
    const numbers = new ValidationEngine([unsigned('n', { sequence: () => 0n })])
    await expect(
      numbers.validate(joinRecordKey('n', 'x'), new Uint8Array(), { signal: AbortSignal.abort(reason) })
    ).rejects.toBe(reason)
  })
})

describe('combinators of namespaces', () => {
  const plain = unsigned('n', { sequence: (value) => BigInt(value[0] ?? 0) })

  test('withMaxSize lowers the size limit and never raises it', () => {
    expect(withMaxSize(plain, 100).limits.value).toBe(100)
    expect(withMaxSize(withMaxSize(plain, 100), 1000).limits.value).toBe(100)
  })

  test('withSchema refuses content that cannot be decoded or does not match the schema', async () => {
    const even: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => (typeof value === 'number' && value % 2 === 0 ? {} : { issues: [{ message: 'not even' }] })
      }
    }
    const checked = new ValidationEngine([withSchema(plain, even, { decode: (bytes) => bytes[0] })])
    expect(await checked.validate(joinRecordKey('n', 'x'), Uint8Array.of(2))).toMatchObject({ status: 'accept' })
    expect(await checked.validate(joinRecordKey('n', 'x'), Uint8Array.of(3))).toMatchObject({
      status: 'ignore',
      code: 'CONTENT_INVALID',
      message: 'the content does not match its schema: 1 issue, in the cause',
      cause: [{ message: 'not even' }]
    })
    const json = new ValidationEngine([withSchema(plain, even)])
    expect(await json.validate(joinRecordKey('n', 'x'), Uint8Array.of(0xff))).toMatchObject({ code: 'CONTENT_INVALID' })
  })

  test('no content is in the message of a refusal: neither from a schema, nor from an error that quotes it', async () => {
    const quoting: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => ({ issues: [{ message: `got ${String(value)}` }, { message: 'more' }] })
      }
    }
    const throwing = (content: Uint8Array): never => {
      throw new Error(`bad content: ${new TextDecoder().decode(content)}`)
    }
    const password = new TextEncoder().encode('"hunter2"')
    const invalid = { status: 'ignore', code: 'CONTENT_INVALID' }
    for (const [namespace, value, expected] of [
      [withSchema(plain, quoting), password, invalid],
      // JSON.parse quotes the text that it cannot parse
      [withSchema(plain, quoting), password.subarray(1), invalid],
      [withContent(plain, throwing), password, invalid],
      [unsigned('n', { sequence: throwing }), password, invalid],
      [{ ...plain, verify: ({ value: bytes }) => throwing(bytes) }, password, { code: 'VALIDATOR_FAILED' }],
      [{ ...plain, parse: (_key, bytes) => throwing(bytes) }, password, { code: 'VALIDATOR_FAILED' }]
    ] as [Namespace, Uint8Array, object][]) {
      const refusal = await new ValidationEngine([namespace]).validate(joinRecordKey('n', 'x'), value)
      expect(refusal).toMatchObject({ ...expected, cause: expect.anything() as unknown })
      expect((refusal as Refusal).message).not.toContain('hunter2')
    }
  })

  test('a namespace that is a class keeps its methods and private fields in every combination', async () => {
    class Counted implements Namespace {
      readonly name = 'n'
      readonly limits = { key: 64, value: 64 }
      readonly #least = 2
      parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord {
        return { key, value, order: value, fields: undefined, author: key }
      }
      verify({ value }: UnverifiedRecord): Verdict {
        if ((value[0] ?? 0) >= this.#least) return { status: 'accept' }
        return { status: 'reject', code: 'CONTENT_INVALID', message: 'too low' }
      }
    }
    const schema: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: () => ({}) } }
    const namespace = withMaxSize(withAuthors(withSchema(new Counted(), schema, { decode: () => 0 }), anyAuthor()), 9)
    const engineOfClass = new ValidationEngine([namespace])
    const key = joinRecordKey('n', 'x')
    expect(await engineOfClass.validate(key, Uint8Array.of(2))).toMatchObject({ status: 'accept' })
    expect(await engineOfClass.validate(key, Uint8Array.of(1))).toMatchObject({ message: 'too low' })
    expect(await engineOfClass.validate(key, new Uint8Array(10))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })

  test('withAuthors rejects records that have no author', async () => {
    const restricted = new ValidationEngine([withAuthors(plain, anyAuthor())])
    expect(await restricted.validate(joinRecordKey('n', 'x'), Uint8Array.of(2))).toMatchObject({
      code: 'AUTHOR_FORBIDDEN'
    })
  })
})
