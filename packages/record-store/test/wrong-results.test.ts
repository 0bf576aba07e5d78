import { createStore } from '@recordkit/record-store'
import type { StoreBackend, StoreChange, StoreEntry } from '@recordkit/record-store'
import { MapBackend } from '@recordkit/record-store/internal'
import { expect, test } from 'vitest'
import { record, startTime, text } from './records.ts'

const options = { clock: () => startTime }

/** A backend that returns what the author of a backend may return by mistake. */
function backendThat(returns: Partial<Record<keyof StoreBackend, () => unknown>>): MapBackend {
  return Object.assign(new MapBackend(), returns) as MapBackend
}

const wrongEntries: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['no entries', []],
  ['too many entries', [{}, {}]],
  ['null in place of an entry', [null]]
]

test.each(wrongEntries)('a read that returns %s is STORE_IO: no record counts as absent', async (_, returned) => {
  for (const read of [() => returned, async () => returned]) {
    const store = createStore(backendThat({ read }), options)
    await expect(store.get(text('/k'))).rejects.toMatchObject({ code: 'STORE_IO' })
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
    await store.close()
  }
})

test.each([
  ['write', undefined],
  ['write', 1],
  ['write', 'true'],
  ['writeOrRead', undefined],
  ['writeOrRead', null],
  ['writeOrRead', []],
  ['writeOrRead', [{}, {}]],
  ['writeOrRead', [undefined]]
] as const)('a %s that returns %j is STORE_UNKNOWN, and the same put again finds out', async (method, returned) => {
  for (const write of [() => returned, async () => returned]) {
    const backend = backendThat({ [method]: write })
    const store = createStore(backend, options)
    for (const puts of [1, 3]) {
      const results = await Promise.allSettled(
        Array.from({ length: puts }, (__, index) => store.put(record(`/${index}`, 'v', 1)))
      )
      for (const result of results)
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNKNOWN' } })
    }
    Object.assign(backend, {
      [method]: (changes: readonly StoreChange[]) => MapBackend.prototype.write.call(backend, changes)
    })
    expect((await store.put(record('/0', 'v', 1))).status).toBe('stored')
    await store.close()
  }
})

test.each([
  [
    'throws',
    (): unknown => {
      throw new Error('broken')
    }
  ],
  ['returns a promise', (): unknown => Promise.resolve([{}])],
  ['returns too few entries', (): unknown => []],
  ['returns null', (): unknown => [null]]
] as const)('expectations of a backend whose expect %s are STORE_IO, and nothing is written', async (_, expected) => {
  const backend = backendThat({ expect: expected, writeOrRead: () => false })
  const write = (changes: readonly StoreChange[]): Promise<boolean> => MapBackend.prototype.write.call(backend, changes)
  let expects = false
  const accounts = {
    totals: async () => ({
      records: 0,
      bytes: 0,
      marks: 0,
      publications: 0,
      publishedRecords: 0,
      publishedBytes: 0,
      groups: 0
    }),
    sizes: async (names: readonly Uint8Array[]) => names.map(() => ({ records: 0, bytes: 0, marks: 0 })),
    largestGroups: async () => [],
    oldest: async () => []
  }
  Object.assign(backend, {
    accounts,
    writeOrRead: write,
    expect: (keys: readonly Uint8Array[]) => (expects ? expected() : keys.map(() => ({})))
  })
  const store = createStore(backend, options)
  await store.put(record('/first', 'v', 1))
  expects = true
  await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO' })
  expects = false
  expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
  await store.close()
})

test('one call of a turn that fails does not make another one fail that was written', async () => {
  const backend = new MapBackend()
  const store = createStore(backend, options)
  const other = createStore(new MapBackend(backend.entries), options)
  const write = backend.write.bind(backend)
  let isFirst = true
  backend.write = async (changes: readonly StoreChange[]): Promise<boolean> => {
    if (isFirst) {
      // another process is faster with one of the keys
      isFirst = false
      await other.put(record('/b', 'w', 9))
    } else if (changes.some(({ key }) => key[1] === 'b'.charCodeAt(0))) throw new Error('the disk is gone')
    return write(changes)
  }
  const [a, b] = await Promise.allSettled([store.put(record('/a', 'v', 1)), store.put(record('/b', 'v', 1))])
  expect(a).toMatchObject({ status: 'fulfilled', value: { status: 'stored' } })
  expect(b).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNKNOWN' } })
  await store.close()
})

test('a record whose fields differ each time they are read is checked as it is stored', async () => {
  const store = createStore(new MapBackend(), options)
  let reads = 0
  const changing = {
    ...record('/k', 'v', 1),
    get rank(): Uint8Array {
      return new Uint8Array(reads++ === 0 ? 40 : 1)
    }
  }
  expect((await store.put(changing)).status).toBe('stored')
  expect((await store.get(text('/k')))?.rank.length).toBe(40)
  await store.close()
})

test('an application that transfers the bytes that it gets takes none from the store', async () => {
  const backend = new KeepingBackend()
  const store = createStore(backend, options)
  for (let round = 0; round < 30; round++) {
    await store.put(record(`/k/${round}`, 'value', 1))
    const found = await store.get(text(`/k/${round}`))
    structuredClone(found?.value, { transfer: [found?.value.buffer as ArrayBuffer] })
  }
  for (let round = 0; round < 30; round++) expect((await store.get(text(`/k/${round}`)))?.value).toEqual(text('value'))
  await store.close()
})

/** Keeps what it is given, as a backend in memory may. */
class KeepingBackend extends MapBackend {
  readonly #kept = new Map<string, StoreEntry>()

  override async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    return keys.map((key) => this.#kept.get(new TextDecoder().decode(key)) ?? {})
  }

  override async write(changes: readonly StoreChange[]): Promise<boolean> {
    for (const { key, next } of changes) this.#kept.set(new TextDecoder().decode(key), { ...next, version: 1 })
    return true
  }
}
