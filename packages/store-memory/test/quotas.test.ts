import type { StoredRecord } from '@recordkit/record-store'
import { collect } from '@recordkit/record-conformance/internal'
import { describe, expect, test, vi } from 'vitest'
import { MemoryRecordStore } from '../src/index.ts'
import { bytes, keys, publicationOf, published, putAll, record, second } from './records.ts'
import type { TestRecord } from './records.ts'

describe('a full store', () => {
  test('evicts the oldest record of the sender with the most records', async () => {
    const store = new MemoryRecordStore({ maxRecords: 6 })
    await putAll(store, [
      record('/a/1', { from: 'a' }),
      record('/b/1', { from: 'b' }),
      record('/a/2', { from: 'a' }),
      record('/b/2', { from: 'b' }),
      record('/a/3', { from: 'a' }),
      record('/c/1', { from: 'c' })
    ])
    await store.put(record('/c/2', { from: 'c' }))
    expect(await keys(store)).toEqual(['/a/2', '/a/3', '/b/1', '/b/2', '/c/1', '/c/2'])
  })

  test('evicts the records of a sender that floods it, and no others', async () => {
    const store = new MemoryRecordStore({ maxRecords: 100 })
    for (let index = 0; index < 30; index++) await store.put(record(`/honest/${index}`, { from: `peer ${index % 10}` }))
    for (let index = 0; index < 1000; index++) {
      for (const from of ['flood', 'another flood'])
        await store.put(record(`/flood/${from}/${index}`, { from, rank: new Uint8Array(63).fill(255) }))
    }
    for (let index = 0; index < 200; index++) await store.put(record(`/own/${index}`))
    const left = await keys(store)
    expect(left.filter((key) => key.startsWith('/honest/'))).toHaveLength(30)
    expect(left).toHaveLength(100)
  })

  test('does not favour a sender that sends its records again or updates them', async () => {
    const store = new MemoryRecordStore({ maxRecords: 10 })
    for (let index = 0; index < 4; index++) await store.put(record(`/honest/${index}`, { from: 'honest' }))
    for (let index = 0; index < 6; index++) await store.put(record(`/flood/${index}`, { from: 'flood' }))
    for (let round = 2; round < 100; round++) {
      await store.put(record(`/flood/${round % 6}`, { from: 'flood', order: round }))
      await store.put(record(`/flood/${round % 6}`, { from: 'flood', order: round }))
    }
    await store.put(record('/new', { from: 'new' }))
    expect((await keys(store)).filter((key) => !key.startsWith('/flood/'))).toHaveLength(5)
  })
})

/** Bounds that allow two records such as `record('/x/1', { from: 's', by: 'a' })`. */
const twoRecords = [
  ['maxRecords', { maxRecords: 2 }],
  ['maxBytes', { maxBytes: 2 * (4 + 1 + 33) }],
  ['maxRecordsPerNamespace', { maxRecordsPerNamespace: 2 }],
  ['maxRecordsPerAuthor', { maxRecordsPerAuthor: 2 }],
  ['maxRecordsPerGroup', { maxRecordsPerGroup: 2 }]
] as const

describe.each(twoRecords)('an expired record in a store bounded by %s', (_name, bounds) => {
  test.each([
    ['first', ['/x/old', '/x/new']],
    ['last', ['/x/new', '/x/old']]
  ])('is removed only when another record needs its space, if it was put %s', async (_when, order) => {
    let now = 10n * second
    const from = { from: 's', by: 'a' }
    const store = new MemoryRecordStore({ ...bounds, clock: () => now })
    const recordOf = (key: string): StoredRecord =>
      record(key.slice(0, 4), { ...from, ...(key === '/x/old' ? { expires: now } : {}) })
    for (const key of order) expect((await store.put(recordOf(key))).status).toBe('stored')
    now++
    // a record that replaces another one needs no space
    expect((await store.put(record('/x/n', { ...from, order: 2 }))).status).toBe('stored')
    expect((await store.stats()).entries).toBe(2)
    expect((await store.put(record('/x/3', from))).status).toBe('stored')
    expect(await keys(store)).toEqual(['/x/3', '/x/n'])
    expect((await store.stats()).entries).toBe(2)
  })

  test('is kept while there is space for others', async () => {
    let now = 10n * second
    const from = { from: 's', by: 'a' }
    const store = new MemoryRecordStore({ ...bounds, clock: () => now })
    await store.put(record('/x/1', { ...from, expires: now }))
    now++
    await store.put(record('/x/2', from))
    expect((await store.stats()).entries).toBe(2)
  })
})

