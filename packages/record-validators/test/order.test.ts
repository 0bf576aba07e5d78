import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import { minute } from '@recordkit/testing'
import {
  anyAuthor,
  unsigned,
  ipns,
  resolveRecord,
  selectRecord,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const now = 1_790_000_000_000_000_000n
const engine = new ValidationEngine(
  [ipns(), signed('s', { authors: anyAuthor() }), unsigned('n', { sequence: (value) => BigInt(value[0] ?? 0) })],
  { clock: () => now }
)

/** Expects the same order of `values` after any shuffle: it depends on their bytes only. */
function expectSameOrder(key: Uint8Array, values: readonly Uint8Array[]): void {
  const ordered = (candidates: readonly Uint8Array[]): Uint8Array[] =>
    selectRecord(engine, key, candidates).ranked.map(({ index }) => candidates[index] as Uint8Array)
  const expected = ordered(values)
  fc.assert(
    fc.property(fc.shuffledSubarray([...values], { minLength: values.length }), (shuffled) => {
      expect(ordered(shuffled)).toEqual(expected)
    }),
    { numRuns: 50 }
  )
}

test('selectRecord orders IPNS records independently of the order of the input', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(7))
  const values: Uint8Array[] = []
  for (const sequence of [0n, 1n, 2n]) {
    for (const validity of [now, now + 1n]) {
      for (const value of ['/ipfs/bafkqaaa', '/ipfs/bafkqaddwgevxmmraojswg33smq'])
        values.push(await createIpnsRecord({ value, sequence, validity }, { signer, now: 0n }))
    }
  }
  const key = ipnsRoutingKey(signer.peerId)
  expectSameOrder(key, [...values, Uint8Array.of(1, 2, 3)])
  const sequences = selectRecord(engine, key, values).ranked.map(({ record }) => record.sequence)
  expect(sequences).toEqual([...sequences].sort((a, b) => Number((b ?? 0n) - (a ?? 0n))))
})

test('selectRecord orders signed records independently of the order of the input', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(9))
  const key = joinRecordKey('s', 'x')
  const values: Uint8Array[] = []
  for (const sequence of [0n, 255n, 256n, (1n << 64n) - 1n]) {
    for (const expires of [now, now + minute]) {
      for (const byte of [1, 2])
        values.push(
          await sealSignedRecord(
            { key, content: Uint8Array.of(byte), sequence, issued: now - 1n, expires, ttl: 0n, revoked: false },
            { signer, now }
          )
        )
    }
  }
  expectSameOrder(key, values)
})

test('selectRecord orders unsigned records by their sequence', () => {
  const key = joinRecordKey('n', 'x')
  const { ranked } = selectRecord(engine, key, [Uint8Array.of(3), Uint8Array.of(9), Uint8Array.of(5)])
  expect(ranked.map(({ index }) => index)).toEqual([1, 2, 0])
})

test('resolveRecord verifies one of twenty values, and one more for a forged value that ranks highest', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(11))
  const key = ipnsRoutingKey(signer.peerId)
  const values = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: BigInt(index), validity: now }, { signer, now: 0n })
    )
  )
  let verified = 0
  const counting = {
    parse: engine.parse.bind(engine),
    rank: engine.rank.bind(engine),
    compare: engine.compare.bind(engine),
    verify: (...parts: Parameters<typeof engine.verify>) => (verified++, engine.verify(...parts))
  }
  expect((await resolveRecord(counting, key, values)).best?.index).toBe(19)
  expect(verified).toBe(1)

  const other = await keyPairFromSeed(new Uint8Array(32).fill(12))
  const forged = await createIpnsRecord(
    { value: '/ipfs/bafkqaaa', sequence: 99n, validity: now },
    { signer: other, now: 0n }
  )
  verified = 0
  const { best, refused } = await resolveRecord(counting, key, [...values, forged, forged])
  expect(best?.index).toBe(19)
  expect(refused.map(({ index, refusal }) => [index, refusal.code])).toEqual([
    [20, 'SIGNATURE_INVALID'],
    [21, 'SIGNATURE_INVALID']
  ])
  expect(verified).toBe(2)
})
