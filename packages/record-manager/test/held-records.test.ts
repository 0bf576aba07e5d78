import { joinRecordKey } from '@recordkit/record-codec'
import { ed25519, keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import type { AuthorPolicy, Namespace, Refusal } from '@recordkit/record-types'
import { anyAuthor, signed, ValidationEngine, withSchema } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { HeldRecords } from '../src/held-records.ts'

const start = 1_790_000_000_000_000_000n
const key = joinRecordKey('config', 'x')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A manager whose clock, author policy and store a test controls, with a record. Counts the work of its engine. */
async function setUp({ wrap = (namespace: Namespace): Namespace => namespace } = {}) {
  const counts = { parsed: 0, verified: 0 }
  const time = { now: start }
  const clock = (): bigint => time.now
  const policy: { refusal: Refusal | undefined } = { refusal: undefined }
  const authors: AuthorPolicy = { ...anyAuthor(), check: () => policy.refusal }
  const algorithm: typeof ed25519 = {
    ...ed25519,
    verify: (...parameters) => {
      counts.verified++
      return ed25519.verify(...parameters)
    }
  }
  const inner = signed('config', { authors, algorithms: [algorithm] })
  const namespace = wrap({
    ...inner,
    parse: (...parameters) => {
      counts.parsed++
      return inner.parse(...parameters)
    }
  })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(9))
  const store: RecordStore = new MemoryRecordStore({ clock })
  const engine = new ValidationEngine([namespace], { clock, verdicts: 0 })
  const manager = new RecordManager({ engine, store, signer, clock })
  await manager.put(key, bytes('first'), { lifetime: 3_600_000 })
  await manager.get(key)
  counts.parsed = counts.verified = 0
  return { manager, store, counts, time, policy }
}

describe('a record that was read before', () => {
  test('is neither parsed nor verified again', async () => {
    const { manager, counts } = await setUp()
    for (let read = 0; read < 3; read++) expect(new TextDecoder().decode(await manager.get(key))).toBe('first')
    expect(counts).toEqual({ parsed: 0, verified: 0 })
  })

  test('is returned in bytes of the caller: overwriting them changes no later result', async () => {
    const { manager, counts } = await setUp()
    const first = await manager.getRecord(key)
    const expected = structuredClone(first)
    for (let read = 0; read < 3; read++) {
      const record = await manager.getRecord(key)
      expect(record).toEqual(expected)
      for (const field of Object.values(record ?? {})) if (field instanceof Uint8Array) field.fill(255)
    }
    expect(counts).toEqual({ parsed: 0, verified: 0 })
  })

  test('expires at the same instant as any other', async () => {
    const { manager, time } = await setUp()
    time.now = start + 3_600_000_000_000n
    expect(await manager.has(key)).toBe(true)
    time.now++
    expect(await manager.has(key)).toBe(false)
  })

  test('is judged by the policy of the moment', async () => {
    const { manager, policy } = await setUp()
    policy.refusal = { status: 'ignore', code: 'AUTHOR_DENIED', message: 'no longer' }
    expect(await manager.get(key)).toBeUndefined()
    policy.refusal = undefined
    expect(await manager.has(key)).toBe(true)
  })

  test('is not returned in place of what the store contains now', async () => {
    const { manager, store, counts } = await setUp()
    const stored = await store.get(key)
    if (stored === undefined) throw new Error('the record is missing')
    const forged = new Uint8Array(stored.value)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    const rank = new Uint8Array(stored.rank).fill(255)
    await store.put({ ...stored, value: forged, rank })
    expect(await manager.get(key)).toBeUndefined()
    expect(counts.verified).toBe(1)
    await store.delete(key)
    expect(await manager.get(key)).toBeUndefined()
  })

  test('of a namespace with a schema is checked by it every time', async () => {
    let checks = 0
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => {
          checks++
          return { value: { value } }
        }
      }
    } as const
    const { manager } = await setUp({
      wrap: (namespace) => withSchema(namespace, schema, { decode: (content: Uint8Array) => content })
    })
    const before = checks
    const [first, second] = [await manager.getRecord(key), await manager.getRecord(key)]
    expect(checks).toBe(before + 2)
    expect(first?.parsedContent).not.toBe(second?.parsedContent)
    const parsed = first?.parsedContent as { value: Uint8Array }
    parsed.value.fill(0)
    expect(new TextDecoder().decode(await manager.get(key))).toBe('first')
  })
})

test('held records are bounded in number and in bytes', () => {
  const record = (number: number, size: number) => ({
    key: bytes(`/k/${number}`),
    value: new Uint8Array(size),
    order: new Uint8Array(1),
    signed: () => new Uint8Array(0),
    fields: undefined
  })
  const fill = (count: number, size: number): number => {
    const held = new HeldRecords()
    for (let number = 0; number < count; number++) {
      const one = record(number, size)
      held.add(one, { key: one.key, value: one.value, content: one.value, timeReceived: 0n })
    }
    return held.size
  }
  expect(fill(5000, 0)).toBeLessThanOrEqual(4096)
  expect(fill(5000, 0)).toBeGreaterThan(3000)
  expect(fill(1000, 65_536)).toBeLessThanOrEqual(124)
})

test('content that is other bytes than the value counts as bytes of a held record', () => {
  const held = new HeldRecords()
  for (let number = 0; number < 100; number++) {
    const one = { key: bytes(`/k/${number}`), value: new Uint8Array(10), order: new Uint8Array(1) }
    const record = { ...one, signed: () => new Uint8Array(0), fields: undefined }
    held.add(record, { key: one.key, value: one.value, content: new Uint8Array(1_048_576), timeReceived: 0n })
  }
  expect(held.size).toBeLessThan(8)
})