describe('a record that is put again', () => {
  test('with a publication is no longer evicted', async () => {
    const store = new MemoryRecordStore({ maxRecords: 3 })
    await putAll(store, [record('/a'), record('/b'), record('/c')])
    expect(await putAll(store, [published('/a'), record('/d')])).toEqual(['refreshed', 'stored'])
    expect(await putAll(store, [published('/d'), published('/c'), record('/e')])).toEqual([
      'refreshed',
      'quota',
      'stored'
    ])
    expect(await keys(store)).toEqual(['/a', '/d', '/e'])
    await store.delete(bytes('/a'))
    expect(await putAll(store, [record('/f'), record('/g')])).toEqual(['stored', 'stored'])
    expect(await keys(store)).toEqual(['/d', '/f', '/g'])
  })
})

describe('published records of a memory store', () => {
  /** Makes a record that counts as `size` bytes. */
  const sized = (key: string, size: number, order = 1): StoredRecord =>
    record(key, { value: new Uint8Array(size - key.length - 33), order })
  const mine = (key: string, size: number, order = 1): TestRecord => ({ ...sized(key, size, order), published: true })

  test('may grow into the space of other records, up to nine tenths', async () => {
    const store = new MemoryRecordStore({ maxBytes: 400 })
    expect(await putAll(store, [mine('/a', 40), sized('/b', 340), mine('/a', 360, 2)])).toEqual([
      'stored',
      'stored',
      'stored'
    ])
    expect(await keys(store)).toEqual(['/a'])
    expect(await putAll(store, [mine('/a', 361, 3), mine('/a', 360, 4)])).toEqual(['quota', 'stored'])
  })

  test('are not evicted for another record that grows', async () => {
    const store = new MemoryRecordStore({ maxBytes: 400 })
    expect(await putAll(store, [sized('/b', 60), mine('/a', 300), sized('/b', 101, 2)])).toEqual([
      'stored',
      'stored',
      'quota'
    ])
    expect((await store.get(bytes('/b')))?.value).toHaveLength(25)
    expect(await putAll(store, [sized('/c', 101), sized('/b', 100, 2)])).toEqual(['quota', 'stored'])
    expect((await store.stats()).bytes).toBe(400)
  })

  test('release their space when they are deleted', async () => {
    const store = new MemoryRecordStore({ maxRecords: 4, maxBytes: 160 })
    for (let round = 0; round < 10; round++) {
      await putAll(store, [mine(`/${round}`, 40)])
      await store.delete(bytes(`/${round}`))
    }
    await putAll(store, [sized('/a', 40), sized('/b', 40), sized('/c', 40), sized('/d', 40)])
    expect(await putAll(store, [mine('/e', 40), mine('/f', 40), mine('/g', 40), mine('/h', 40)])).toEqual([
      'stored',
      'stored',
      'stored',
      'quota'
    ])
    expect(await keys(store)).toEqual(['/d', '/e', '/f', '/g'])
  })

  test('can be evicted when a touch removes their publication, and not when one adds it', async () => {
    const store = new MemoryRecordStore({ maxRecords: 2 })
    expect(await putAll(store, [published('/a'), record('/b')])).toEqual(['stored', 'stored'])
    await store.touch(bytes('/a'), { publication: null })
    await store.touch(bytes('/b'), publicationOf(bytes('/b')))
    expect(await putAll(store, [record('/c')])).toEqual(['stored'])
    expect(await keys(store)).toEqual(['/b', '/c'])
    await expect(store.touch(bytes('/c'), publicationOf(bytes('/c')))).rejects.toMatchObject({ code: 'QUOTA' })
    expect(await store.publication(bytes('/c'))).toBeUndefined()
  })
})

describe('the bytes of a memory store', () => {
  test('are counted exactly: those of keys, values and ranks', async () => {
    for (const [maxBytes, left] of [
      [69, ['/b']],
      [70, ['/a', '/b']]
    ] as const) {
      const store = new MemoryRecordStore({ maxBytes })
      for (const key of ['/a', '/b']) await store.put(record(key, { rank: new Uint8Array(32) }))
      expect(await keys(store)).toEqual(left)
    }
  })

  test('never exceed maxBytes, with records of any size', async () => {
    const store = new MemoryRecordStore({ maxBytes: 1000 })
    for (let index = 0; index < 200; index++) {
      const size = (index * 37) % 300
      const { status } = await store.put(
        record(`/k/${index}`, { value: new Uint8Array(size), from: `peer ${index % 7}` })
      )
      expect(status).toBe('stored')
      expect((await store.stats()).bytes).toBeLessThanOrEqual(1000)
    }
  })

  test('exclude a record that can never fit, for which nothing is evicted', async () => {
    const store = new MemoryRecordStore({ maxBytes: 100 })
    await store.put(record('/a', { value: new Uint8Array(50) }))
    const before = await store.stats()
    expect((await store.put(record('/b', { value: new Uint8Array(200) }))).status).toBe('quota')
    expect((await store.put(record('/a', { value: new Uint8Array(200), order: 2 }))).status).toBe('quota')
    expect(await store.stats()).toEqual(before)
    expect((await store.get(bytes('/a')))?.value).toHaveLength(50)
  })

  test('that a growing record needs are taken from other records', async () => {
    const store = new MemoryRecordStore({ maxBytes: 400 })
    for (const key of ['/a', '/b', '/c']) await store.put(record(key, { value: new Uint8Array(90), from: 'x' }))
    const grown = record('/a', { value: new Uint8Array(150), order: 2, from: 'x' })
    expect((await store.put(grown)).status).toBe('stored')
    expect(await keys(store)).toEqual(['/a', '/c'])
  })
})

