import { joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { isEquivocation } from '@recordkit/record-manager'
import type { Equivocation } from '@recordkit/record-manager'
import { hour } from '@recordkit/testing'
import type { AccessControl, Namespace } from '@recordkit/record-types'
import type { StoredRecord } from '@recordkit/record-store'
import {
  anyAuthor,
  unsigned,
  decodeGrowOnlySet,
  growOnlySet,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { describe, expect, test } from 'vitest'
import { RecordPipeline } from '../src/record-pipeline.ts'

const now = 1_790_000_000_000_000_000n
const clock = (): bigint => now
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = joinRecordKey('open', 'x')
const plain = joinRecordKey('plain', 'x')

async function keyPair(seed: number): Promise<KeyPair> {
  return keyPairFromSeed(new Uint8Array(32).fill(seed))
}

async function sealedBy(signer: KeyPair, value: string, sequence = 1n, key = open): Promise<Uint8Array> {
  return sealSignedRecord(
    { key, content: bytes(value), sequence, issued: now, expires: now + hour, ttl: 0n, revoked: false },
    { signer }
  )
}

function house({ access, namespaces = [] }: { access?: AccessControl; namespaces?: readonly Namespace[] } = {}) {
  const engine = new ValidationEngine(
    [
      signed('open', { authors: anyAuthor() }),
      unsigned('plain', { sequence: (value) => BigInt(value[0] ?? 0) }),
      growOnlySet('tags'),
      ...namespaces
    ],
    { clock }
  )
  const stored: StoredRecord[] = []
  const memory = new MemoryRecordStore({ clock })
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === 'put')
        return async (...given: Parameters<typeof memory.put>) => {
          stored.push(given[0])
          return target.put(...given)
        }
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
  return { engine, stored, store, path: new RecordPipeline({ engine, store, clock, ...(access ? { access } : {}) }) }
}

describe('the path', () => {
  test('asks about a sender only once size and namespace are right, and about nobody when nobody sent it', async () => {
    const asked: Uint8Array[] = []
    const access: AccessControl = {
      admit: (sender) => {
        asked.push(sender)
        return { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' }
      }
    }
    const { path } = house({ access })
    const sender = Uint8Array.of(0, 1, 7)
    expect((await path.process(joinRecordKey('none', 'x'), bytes('x'), { sender })).code).toBe('NAMESPACE_UNKNOWN')
    expect((await path.process(open, new Uint8Array(100_000), { sender })).code).toBe('VALUE_TOO_LARGE')
    const { record, ...rest } = await path.process(plain, Uint8Array.of(1), {})
    expect(rest).toStrictEqual({ status: 'stored' })
    expect(record).toMatchObject({ key: plain, sequence: 1n })
    const { record: again, ...refreshed } = await path.process(plain, Uint8Array.of(1), {})
    expect(refreshed).toStrictEqual({ status: 'refreshed' })
    expect(again).toMatchObject({ key: plain, sequence: 1n })
    expect(asked).toEqual([])
    expect(await path.process(plain, Uint8Array.of(2), { sender })).toStrictEqual({
      status: 'ignored',
      code: 'SENDER_DENIED',
      message: 'denied'
    })
    expect(asked).toEqual([sender])
  })

  test('hands a store what a record says, and no field that it does not', async () => {
    const { path, stored, engine } = house()
    const signer = await keyPair(1)
    const value = await sealedBy(signer, 'a')
    await path.process(plain, Uint8Array.of(1), {})
    await path.process(open, value, { sender: Uint8Array.of(0, 1, 7), local: false })
    await path.process(open, value, { local: true })
    const common = { timeReceived: now, rank: expect.any(Uint8Array) as unknown }
    const ofOpen = {
      ...common,
      key: open,
      value,
      digest: engine.digest(value),
      expires: now + hour,
      author: signer.peerId
    }
    expect(stored).toStrictEqual([
      { ...common, key: plain, value: Uint8Array.of(1), digest: engine.digest(Uint8Array.of(1)) },
      { ...ofOpen, sender: Uint8Array.of(0, 1, 7) },
      { ...ofOpen, local: true }
    ])
  })

  test('says of a refusal what caused it, where something did', async () => {
    const { path } = house()
    const refused = await path.process(open, Uint8Array.of(1), {})
    expect(refused).toMatchObject({ status: 'rejected', code: 'PROTOBUF_FIELD_NUMBER' })
    expect(refused.cause).toMatchObject({ code: 'PROTOBUF_FIELD_NUMBER' })
    expect('cause' in (await path.process(joinRecordKey('none', 'x'), bytes('x'), {}))).toBe(false)
  })

  test('without a sender policy takes from everybody', async () => {
    const { path } = house()
    expect((await path.process(plain, Uint8Array.of(1), { sender: Uint8Array.of(0, 1, 7) })).status).toBe('stored')
  })
})

describe('two records that contradict each other', () => {
  async function outcomes(...values: readonly Uint8Array[]): Promise<(Equivocation | undefined)[]> {
    const { path } = house()
    const found: (Equivocation | undefined)[] = []
    for (const value of values) found.push((await path.process(open, value, {})).equivocation)
    return found
  }

  test('are evidence, whichever of them ranks higher and stays', async () => {
    const signer = await keyPair(1)
    const [a, b] = [await sealedBy(signer, 'a'), await sealedBy(signer, 'b')]
    expect((await outcomes(a, b))[1]?.values).toEqual([a, b])
    expect((await outcomes(b, a))[1]?.values).toEqual([b, a])
  })

  test('are not two records of one sequence by different authors, of different sequences, or twice the same', async () => {
    const [one, two] = [await keyPair(1), await keyPair(2)]
    const [a, b, later] = [await sealedBy(one, 'a'), await sealedBy(two, 'b'), await sealedBy(one, 'c', 2n)]
    expect(await outcomes(a, b)).toEqual([undefined, undefined])
    expect(await outcomes(a, later)).toEqual([undefined, undefined])
    expect(await outcomes(a, a.slice())).toEqual([undefined, undefined])
    const { engine } = house()
    expect(await isEquivocation(engine, { key: open, values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: open, values: [a, later] })).toBe(false)
    expect(await isEquivocation(engine, { key: open, values: [a, await sealedBy(one, 'b')] })).toBe(true)
  })

  test('are not records that nobody signed', async () => {
    const { path, engine } = house()
    const [a, b] = [Uint8Array.of(1, 1), Uint8Array.of(1, 2)]
    await path.process(plain, a, {})
    const outcome = await path.process(plain, b, {})
    expect(outcome.status).toBe('stored')
    expect('equivocation' in outcome).toBe(false)
    expect(await isEquivocation(engine, { key: plain, values: [a, b] })).toBe(false)
  })

  test('are not records without a sequence, which contradict nothing', async () => {
    const unnumbered: Namespace = {
      name: 'free',
      limits: { key: 100, value: 100 },
      parse: (key, value) => ({ key, value, rank: value.slice(0, 1), author: Uint8Array.of(0, 1, 7), fields: value }),
      verify: () => ({ status: 'accept' })
    }
    const { path, engine } = house({ namespaces: [unnumbered] })
    const key = joinRecordKey('free', 'x')
    const [a, b] = [Uint8Array.of(1, 1), Uint8Array.of(1, 2)]
    await path.process(key, a, {})
    expect((await path.process(key, b, {})).equivocation).toBeUndefined()
    expect(await isEquivocation(engine, { key, values: [a, b] })).toBe(false)
  })

  test('cannot be shown with what cannot be read, on either side, or under another key', async () => {
    const { engine } = house()
    const signer = await keyPair(1)
    const [a, b] = [await sealedBy(signer, 'a'), await sealedBy(signer, 'b')]
    const garbage = Uint8Array.of(1)
    expect(await isEquivocation(engine, { key: open, values: [a, garbage] })).toBe(false)
    expect(await isEquivocation(engine, { key: open, values: [garbage, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: joinRecordKey('open', 'y'), values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: joinRecordKey('none', 'y'), values: [a, b] })).toBe(false)
    expect(await isEquivocation(engine, { key: open, values: [a] as never })).toBe(false)
  })

  test('what a disk gave back as garbage is no evidence', async () => {
    const { path, store, engine } = house()
    const value = await sealedBy(await keyPair(1), 'a')
    const opened = engine.parse(open, value)
    if ('status' in opened) throw new Error(opened.message)
    await store.put({ key: open, value: Uint8Array.of(1), rank: opened.rank.slice().fill(0), timeReceived: now })
    expect(await path.process(open, value, {})).toMatchObject({ status: 'stored' })
  })
})

describe('records that are merged', () => {
  const key = joinRecordKey('tags', 'x')
  const elements = (value: Uint8Array): number[] => decodeGrowOnlySet(value, 1000).map((element) => element[0] ?? -1)
  const set = async (...numbers: number[]): Promise<Uint8Array> => {
    const namespace = growOnlySet('tags')
    let value: Uint8Array | undefined
    for (const number of numbers) {
      const draft = { key, content: Uint8Array.of(number), sequence: 0n }
      const previous = value === undefined ? {} : { previous: value }
      value = await namespace.seal?.({ ...draft, ...previous }, { now, signer: await keyPair(1) })
    }
    return value ?? new Uint8Array()
  }

  test('are put once with what is held, and again where another one came between', async () => {
    const { path, store, stored } = house()
    await path.process(key, await set(1, 2), {})
    const outcome = await path.process(key, await set(2, 3), {})
    expect(outcome.status).toBe('stored')
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1, 2, 3])
    expect(elements(outcome.record?.value ?? new Uint8Array())).toEqual([1, 2, 3])
    expect(stored.length).toBe(2)
    expect((await path.process(key, await set(1, 2, 3), {})).status).toBe('refreshed')
    expect((await path.process(key, await set(2), {})).status).toBe('refreshed')
    expect(stored.length).toBe(4)
    const [four, five] = [await set(4), await set(5)]
    const taking = path.process(key, four, {})
    await Promise.all([taking, path.process(key, five, {})])
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1, 2, 3, 4, 5])
    expect(stored.length).toBe(7)
  })

  test('of which the held one cannot be read are what came in', async () => {
    const { path, store } = house()
    await store.put({ key, value: Uint8Array.of(0xff), rank: new Uint8Array(0), timeReceived: now })
    expect(await path.process(key, await set(1), {})).toMatchObject({ status: 'stored' })
    expect(elements((await store.get(key))?.value ?? new Uint8Array())).toEqual([1])
  })

  test('that are too much together are refused with the code of what they would be, and what is held stays', async () => {
    const greedy: Namespace & Required<Pick<Namespace, 'merge'>> = {
      name: 'greedy',
      limits: { key: 100, value: 10 },
      parse: (at, value) =>
        value.length > 3
          ? { status: 'reject', code: 'VALUE_TOO_LARGE', message: 'more than three' }
          : { key: at, value, rank: Uint8Array.of(value.length), fields: value },
      verify: () => ({ status: 'accept' }),
      merge: (a, b) => Uint8Array.of(...a.value, ...b.value)
    }
    const { path, store } = house({ namespaces: [greedy] })
    const at = joinRecordKey('greedy', 'x')
    await path.process(at, Uint8Array.of(1), {})
    expect(await path.process(at, Uint8Array.of(2, 3, 4), {})).toMatchObject({
      status: 'rejected',
      code: 'VALUE_TOO_LARGE'
    })
    expect((await store.get(at))?.value).toEqual(Uint8Array.of(1))
  })
})
