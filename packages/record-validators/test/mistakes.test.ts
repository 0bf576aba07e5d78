import { generateKeyPair } from '@recordkit/record-crypto'
import {
  exceptAuthors,
  anyAuthor,
  ipns,
  onlyAuthors,
  ownedKey,
  ownerInKey,
  signed,
  unsigned,
  validateMany,
  ValidationEngine,
  withAuthors,
  withContent,
  withMaxSize,
  withSchema
} from '@recordkit/record-validators'
import type { Namespace, UnverifiedRecord, Verdict } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'

const signer = await generateKeyPair()
const invalid = (message: RegExp): unknown =>
  expect.objectContaining({
    name: 'RecordError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })

describe('an engine is not created', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'without namespaces',
      undefined,
      /^namespaces is undefined; an array such as \[ipns\(\), publicKeys\(\)\] is expected$/
    ],
    ['with a single namespace', ipns(), /^namespaces is an object; an array such as/],
    [
      'with a function that was not called',
      [ipns],
      /^namespaces\[0\] is a function; a namespace such as .*, the result of the function, is expected$/
    ],
    ['with the name of a namespace', ['ipns'], /^namespaces\[0\] is a string; a namespace such as/],
    [
      'with a namespace without a name',
      [{ ...ipns(), name: undefined }],
      /^the namespace name is undefined; a name that is not empty and has no slash is expected$/
    ],
    [
      'with a namespace that cannot verify',
      [{ ...ipns(), verify: undefined }],
      /^namespaces\[0\] is an object; a namespace such as .*, with `parse` and `verify`, is expected$/
    ],
    ['with a namespace twice', [ipns(), ipns()], /^namespace "ipns" is passed twice$/]
  ])('%s', (_, namespaces, message) => {
    expect(() => new ValidationEngine(namespaces as never)).toThrow(invalid(message))
  })

  test('with a fallback that was not called, or a time instead of a clock', () => {
    expect(() => new ValidationEngine([], { fallback: ipns as never })).toThrow(
      invalid(/^fallback is a function; .*, the result of the function, is/)
    )
    expect(() => new ValidationEngine([], { clock: 5n as never })).toThrow(
      invalid(/^clock is the bigint 5n; a function is/)
    )
  })
})

describe('a namespace is not created', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['without options', () => signed('c', undefined as never), /^options is undefined; an object is expected$/],
    [
      'without authors',
      () => signed('c', {} as never),
      /^authors is undefined; a policy such as ownerInKey\(\) is expected$/
    ],
    [
      'with a policy that was not called',
      () => signed('c', { authors: ownerInKey as never }),
      /^authors is a function; .*: call the function$/
    ],
    [
      'with peer IDs as a policy',
      () => signed('c', { authors: [signer.peerId] as never }),
      /^authors is an array; a policy/
    ],
    [
      'with slashes in its name',
      () => signed('/c/', { authors: ownerInKey() }),
      /^the namespace name is "\/c\/"; text without a slash/
    ],
    [
      'without a name',
      () => signed(undefined as never, { authors: ownerInKey() }),
      /^the namespace name is undefined; text without/
    ],
    [
      'with a JSON schema',
      () => signed('c', { authors: ownerInKey(), schema: { type: 'object' } as never }),
      /^schema is an object; a Standard Schema/
    ],
    ['without a sequence', () => unsigned('c', {} as never), /^sequence is undefined; a function is expected$/],
    [
      'with a key pair as an author',
      () => onlyAuthors([signer as never]),
      /^author is an object; a peer ID or IPNS name is expected$/
    ],
    [
      'with nanoseconds as a duration',
      () => signed('c', { authors: ownerInKey(), maxClockSkew: 300n as never }),
      /^maxClockSkew is the bigint 300n; a number of m/
    ]
  ])('%s', (_, make, message) => {
    expect(make).toThrow(invalid(message))
  })
})

test('a key that does not name its owner, or a domain, is refused with what is expected', () => {
  const engine = new ValidationEngine([ipns(), signed('config', { authors: ownerInKey() })])
  for (const [key, message] of [
    [
      '/config/app',
      /^"\/config\/app" is not a record key of config: the path must begin with .*, as in k51…\/app, and "app" is neither/
    ],
    [
      '/ipns/example.org',
      /^"\/ipns\/example.org" is not a record key of ipns: IPNS name "example.org" is not a peer ID such as k51…/
    ]
  ] as const)
    expect(() => engine.parseKey(key)).toThrow(
      expect.objectContaining({ code: 'RECORD_KEY_INVALID', message: expect.stringMatching(message) as unknown })
    )
})

test('a page or JSON where a record was expected is refused with its beginning', async () => {
  const engine = new ValidationEngine([ipns(), signed('config', { authors: ownerInKey() })])
  for (const key of [
    engine.parseKey('/ipns/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'),
    engine.parseKey('/config/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5/app')
  ])
    for (const text of ['<!DOCTYPE html>\n<title>404</title>', ' {"error":"not found"}'])
      expect(await engine.validate(key, new TextEncoder().encode(text))).toMatchObject({
        message: expect.stringMatching(
          /^the value is text that begins with "[<{].*"; the bytes of a record are expected$/
        ) as unknown
      })
})

