import { joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { isEquivocation } from '@recordkit/record-manager'
import type { Equivocation } from '@recordkit/record-manager'
import { hour } from '@recordkit/testing'
import { isRefusal } from '@recordkit/record-types'
import type { AccessControl, Namespace } from '@recordkit/record-types'
import { turns } from '@recordkit/record-types/internal'
import type { RecordStore } from '@recordkit/record-store'
import {
  anyAuthor,
  unsigned,
  decodeGrowOnlySet,
  growOnlySet,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test, vi } from 'vitest'
import { RecordPipeline } from '../src/record-pipeline.ts'

const now = 1_790_000_000_000_000_000n
const clock = (): bigint => now
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const signedKey = joinRecordKey('open', 'x')
const unsignedKey = joinRecordKey('plain', 'x')

async function keyPair(seed: number): Promise<KeyPair> {
  return keyPairFromSeed(new Uint8Array(32).fill(seed))
}

async function sealedBy(signer: KeyPair, value: string, sequence = 1n, key = signedKey): Promise<Uint8Array> {
  return sealSignedRecord(
    { key, content: bytes(value), sequence, issued: now, expires: now + hour, ttl: 0n, revoked: false },
    { signer, now }
  )
}

function createTestPipeline({
  access,
  namespaces = []
}: { access?: AccessControl; namespaces?: readonly Namespace[] } = {}) {
  const engine = new ValidationEngine(
    [
      signed('open', { authors: anyAuthor() }),
      unsigned('plain', { sequence: (value) => BigInt(value[0] ?? 0) }),
      growOnlySet('tags'),
      ...namespaces
    ],
    { clock, access }
  )
  const puts: Parameters<RecordStore['put']>[] = []
  const memory = new MemoryRecordStore({ clock })
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === 'put')
        return async (...parameters: Parameters<typeof memory.put>) => {
          puts.push(parameters)
          return target.put(...parameters)
        }
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
  return { engine, puts, store, pipeline: new RecordPipeline({ engine, store, clock }) }
}

