import type { Namespace, UnverifiedRecord, Refusal, Signer } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import type { NamespaceFactory } from '../src/index.ts'
import { namespaceCases, runNamespace, testNamespace } from '../src/index.ts'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const reject = (message: string): Refusal => ({ status: 'reject', code: 'CONTENT_INVALID', message })

/** A namespace for tests. A value is a checksum of the key, a sequence, an expiry, and a set of numbers as a bit field. */
const toy: Namespace<number> = {
  name: 'toy',
  limits: { key: 64, value: 4 },
  parse(key, value) {
    if (value.length !== 4) return reject(`value is ${value.length} bytes; 4 are expected`)
    const [, sequence = 0, expires = 0, members = 0] = value
    return {
      key,
      value,
      order: Uint8Array.of(sequence, members),
      sequence: BigInt(sequence),
      expires: BigInt(expires),
      fields: members
    }
  },
  verify({ key, value, expires = 0n }, { now }) {
    if (value[0] !== sum(key))
      return { status: 'reject', code: 'KEY_MISMATCH', message: 'the value is for another key' }
    if (now > expires) return { status: 'ignore', code: 'EXPIRED', message: `the record expired at ${expires}` }
    return { status: 'accept', until: expires }
  },
  seal: ({ key, content, sequence }) => Uint8Array.of(sum(key), Number(sequence % 256n), 200, content[0] ?? 0),
  merge: (a, b) =>
    Uint8Array.of(a.value[0] as number, Math.max(a.value[1] as number, b.value[1] as number), 200, a.fields | b.fields),
  content: ({ fields }) => Uint8Array.of(fields)
}

function sum(key: Uint8Array): number {
  return key.reduce((total, byte) => (total * 31 + byte) & 255, 7)
}

const key = text('/toy/a')
const signer = { publicKey: { type: 'Ed25519', data: new Uint8Array(32) }, sign: () => new Uint8Array(64) } as Signer
const value = (sequence: number, members: number): Uint8Array => Uint8Array.of(sum(key), sequence, 200, members)

const factory: NamespaceFactory = {
  name: 'a toy namespace',
  namespace: toy,
  samples: [{ key, value: value(1, 2), now: 100n }],
  ordered: { key, values: [value(0, 9), value(1, 1), value(1, 2), value(2, 0)] },
  sealing: { signer, key, content: Uint8Array.of(5), now: 100n },
  merging: { key, values: [value(1, 1), value(1, 2), value(1, 6)] }
}

/** Without sequences: the toy's sequence is one byte, too small for the sequence 1000 of the kit. */
const correct: NamespaceFactory = {
  ...factory,
  namespace: { ...toy, parse: (given, bytes) => withoutSequence(toy.parse(given, bytes)) }
}

function withoutSequence(parsed: UnverifiedRecord<number> | Refusal): UnverifiedRecord<number> | Refusal {
  if ('status' in parsed) return parsed
  const { sequence: _, ...rest } = parsed
  return rest
}

testNamespace({ test, describe }, correct)