describe('a namespace of an application', () => {
  const key = new TextEncoder().encode('/votes/a')
  const votes = {
    name: 'votes',
    limits: { key: 256, value: 1024 },
    parse: (ownKey: Uint8Array, value: Uint8Array): UnverifiedRecord => ({
      key: ownKey,
      value,
      order: value,
      fields: {}
    }),
    verify: (): Verdict => ({ status: 'accept' })
  } satisfies Namespace

  test('that works accepts a record', async () => {
    expect(await new ValidationEngine([votes]).validate(key, key)).toMatchObject({ status: 'accept' })
  })

  test('without limits is refused', () => {
    expect(() => new ValidationEngine([{ ...votes, limits: undefined as never }])).toThrow(
      invalid(/^namespaces\[0\] has no limits; { key, value }, the maximum sizes in bytes, is expected$/)
    )
  })

  test.each<[string, object, RegExp]>([
    ['nothing from parse', { parse: () => undefined }, /^parse of the namespace "votes" returned neither a record/],
    [
      'no order',
      { parse: () => ({ key, value: key }) },
      /^parse of the namespace "votes" .*an order of at most 31 bytes/
    ],
    [
      'a long order',
      { parse: () => ({ key, value: key, order: new Uint8Array(32) }) },
      /^parse of the namespace "votes" /
    ],
    [
      'a number as the sequence',
      { parse: () => ({ key, value: key, order: key, sequence: 5 }) },
      /^parse of the namespace "votes" returned a record whose sequence is 5; a bigint is expected$/
    ],
    [
      'text as the author',
      { parse: () => ({ key, value: key, order: key, author: 'k51' }) },
      /whose author is a string; a Uint8Array is expected$/
    ],
    [
      'text as revoked',
      { parse: () => ({ key, value: key, order: key, revoked: 'no' }) },
      /whose revoked is a string; a boolean is expected$/
    ],
    ['nothing from verify', { verify: () => undefined }, /^verify of the namespace "votes" returned no status; /],
    ['true from verify', { verify: () => true }, /^verify of the namespace "votes" returned no status; /]
  ])('that returns %s does not throw: the record is ignored with VALIDATOR_FAILED', async (_, part, message) => {
    const engine = new ValidationEngine([{ ...votes, ...part }])
    expect(await engine.validate(key, key)).toMatchObject({
      status: 'ignore',
      code: 'VALIDATOR_FAILED',
      message: expect.stringMatching(message) as unknown
    })
  })

  test.each<[string, object, (engine: ValidationEngine) => unknown, RegExp]>([
    [
      'content that is text',
      { content: () => 'text' },
      (engine) => engine.content(engine.parse(key, key) as never),
      /^content of the namespace "votes" returned a string; a Uint8Array is expected$/
    ],
    [
      'an error from content',
      {
        content: () => {
          throw new Error('wrong')
        }
      },
      (engine) => engine.content(engine.parse(key, key) as never),
      /^content of the namespace "votes" threw an error$/
    ],
    [
      'an owner that is text',
      { ownerOf: () => 'k51' },
      (engine) => engine.ownerOf(key),
      /^ownerOf of the namespace "votes" returned a string; /
    ]
  ])('that returns %s is VALIDATOR_FAILED', (_, part, call, message) => {
    const engine = new ValidationEngine([{ ...votes, ...part }])
    expect(() => call(engine)).toThrow(
      expect.objectContaining({ code: 'VALIDATOR_FAILED', message: expect.stringMatching(message) as unknown })
    )
  })
})

test.each<[string, () => unknown, RegExp]>([
  [
    'one author in place of a list',
    () => onlyAuthors(signer.peerId as never),
    /^names is a Uint8Array; an array of peer/
  ],
  [
    'the name of one author',
    () => onlyAuthors('k51'),
    /^names is a string; an array of peer IDs or IPNS names is expec/
  ],
  ['no authors', () => exceptAuthors(anyAuthor(), undefined as never), /^names is undefined; an array of peer IDs/],
  [
    'an owned key without a path',
    () => ownedKey('config', signer.peerId, undefined as never),
    /^path is undefined; text, which is what follows the owner in the key, is expected$/
  ],
  ['no check', () => withContent(ipns(), undefined as never), /^check is undefined; a function is expected$/],
  [
    'a check and its namespace in the wrong order',
    () => withContent((() => undefined) as never, ipns() as never),
    /^namespace is a function; a namespace such as ipns\(\) or signed\('config', …\), the result of the function, is expected$/
  ],
  ['a size without its namespace', () => withMaxSize(5 as never, 5), /^namespace is 5; a namespace such as/],
  [
    'authors without their namespace',
    () => withAuthors(ownerInKey() as never, ownerInKey()),
    /^namespace is an object;/
  ],
  ['a schema without its namespace', () => withSchema({} as never, {} as never), /^namespace is an object; a namespace/]
])('%s is refused', (_, call, message) => {
  expect(call).toThrow(invalid(message))
})

test('validateMany refuses one record in place of a list, and something else than an engine', async () => {
  const record = { key: new Uint8Array(1), value: new Uint8Array(1) }
  await expect(validateMany(new ValidationEngine([ipns()]), record as never)).rejects.toEqual(
    invalid(/^records is an object; an array of \{ key, value \} is expected$/)
  )
  await expect(validateMany([record] as never, [record])).rejects.toEqual(
    invalid(/^engine is an array; a ValidationEn/)
  )
})