describe('maxRecordsPerNamespace', () => {
  test('evicts records of the full namespace only', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerNamespace: 3 })
    for (let index = 0; index < 3; index++) await store.put(record(`/ipns/${index}`, { from: 'a' }))
    for (let index = 0; index < 50; index++) await store.put(record(`/pk/${index}`, { from: 'a' }))
    const left = await keys(store)
    expect(left).toEqual(['/ipns/0', '/ipns/1', '/ipns/2', '/pk/47', '/pk/48', '/pk/49'])
  })

  test('uses the part of a key between its first two slashes', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerNamespace: 1 })
    await putAll(store, [record('/a/1'), record('/ab/1'), record('/a'), record('a/1'), record('b/1')])
    expect(await keys(store)).toEqual(['/a', '/ab/1', 'b/1'])
  })
})

describe('a full namespace', () => {
  test('evicts the oldest record of its sender with the most records', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerNamespace: 5 })
    for (const key of ['/n/1', '/n/2']) await store.put(record(key, { from: 'a' }))
    for (let index = 0; index < 20; index++) await store.put(record(`/n/flood/${index}`, { from: 'b' }))
    expect(await keys(store)).toEqual(['/n/1', '/n/2', '/n/flood/17', '/n/flood/18', '/n/flood/19'])
  })

  test('may consist of the keys without a namespace', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerNamespace: 1 })
    await putAll(store, [record('abc/1'), record('xyz/1'), record('plain')])
    expect(await keys(store)).toEqual(['plain'])
  })
})

test('published records count towards no namespace', async () => {
  const store = new MemoryRecordStore({ maxRecordsPerNamespace: 1 })
  const own = ['/a/1', '/a/2'].map((key) => published(key, { from: 's' }))
  expect(await putAll(store, own)).toEqual(['stored', 'stored'])
  expect(await putAll(store, [record('/a/3'), record('/a/4')])).toEqual(['stored', 'stored'])
  expect(await keys(store)).toEqual(['/a/1', '/a/2', '/a/4'])
})

test('a limit of 0 refuses every record that it counts', async () => {
  for (const limit of [{ maxRecordsPerAuthor: 0 }, { maxRecordsPerNamespace: 0 }, { maxRecordsPerGroup: 0 }])
    expect(await putAll(new MemoryRecordStore(limit), [record('/a', { by: 'b', from: 's' })])).toEqual(['quota'])
})

describe('maxRecordsPerAuthor and maxRecordsPerGroup', () => {
  test('refuse records above their limit', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerAuthor: 2, maxRecordsPerGroup: 3 })
    const byAuthor = [1, 2, 3].map((index) => record(`/by/${index}`, { by: 'author' }))
    expect(await putAll(store, byAuthor)).toEqual(['stored', 'stored', 'quota'])
    const bySender = [1, 2, 3, 4].map((index) => record(`/from/${index}`, { from: 'sender', by: `author ${index}` }))
    expect(await putAll(store, bySender)).toEqual(['stored', 'stored', 'stored', 'quota'])
  })

  test('allow updates of existing records', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerAuthor: 1, maxRecordsPerGroup: 1 })
    await store.put(record('/k', { by: 'a', from: 's' }))
    const update = record('/k', { by: 'a', from: 's', order: 2 })
    expect((await store.put(update)).status).toBe('stored')
  })

  test('count a record that replaces one of another author or sender', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerAuthor: 1, maxRecordsPerGroup: 1 })
    await putAll(store, [record('/1'), record('/2')])
    const owned = (key: string): StoredRecord => record(key, { by: 'a', from: 's', order: 2 })
    expect(await putAll(store, [owned('/1'), owned('/2')])).toEqual(['stored', 'quota'])
  })

  test('refuse to replace records of others when the limit is reached', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerAuthor: 1, maxRecordsPerGroup: 1 })
    await putAll(store, [record('/1', { by: 'a' }), record('/2', { by: 'b' })])
    await putAll(store, [record('/3', { from: 's', by: 'c' }), record('/4', { from: 't', by: 'd' })])
    const higher = { order: 2 }
    const replacing = [record('/2', { by: 'a', ...higher }), record('/4', { from: 's', by: 'e', ...higher })]
    expect(await putAll(store, replacing)).toEqual(['quota', 'quota'])
    expect((await store.get(bytes('/2')))?.author).toEqual(bytes('b'))
  })

  test('stop counting records that have expired, were deleted or replaced by others', async () => {
    let now = 10n * second
    const store = new MemoryRecordStore({ maxRecordsPerAuthor: 1, maxRecordsPerGroup: 1, clock: () => now })
    await store.put(record('/1', { by: 'a', from: 's', expires: now + 1n }))
    expect((await store.put(record('/2', { by: 'a', from: 's' }))).status).toBe('quota')
    now += 2n
    expect((await store.put(record('/2', { by: 'a', from: 's' }))).status).toBe('stored')
    await store.delete(bytes('/2'))
    expect((await store.put(record('/3', { by: 'a', from: 's' }))).status).toBe('stored')
    expect((await store.put(record('/3', { by: 'b', from: 't', order: 2 }))).status).toBe('stored')
    expect((await store.put(record('/4', { by: 'a', from: 's' }))).status).toBe('stored')
  })

  test('do not count published records per sender', async () => {
    const store = new MemoryRecordStore({ maxRecordsPerGroup: 1 })
    const own = [1, 2, 3].map((index) => published(`/${index}`, { from: 's' }))
    expect(await putAll(store, own)).toEqual(['stored', 'stored', 'stored'])
  })
})

