import { describe, expect, test } from 'vitest'
import { MemoryRecordStore, perAuthor, perNamespace, perSender } from '../src/index.ts'
import { bytes, keys, outcomes, record, second } from './records.ts'

describe('a full store', () => {
  test('takes room from the sender that has the most, its oldest record first', async () => {
    const store = new MemoryRecordStore({ maxRecords: 6 })
    await outcomes(store, [
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

  test('makes a sender that floods it evict what it sent itself', async () => {
    const store = new MemoryRecordStore({ maxRecords: 100 })
    for (let index = 0; index < 30; index++) await store.put(record(`/honest/${index}`, { from: `peer ${index % 10}` }))
    for (let index = 0; index < 10_000; index++) {
      await store.put(record(`/flood/${index}`, { from: 'flood', rank: new Uint8Array(64).fill(255) }))
    }
    const left = await keys(store)
    expect(left.filter((key) => key.startsWith('/honest/'))).toHaveLength(30)
    expect(left).toHaveLength(100)
  })

  test('does not let a sender shield its records by sending them again, or newer ones', async () => {
    const store = new MemoryRecordStore({ maxRecords: 10 })
    for (let index = 0; index < 4; index++) await store.put(record(`/honest/${index}`, { from: 'honest' }))
    for (let index = 0; index < 6; index++) await store.put(record(`/flood/${index}`, { from: 'flood' }))
    for (let round = 2; round < 100; round++) {
      await store.put(record(`/flood/${round % 6}`, { from: 'flood', rank: Uint8Array.of(round) }))
      await store.put(record(`/flood/${round % 6}`, { from: 'flood', rank: Uint8Array.of(round) }))
    }
    await store.put(record('/new', { from: 'new' }))
    expect((await keys(store)).filter((key) => !key.startsWith('/flood/'))).toHaveLength(5)
  })

  test('never evicts a local record, and counts it', async () => {
    const store = new MemoryRecordStore({ maxRecords: 3 })
    const found = await outcomes(store, [
      record('/1', { local: true }),
      record('/2', { local: true }),
      record('/3', { from: 'a' }),
      record('/4', { local: true }),
      record('/5', { from: 'a' }),
      record('/6', { local: true })
    ])
    expect(found).toEqual(['stored', 'stored', 'stored', 'stored', 'quota', 'quota'])
    expect(await keys(store)).toEqual(['/1', '/2', '/4'])
  })

  test('leaves the mark of what it evicts', async () => {
    const store = new MemoryRecordStore({ maxRecords: 1 })
    await store.put(record('/a', { rank: Uint8Array.of(9) }))
    await store.put(record('/b'))
    expect((await store.mark(bytes('/a')))?.rank).toEqual(Uint8Array.of(9))
    expect((await store.put(record('/a', { rank: Uint8Array.of(8) }))).outcome).toBe('stale')
  })
})

describe('bytes', () => {
  test('are bounded, whatever the sizes of the records', async () => {
    const store = new MemoryRecordStore({ maxBytes: 1000 })
    for (let index = 0; index < 200; index++) {
      const size = (index * 37) % 300
      const { outcome } = await store.put(
        record(`/k/${index}`, { value: new Uint8Array(size), from: `peer ${index % 7}` })
      )
      expect(outcome).toBe('stored')
      expect((await store.stats()).bytes).toBeLessThanOrEqual(1000)
    }
  })

  test('refuse a record that could never fit, and change nothing', async () => {
    const store = new MemoryRecordStore({ maxBytes: 100 })
    await store.put(record('/a', { value: new Uint8Array(50) }))
    const before = await store.stats()
    expect((await store.put(record('/b', { value: new Uint8Array(200) }))).outcome).toBe('quota')
    expect((await store.put(record('/a', { value: new Uint8Array(200), rank: Uint8Array.of(2) }))).outcome).toBe(
      'quota'
    )
    expect(await store.stats()).toEqual(before)
    expect((await store.get(bytes('/a')))?.value).toHaveLength(50)
  })

  test('that a record grows by come from others', async () => {
    const store = new MemoryRecordStore({ maxBytes: 300 })
    for (const key of ['/a', '/b', '/c']) await store.put(record(key, { value: new Uint8Array(90), from: 'x' }))
    const grown = record('/a', { value: new Uint8Array(150), rank: Uint8Array.of(2), from: 'x' })
    expect((await store.put(grown)).outcome).toBe('stored')
    expect(await keys(store)).toEqual(['/a', '/c'])
  })
})

describe('a namespace', () => {
  test('is bounded by itself: what one evicts is its own', async () => {
    const store = new MemoryRecordStore({ quotas: [perNamespace(3)] })
    for (let index = 0; index < 3; index++) await store.put(record(`/ipns/${index}`, { from: 'a' }))
    for (let index = 0; index < 50; index++) await store.put(record(`/pk/${index}`, { from: 'a' }))
    const left = await keys(store)
    expect(left).toEqual(['/ipns/0', '/ipns/1', '/ipns/2', '/pk/47', '/pk/48', '/pk/49'])
  })

  test('is what stands between the first two slashes', async () => {
    const store = new MemoryRecordStore({ quotas: [perNamespace(1)] })
    await outcomes(store, [record('/a/1'), record('/ab/1'), record('/a'), record('a/1'), record('b/1')])
    expect(await keys(store)).toEqual(['/a', '/ab/1', 'b/1'])
  })
})

describe('a namespace of local records', () => {
  test('takes no further one, but what replaces one of them', async () => {
    const store = new MemoryRecordStore({ quotas: [perNamespace(2)] })
    const local = ['/a/1', '/a/2'].map((key) => record(key, { local: true, from: 's' }))
    expect(await outcomes(store, local)).toEqual(['stored', 'stored'])
    expect(await outcomes(store, [record('/a/3'), record('/b/1')])).toEqual(['quota', 'stored'])
    expect(await outcomes(store, [record('/a/1', { rank: Uint8Array.of(2) })])).toEqual(['stored'])
    // it is nobody's any more, and goes
    expect(await outcomes(store, [record('/a/3')])).toEqual(['stored'])
    expect(await keys(store)).toEqual(['/a/2', '/a/3', '/b/1'])
    await store.delete(bytes('/a/2'))
    expect(await outcomes(store, [record('/a/4'), record('/a/5')])).toEqual(['stored', 'stored'])
    expect(await keys(store)).toEqual(['/a/4', '/a/5', '/b/1'])
  })
})

test('a quota of 0 takes nothing', async () => {
  for (const quota of [perAuthor(0), perNamespace(0), perSender(0)])
    expect(await outcomes(new MemoryRecordStore({ quotas: [quota] }), [record('/a', { by: 'a', from: 's' })])).toEqual([
      'quota'
    ])
})

test('a quota counts for each store by itself', async () => {
  const quotas = [perAuthor(1), perNamespace(1)]
  for (const store of [new MemoryRecordStore({ quotas }), new MemoryRecordStore({ quotas })])
    expect(await outcomes(store, [record('/a/1', { by: 'a' }), record('/b/1', { by: 'a' })])).toEqual([
      'stored',
      'quota'
    ])
})

describe('authors and senders', () => {
  test('are refused one more than their quota', async () => {
    const store = new MemoryRecordStore({ quotas: [perAuthor(2), perSender(3)] })
    const byAuthor = [1, 2, 3].map((index) => record(`/by/${index}`, { by: 'author' }))
    expect(await outcomes(store, byAuthor)).toEqual(['stored', 'stored', 'quota'])
    const bySender = [1, 2, 3, 4].map((index) => record(`/from/${index}`, { from: 'sender', by: `author ${index}` }))
    expect(await outcomes(store, bySender)).toEqual(['stored', 'stored', 'stored', 'quota'])
  })

  test('may update what they have', async () => {
    const store = new MemoryRecordStore({ quotas: [perAuthor(1), perSender(1)] })
    await store.put(record('/k', { by: 'a', from: 's' }))
    const update = record('/k', { by: 'a', from: 's', rank: Uint8Array.of(2) })
    expect((await store.put(update)).outcome).toBe('stored')
  })

  test('get back the room of what has expired, been deleted or changed hands', async () => {
    let now = 10n * second
    const store = new MemoryRecordStore({ quotas: [perAuthor(1), perSender(1)], clock: () => now })
    await store.put(record('/1', { by: 'a', from: 's', expires: now + 1n }))
    expect((await store.put(record('/2', { by: 'a', from: 's' }))).outcome).toBe('quota')
    now += 2n
    expect((await store.put(record('/2', { by: 'a', from: 's' }))).outcome).toBe('stored')
    await store.delete(bytes('/2'))
    expect((await store.put(record('/3', { by: 'a', from: 's' }))).outcome).toBe('stored')
    expect((await store.put(record('/3', { by: 'b', from: 't', rank: Uint8Array.of(2) }))).outcome).toBe('stored')
    expect((await store.put(record('/4', { by: 'a', from: 's' }))).outcome).toBe('stored')
  })

  test('do not bound what is local', async () => {
    const store = new MemoryRecordStore({ quotas: [perSender(1)] })
    const local = [1, 2, 3].map((index) => record(`/${index}`, { from: 's', local: true }))
    expect(await outcomes(store, local)).toEqual(['stored', 'stored', 'stored'])
  })
})

test('refuses options that make no sense', () => {
  for (const options of [{ maxRecords: -1 }, { maxBytes: Number.NaN }, { maxMarks: '7' as unknown as number }]) {
    expect(() => new MemoryRecordStore(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
  for (const quota of [perAuthor, perNamespace, perSender]) {
    expect(() => quota(1.5)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
})