describe('the pipeline', () => {
  test('checks the sender after size and namespace, and not without a sender', async () => {
    const checked: Uint8Array[] = []
    const access: AccessControl = {
      checkSender: (sender) => {
        checked.push(sender)
        return { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' }
      }
    }
    const { pipeline } = createTestPipeline({ access })
    const sender = Uint8Array.of(0, 1, 7)
    expect((await pipeline.process(joinRecordKey('none', 'x'), bytes('x'), { sender })).code).toBe('NAMESPACE_UNKNOWN')
    expect((await pipeline.process(signedKey, new Uint8Array(100_000), { sender })).code).toBe('VALUE_TOO_LARGE')
    const { record, ...rest } = await pipeline.process(unsignedKey, Uint8Array.of(1), {})
    expect(rest).toEqual({ status: 'stored' })
    expect(record).toMatchObject({ key: unsignedKey, sequence: 1n })
    const { record: again, ...refreshed } = await pipeline.process(unsignedKey, Uint8Array.of(1), {})
    expect(refreshed).toEqual({ status: 'refreshed' })
    expect(again).toMatchObject({ key: unsignedKey, sequence: 1n })
    expect(checked).toEqual([])
    expect(await pipeline.process(unsignedKey, Uint8Array.of(2), { sender })).toEqual({
      status: 'ignored',
      code: 'SENDER_DENIED',
      message: 'denied'
    })
    expect(checked).toEqual([sender])
  })

  test('passes the fields of a record and its origin to the store', async () => {
    const { pipeline, puts, engine } = createTestPipeline()
    const signer = await keyPair(1)
    const value = await sealedBy(signer, 'a')
    await pipeline.process(unsignedKey, Uint8Array.of(1), {})
    await pipeline.process(signedKey, value, { sender: Uint8Array.of(0, 1, 7) })
    const publication = { key: signedKey, network: true }
    await pipeline.process(signedKey, value, { publication, ifRank: null })
    const rankOf = (key: Uint8Array, value: Uint8Array): Uint8Array => {
      const record = engine.parse(key, value)
      if (isRefusal(record)) throw new Error(record.message)
      return engine.rank(record)
    }
    const signedRecord = {
      key: signedKey,
      value,
      rank: rankOf(signedKey, value),
      timeReceived: now,
      expires: now + hour,
      author: signer.peerId
    }
    const unsignedValue = Uint8Array.of(1)
    expect(puts).toEqual([
      [{ key: unsignedKey, value: unsignedValue, rank: rankOf(unsignedKey, unsignedValue), timeReceived: now }, {}],
      [{ ...signedRecord, sender: Uint8Array.of(0, 1, 7) }, {}],
      [signedRecord, { publication, ifRank: null }]
    ])
  })

  test('returns the cause of a refusal when there is one', async () => {
    const { pipeline } = createTestPipeline()
    const refused = await pipeline.process(signedKey, Uint8Array.of(1), {})
    expect(refused).toMatchObject({ status: 'ignored', code: 'PROTOBUF_FIELD_NUMBER' })
    expect(refused.cause).toMatchObject({ code: 'PROTOBUF_FIELD_NUMBER' })
    expect((await pipeline.process(joinRecordKey('none', 'x'), bytes('x'), {})).cause).toBeUndefined()
  })

  test('accepts records of every sender without access control', async () => {
    const { pipeline } = createTestPipeline()
    expect((await pipeline.process(unsignedKey, Uint8Array.of(1), { sender: Uint8Array.of(0, 1, 7) })).status).toBe(
      'stored'
    )
  })
})

describe('an equivocation', () => {
  async function equivocations(...values: readonly Uint8Array[]): Promise<(Equivocation | undefined)[]> {
    const { pipeline } = createTestPipeline()
    const found: (Equivocation | undefined)[] = []
    for (const value of values) found.push((await pipeline.process(signedKey, value, {})).equivocation)
    return found
  }

  test('is found for two contents under one sequence, in either order', async () => {
    const signer = await keyPair(1)
    const [a, b] = [await sealedBy(signer, 'a'), await sealedBy(signer, 'b')]
    expect((await equivocations(a, b))[1]?.values).toEqual([a, b])
    expect((await equivocations(b, a))[1]?.values).toEqual([b, a])
  })

  test('is not found for different authors, different sequences or the same bytes', async () => {
    const [one, two] = [await keyPair(1), await keyPair(2)]
    const [a, b, later] = [await sealedBy(one, 'a'), await sealedBy(two, 'b'), await sealedBy(one, 'c', 2n)]
    expect(await equivocations(a, b)).toEqual([undefined, undefined])
    expect(await equivocations(a, later)).toEqual([undefined, undefined])
    expect(await equivocations(a, a.slice())).toEqual([undefined, undefined])
    const { engine } = createTestPipeline()
    expect(await isEquivocation(engine, { key: signedKey, values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: signedKey, values: [a, later] })).toBe(false)
    expect(await isEquivocation(engine, { key: signedKey, values: [a, await sealedBy(one, 'b')] })).toBe(true)
  })

  test('is not found for unsigned records', async () => {
    const { pipeline, engine } = createTestPipeline()
    const [a, b] = [Uint8Array.of(1, 1), Uint8Array.of(1, 2)]
    await pipeline.process(unsignedKey, a, {})
    const result = await pipeline.process(unsignedKey, b, {})
    expect(result.status).toBe('stored')
    expect(result.equivocation).toBeUndefined()
    expect(await isEquivocation(engine, { key: unsignedKey, values: [a, b] })).toBe(false)
  })

  test('is not found for records without a sequence', async () => {
    const unnumbered: Namespace = {
      name: 'free',
      limits: { key: 100, value: 100 },
      parse: (key, value) => ({ key, value, order: value.slice(0, 1), author: Uint8Array.of(0, 1, 7), fields: value }),
      verify: () => ({ status: 'accept' })
    }
    const { pipeline, engine } = createTestPipeline({ namespaces: [unnumbered] })
    const key = joinRecordKey('free', 'x')
    const [a, b] = [Uint8Array.of(1, 1), Uint8Array.of(1, 2)]
    await pipeline.process(key, a, {})
    expect((await pipeline.process(key, b, {})).equivocation).toBeUndefined()
    expect(await isEquivocation(engine, { key, values: [a, b] })).toBe(false)
  })

  test('is not verified with a value that cannot be parsed, or under another key', async () => {
    const { engine } = createTestPipeline()
    const signer = await keyPair(1)
    const [a, b] = [await sealedBy(signer, 'a'), await sealedBy(signer, 'b')]
    const garbage = Uint8Array.of(1)
    expect(await isEquivocation(engine, { key: signedKey, values: [a, garbage] })).toBe(false)
    expect(await isEquivocation(engine, { key: signedKey, values: [garbage, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: joinRecordKey('open', 'y'), values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: joinRecordKey('none', 'y'), values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: signedKey, values: [a] as never })).toBe(false)
  })

  test('is not found when the stored value cannot be parsed', async () => {
    const { pipeline, store, engine } = createTestPipeline()
    const value = await sealedBy(await keyPair(1), 'a')
    const record = engine.parse(signedKey, value)
    if (isRefusal(record)) throw new Error(record.message)
    await store.put({ key: signedKey, value: Uint8Array.of(1), rank: new Uint8Array(32), timeReceived: now })
    expect(await pipeline.process(signedKey, value, {})).toMatchObject({ status: 'stored' })
  })
})

describe('merging in the pipeline', () => {
  const key = joinRecordKey('tags', 'x')
  const elements = (value: Uint8Array): number[] => decodeGrowOnlySet(value).map((element) => element[0] ?? -1)
  const set = async (...numbers: number[]): Promise<Uint8Array> => {
    const namespace = growOnlySet('tags')
    let value: Uint8Array | undefined
    for (const number of numbers) {
      const draft = { key, content: Uint8Array.of(number), sequence: 0n }
      value = await namespace.seal?.({ ...draft, previous: value }, { now, signer: await keyPair(1) })
    }
    return value ?? new Uint8Array()
  }

  test('puts the union with the stored record, and again when another record was stored in between', async () => {
    const { pipeline, store, puts } = createTestPipeline()
    await pipeline.process(key, await set(1, 2), {})
    const result = await pipeline.process(key, await set(2, 3), {})
    expect(result.status).toBe('stored')
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1, 2, 3])
    expect(elements(result.record?.value ?? new Uint8Array())).toEqual([1, 2, 3])
    expect(puts.length).toBe(2)
    expect((await pipeline.process(key, await set(1, 2, 3), {})).status).toBe('refreshed')
    expect((await pipeline.process(key, await set(2), {})).status).toBe('refreshed')
    expect(puts.length).toBe(4)
    const [four, five] = [await set(4), await set(5)]
    // neither waits for its turn
    const begin = vi.spyOn(turns, 'begin').mockReturnValue(undefined)
    await Promise.all([pipeline.process(key, four, {}), pipeline.process(key, five, {})])
    begin.mockRestore()
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1, 2, 3, 4, 5])
    expect(puts.length).toBe(7)
  })

  test('stores the incoming record when the stored one cannot be parsed', async () => {
    const { pipeline, store } = createTestPipeline()
    await store.put({ key, value: Uint8Array.of(0xff), rank: new Uint8Array(32), timeReceived: now })
    expect(await pipeline.process(key, await set(1), {})).toMatchObject({ status: 'stored' })
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1])
  })

  test('refuses a union that is too large, and keeps the stored record', async () => {
    const limited: Namespace & Required<Pick<Namespace, 'merge'>> = {
      name: 'limited',
      limits: { key: 100, value: 10 },
      parse: (key, value) =>
        value.length > 3
          ? { status: 'reject', code: 'VALUE_TOO_LARGE', message: 'more than three bytes' }
          : { key, value, order: Uint8Array.of(value.length), fields: value },
      verify: () => ({ status: 'accept' }),
      merge: (a, b) => Uint8Array.of(...a.value, ...b.value)
    }
    const { pipeline, store } = createTestPipeline({ namespaces: [limited] })
    const limitedKey = joinRecordKey('limited', 'x')
    await pipeline.process(limitedKey, Uint8Array.of(1), {})
    expect(await pipeline.process(limitedKey, Uint8Array.of(2, 3, 4), {})).toMatchObject({
      status: 'rejected',
      code: 'VALUE_TOO_LARGE'
    })
    expect((await store.get(limitedKey))?.value).toEqual(Uint8Array.of(1))
  })
})