const broken: readonly [string, Partial<Namespace<number>>, readonly string[]][] = [
  ['has a slash in its name', { name: 'to/y' }, ['namespace/shape']],
  [
    'throws for bad bytes',
    {
      parse: (given, bytes) => {
        const parsed = toy.parse(given, bytes)
        if ('status' in parsed) throw new Error(parsed.message)
        return withoutSequence(parsed)
      }
    },
    ['parse/total', 'verify/total']
  ],
  [
    'returns refusals without a code',
    {
      parse: (given, bytes) => {
        const parsed = toy.parse(given, bytes)
        return 'status' in parsed ? ({ status: 'reject', message: 'no' } as Refusal) : withoutSequence(parsed)
      }
    },
    ['parse/total', 'verify/total']
  ],
  [
    'changes the bytes that it parses',
    {
      parse: (given, bytes) => {
        const parsed = withoutSequence(toy.parse(given, bytes.slice()))
        if (bytes.length === 4) bytes[2] = 201
        return parsed
      }
    },
    ['normal/form', 'parse/pure', 'parse/samples', 'verify/expired', 'verify/until']
  ],
  ['refuses valid records', { verify: () => reject('no') }, ['seal/round-trip', 'verify/expired', 'verify/samples']],
  [
    'rejects expired records instead of ignoring them',
    {
      verify: (opened, context) => {
        const verdict = toy.verify(opened, context)
        return 'code' in verdict && verdict.code === 'EXPIRED' ? { ...verdict, status: 'reject' } : verdict
      }
    },
    ['verify/expired']
  ],
  [
    'accepts records indefinitely',
    {
      verify: async (opened, context) => {
        const verdict = await toy.verify(opened, context)
        return verdict.status === 'accept' ? { status: 'accept' } : verdict
      }
    },
    ['verify/until']
  ],
  [
    'accepts a value under any key',
    {
      verify: ({ expires = 0n }, { now }) =>
        now > expires
          ? { status: 'ignore', code: 'EXPIRED', message: 'the record has expired' }
          : { status: 'accept', until: expires }
    },
    ['verify/other-key']
  ],
  [
    'orders by the members only',
    {
      parse: (given, bytes) => {
        const parsed = withoutSequence(toy.parse(given, bytes))
        return 'status' in parsed ? parsed : { ...parsed, order: Uint8Array.of(parsed.fields) }
      }
    },
    ['rank/ordered']
  ],
  [
    'names an author who has signed nothing',
    {
      parse: (given, bytes) => {
        const parsed = toy.parse(given, bytes)
        return 'status' in parsed ? parsed : { ...withoutSequence(parsed), author: Uint8Array.of(1) }
      }
    },
    ['verify/changed']
  ],
  [
    'returns a number as the ttl',
    {
      parse: (given, bytes) => {
        const parsed = withoutSequence(toy.parse(given, bytes))
        return 'status' in parsed ? parsed : { ...parsed, ttl: 5 as never }
      }
    },
    ['parse/samples']
  ],
  [
    'has the same identity for all records',
    {
      parse: (given, bytes) => {
        const parsed = withoutSequence(toy.parse(given, bytes))
        return 'status' in parsed ? parsed : { ...parsed, signed: () => new Uint8Array(0) }
      }
    },
    ['parse/samples']
  ],
  ['makes values longer', { normalize: ({ value: bytes }) => Uint8Array.of(...bytes, 0) }, ['normal/form']],
  ['drops a signed field', { normalize: ({ value: bytes }) => bytes.with(1, 0) }, ['normal/form']],
  ['completes a value by nothing', { complete: () => new Uint8Array(0) }, ['normal/form']],
  ['seals other content', { seal: ({ key: given }) => Uint8Array.of(sum(given), 1, 200, 77) }, ['seal/round-trip']],
  ['returns the first record when merging', { merge: (a) => a.value }, ['merge/laws']],
  [
    'orders a merged record as one of its sources',
    {
      parse: (given, bytes) => {
        const parsed = withoutSequence(toy.parse(given, bytes))
        return 'status' in parsed || parsed.fields !== 3 ? parsed : { ...parsed, order: Uint8Array.of(1, 2) }
      }
    },
    ['merge/laws']
  ]
]

for (const [title, flaw, fails] of broken) {
  test(`the conformance kit fails exactly the expected cases for a namespace that ${title}`, async () => {
    const report = await runNamespace({
      ...correct,
      namespace: { ...correct.namespace, ...(flaw as Partial<Namespace>) },
      samples: [{ key, value: value(1, 2), now: 100n }]
    })
    const failed = report.results.filter(({ status }) => status === 'failed').map(({ id }) => id)
    expect(failed.sort()).toEqual(fails)
  })
}

test('the conformance kit contains no namespace case that every broken namespace passes', () => {
  const failing = new Set(broken.flatMap(([, , fails]) => fails))
  expect(namespaceCases.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual([])
})
