import { ipnsRoutingKey } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { equalBytes, isRefusal } from '@recordkit/record-types'
import {
  ipns,
  publicKeys,
  selectRecord,
  validateMany,
  ValidationEngine,
  withMaxSize
} from '@recordkit/record-validators'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withSignedBytes } from './signed-bytes.ts'

const now = 1_790_000_000_000_000_000n
const seeds = [1, 2, 3].map((number) => new Uint8Array(32).fill(number))
const pairs = (await Promise.all(seeds.map((seed) => keyPairFromSeed(seed)))) as [KeyPair, KeyPair, KeyPair]
const engineOf = (): ValidationEngine => new ValidationEngine([ipns(), publicKeys()], { clock: () => now })
const sign = (signer: KeyPair, sequence: number): Promise<Uint8Array> =>
  createIpnsRecord({ value: '/ipfs/x', sequence: BigInt(sequence), validity: now }, { signer, now: 0n })

/** Valid, forged and truncated records, truncated keys and unknown namespaces. */
const records = await Promise.all(
  Array.from({ length: 300 }, async (_, index) => {
    const pair = pairs[index % 3] as KeyPair
    const key = ipnsRoutingKey(pair.peerId)
    const value = await sign(pair, index % 50)
    if (index % 7 === 1) return { key, value: await sign(pairs[(index + 1) % 3] as KeyPair, index) }
    if (index % 7 === 2) return { key, value: value.subarray(0, index % value.length) }
    if (index % 7 === 3) return { key: key.subarray(0, 8), value }
    if (index % 7 === 4) return { key: new TextEncoder().encode('/none/x'), value }
    return { key, value }
  })
)

test('validateMany returns the results of validate in the order of the records', async () => {
  const engine = engineOf()
  const validated = []
  for (const { key, value } of records) validated.push(await engine.validate(key, value))
  expect(new Set(validated.map(({ status }) => status)).size).toBe(3)
  const expected = validated.map(withSignedBytes)
  expect((await validateMany(engineOf(), records)).map(withSignedBytes)).toEqual(expected)
  // from an iterator, with cached verdicts
  expect((await validateMany(engine, records.values())).map(withSignedBytes)).toEqual(expected)
})

test('validateMany returns an empty array for no records', async () => {
  expect(await validateMany(engineOf(), [])).toEqual([])
})

test('validateMany rejects with the reason of its signal', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const validating = validateMany(engineOf(), records, { signal: controller.signal })
  controller.abort(reason)
  await expect(validating).rejects.toBe(reason)
})

test('validateMany lets timers run between records that need no signature', async () => {
  const engine = engineOf()
  const { key, value } = records[2] as (typeof records)[0]
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  await validateMany(
    engine,
    Array.from({ length: 2000 }, () => ({ key, value }))
  )
  clearInterval(timer)
  expect(turns).toBeGreaterThan(0)
})

test('the parser of a key returns what parse returns for each value', () => {
  const engine = engineOf()
  for (const { key } of records.slice(0, 8)) {
    const parse = engine.parser(key)
    for (const { value } of records) {
      const [actual, expected] = [parse(value), engine.parse(key, value)]
      expect(isRefusal(actual)).toBe(isRefusal(expected))
      if (!isRefusal(actual) && !isRefusal(expected)) expect(withSignedBytes(actual)).toEqual(withSignedBytes(expected))
      else expect((actual as { code: string }).code).toBe((expected as { code: string }).code)
    }
  }
})

test('the parser of a key refuses values above the size limit and rejects values that are not bytes', () => {
  const limited = new ValidationEngine([withMaxSize(ipns(), 100)])
  const { key, value } = records[0] as (typeof records)[0]
  expect(limited.parser(key)(value)).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  expect(limited.parser(key.subarray(0, 0))(value)).toMatchObject({ code: 'RECORD_KEY_INVALID' })
  expect(() => limited.parser(key)('x' as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('selectRecord parses equal values once, wherever they differ from others', () => {
  const { key, value } = records[0] as (typeof records)[0]
  const engine = engineOf()
  fc.assert(
    fc.property(fc.array(fc.nat(value.length - 1), { maxLength: 12 }), (offsets) => {
      const values = offsets.map((offset) => {
        const changed = value.slice()
        changed[offset] = (changed[offset] as number) ^ 1
        return changed
      })
      const { ranked, dropped } = selectRecord(engine, key, values)
      expect(ranked.length + dropped.length).toBe(values.length)
      for (const { index, record } of ranked) expect(equalBytes(record.value, values[index] as Uint8Array)).toBe(true)
      for (const { index, record } of ranked) {
        const first = ranked.find((other) => equalBytes(other.record.value, values[index] as Uint8Array))
        expect(first?.record).toBe(record)
      }
    })
  )
})