test('a memory store keeps no counters of senders, authors and namespaces without records', async () => {
  const kept = vi.spyOn(Map.prototype, 'set')
  try {
    const store = new MemoryRecordStore({
      maxMarks: 0,
      maxRecordsPerNamespace: 100,
      maxRecordsPerAuthor: 100,
      maxRecordsPerGroup: 100
    })
    for (let index = 0; index < 20; index++) {
      const name = { from: `leaving ${index}`, by: `leaving ${index}` }
      for (const key of [`/leaving ${index}/1`, `/leaving ${index}/2`]) await store.put(record(key, name))
    }
    // maps that live as long as the store: those of one call see one name
    const names = new Map<unknown, Set<unknown>>()
    for (const [call, map] of kept.mock.contexts.entries()) {
      const [name] = kept.mock.calls[call] as unknown as [unknown]
      if (!String(name).startsWith('leaving')) continue
      const known = names.get(map) ?? new Set()
      known.add(name)
      names.set(map, known)
    }
    const maps = [...names].filter(([, known]) => known.size > 1).map(([map]) => map)
    expect(maps.length).toBeGreaterThanOrEqual(1)
    for (const { key } of await collect(store.iterate())) await store.delete(key)
    for (const map of maps) expect((map as Map<unknown, unknown>).size).toBe(0)
  } finally {
    kept.mockRestore()
  }
})

test('a memory store iterates correctly after a large record was deleted', async () => {
  // so large that its bytes are released when it is deleted
  const store = new MemoryRecordStore()
  await putAll(store, [record('/b', { value: new Uint8Array(5000) }), record('/a'), record('/c')])
  expect(await keys(store)).toEqual(['/a', '/b', '/c'])
  await store.delete(bytes('/b'))
  expect(await collect(store.iterate({ prefix: bytes('/c') }))).toHaveLength(1)
})

test('a memory store rejects bounds that are not whole numbers of at least 0', () => {
  for (const options of [{ maxRecords: -1 }, { maxBytes: Number.NaN }, { maxMarks: '7' as unknown as number }]) {
    expect(() => new MemoryRecordStore(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
})

test('a memory store names the bound or limit that it rejects, and shows its value', async () => {
  for (const [value, shown] of [
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    [1.5, '1.5'],
    [5n, 'the bigint 5n'],
    ['5', 'a string']
  ] as const) {
    const wrong = value as number
    const error = (name: string): unknown =>
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: `${name} is ${shown}; a whole number of at least 0 is expected`
      })
    for (const name of [
      'maxRecords',
      'maxBytes',
      'maxMarks',
      'maxRecordsPerAuthor',
      'maxRecordsPerGroup',
      'maxRecordsPerNamespace'
    ]) {
      expect(() => new MemoryRecordStore({ [name]: wrong })).toThrow(error(name))
    }
    for (const name of ['key', 'value']) {
      expect(() => new MemoryRecordStore({ limits: { [name]: wrong } })).toThrow(error(`limits.${name}`))
    }
    await expect(new MemoryRecordStore().sweep({ limit: wrong })).rejects.toEqual(error('limit'))
    await expect(collect(new MemoryRecordStore().iterate({ limit: wrong }))).rejects.toEqual(error('limit'))
  }
})
