import { describe, expect, test } from 'vitest'
import { createStore } from '@recordkit/record-store'
import type { RecordStore, StoredRecord, StoreOptions } from '@recordkit/record-store'
import { MapBackend } from '../src/internal/map-backend.ts'
import { rank, text as bytes } from './records.ts'

const hour = 3_600_000_000_000n
const day = 24n * hour

/** A store on a map, with a clock that a test moves. */
function open(options: StoreOptions = {}, backend = new MapBackend()): { store: RecordStore; time: { now: bigint } } {
  const time = { now: 100n * day }
  return { store: createStore(backend, { clock: () => time.now, ...options }), time }
}

function recordOf(key: string, more: Partial<StoredRecord> = {}, value = 'value'): StoredRecord {
  return { key: bytes(key), value: bytes(value), rank: rank(1, value), timeReceived: 0n, ...more }
}

async function keysOf(store: RecordStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.iterate()) keys.push(new TextDecoder().decode(key))
  return keys
}

async function putAll(store: RecordStore, sender: string, keys: readonly string[]): Promise<string[]> {
  const statuses: string[] = []
  for (const key of keys) statuses.push((await store.put(recordOf(key, { sender: bytes(sender) }))).status)
  return statuses
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`)

describe('a full store', () => {
  test('removes expired records first', async () => {
    const { store, time } = open({ maxRecords: 3 })
    await store.put(recordOf('/x/b', { expires: time.now + 1n }))
    await putAll(store, 's', ['/x/a'])
    await store.put(recordOf('/x/c'))
    time.now += 2n
    expect((await store.put(recordOf('/x/d'))).status).toBe('stored')
    expect(await keysOf(store)).toEqual(['/x/a', '/x/c', '/x/d'])
  })

  test('removes expired records first, also behind many expired marks', async () => {
    const { store, time } = open({ maxRecords: 3, maxMarks: 300 })
    for (const key of numbered('/marked/', 300)) {
      await store.put(recordOf(key))
      await store.delete(bytes(key))
    }
    time.now += 31n * day
    for (const key of ['/x/a', '/x/b']) await store.put(recordOf(key))
    await store.put(recordOf('/x/c', { sender: bytes('s'), expires: time.now }))
    time.now += 1n
    expect((await store.put(recordOf('/x/d'))).status).toBe('stored')
    expect(await keysOf(store)).toEqual(['/x/a', '/x/b', '/x/d'])
  })

  test('removes the record of the largest group that came first, and a refresh does not change which', async () => {
    const { store, time } = open({ maxRecords: 4 })
    await putAll(store, 'small', ['/x/0'])
    for (const key of ['/x/1', '/x/2', '/x/3']) {
      time.now += 1n
      await store.put(recordOf(key))
    }
    time.now += hour
    expect((await store.put(recordOf('/x/1', { timeReceived: time.now }))).status).toBe('refreshed')
    await store.put(recordOf('/x/4'))
    expect(await keysOf(store)).toEqual(['/x/0', '/x/2', '/x/3', '/x/4'])
  })

  test('counts bytes of keys, values and ranks', async () => {
    const size = 4 + 5 + rank(1, 'value').length
    const { store } = open({ maxBytes: 3 * size })
    for (const key of ['/x/1', '/x/2', '/x/3']) await store.put(recordOf(key))
    expect((await store.put(recordOf('/x/4'))).status).toBe('stored')
    expect(await keysOf(store)).toEqual(['/x/2', '/x/3', '/x/4'])
    expect((await store.put(recordOf('/x/5', {}, 'v'.repeat(3 * size)))).status).toBe('quota')
    expect(await keysOf(store)).toEqual(['/x/2', '/x/3', '/x/4'])
  })

  test('never removes published records, which may use nine tenths of it', async () => {
    const { store } = open({ maxRecords: 10 })
    const put = async (key: string): Promise<string> =>
      (await store.put(recordOf(key), { publication: { key: bytes(key), network: true } })).status
    for (const key of numbered('/own/', 9)) expect(await put(key)).toBe('stored')
    expect(await put('/own/9')).toBe('quota')
    expect((await store.put(recordOf('/x/1'))).status).toBe('stored')
    expect((await store.put(recordOf('/x/2'))).status).toBe('stored')
    expect(await keysOf(store)).toEqual([...numbered('/own/', 9), '/x/2'])
    await expect(
      store.touch(bytes('/x/2'), { publication: { key: bytes('/x/2'), network: true } })
    ).rejects.toMatchObject({
      code: 'QUOTA'
    })
    expect(await store.publication(bytes('/x/2'))).toBeUndefined()
  })

  test('refuses everything when it may contain nothing, and changes nothing', async () => {
    const { store } = open({ maxRecords: 0 })
    expect((await store.put(recordOf('/x/1'))).status).toBe('quota')
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0, marks: 0, publications: 0 })
  })

  test('replaces and refreshes what it has without removing anything', async () => {
    const { store } = open({ maxRecords: 2 })
    await store.put(recordOf('/x/1'))
    await store.put(recordOf('/x/2'))
    expect((await store.put({ ...recordOf('/x/1'), rank: rank(2, 'value') })).status).toBe('stored')
    expect((await store.put({ ...recordOf('/x/2'), rank: rank(0, 'value') })).status).toBe('stale')
    expect((await store.put(recordOf('/x/3'), { ifRank: rank(7) })).status).toBe('conflict')
    expect(await keysOf(store)).toEqual(['/x/1', '/x/2'])
  })

  test('makes space for a whole batch, or refuses its last records', async () => {
    const { store } = open({ maxRecords: 4 })
    await store.batch(numbered('/a/', 4).map((key) => ({ type: 'put', record: recordOf(key) })))
    const results = await store.batch(numbered('/b/', 6).map((key) => ({ type: 'put', record: recordOf(key) })))
    expect(results.map((result) => 'status' in result && result.status)).toEqual([
      ...Array<string>(4).fill('stored'),
      'quota',
      'quota'
    ])
    expect(await keysOf(store)).toEqual(numbered('/b/', 4))
  })

  test('contains as many records as it may when many puts run concurrently', async () => {
    const { store } = open({ maxRecords: 10 })
    await Promise.all(numbered('/a/', 64).map((key) => store.put(recordOf(key))))
    expect((await store.stats()).entries).toBe(10)
  })

  test('removes the farthest of the oldest records of a group when it knows distances', async () => {
    const distance = (key: Uint8Array): number => key.at(-1) as number
    const { store } = open({ maxRecords: 3, distance })
    for (const key of ['/x/1', '/x/3', '/x/2']) await store.put(recordOf(key))
    await store.put(recordOf('/x/4'))
    expect(await keysOf(store)).toEqual(['/x/1', '/x/2', '/x/4'])
  })
})

describe('groups', () => {
  test('of attackers occupy at most their share of a full store, whichever fills it first', async () => {
    for (const first of ['honest', 'attackers'] as const) {
      const { store, time } = open({ maxRecords: 120 })
      const fill = async (name: string, groups: number, count: number): Promise<void> => {
        for (const key of numbered('', count)) {
          for (let group = 0; group < groups; group++) {
            time.now += 1_000_000n
            const sender = bytes(`${name} ${group}`)
            await store.put(recordOf(`/${name}/${group}/${key}`, { sender }))
          }
        }
      }
      const steps = [() => fill('honest', 4, 20), () => fill('attack', 2, 300)]
      for (const step of first === 'honest' ? steps : steps.reverse()) await step()
      await fill('honest', 4, 20)
      const keys = await keysOf(store)
      expect(keys.filter((key) => key.startsWith('/honest/')).length).toBe(80)
      expect(keys.filter((key) => key.startsWith('/attack/')).length).toBeLessThanOrEqual(40)
    }
  })

  test('are named by the caller, as senders are free', async () => {
    const { store } = open({ maxRecords: 10 })
    const put = (key: string, sender: string, group: string): Promise<unknown> =>
      store.put(recordOf(key, { sender: bytes(sender) }), { group: bytes(group) })
    for (const key of numbered('/a/', 5)) await put(key, `${key} sender`, '10.0.0')
    for (const key of numbered('/b/', 5)) await put(key, `${key} sender`, '10.0.1')
    for (const key of numbered('/a/', 20).slice(5)) await put(key, `${key} sender`, '10.0.0')
    const keys = await keysOf(store)
    expect(keys.filter((key) => key.startsWith('/b/'))).toEqual(numbered('/b/', 5))
  })

  test('keep a record that its author sends again, and the smaller of two has one that others relay', async () => {
    const { store } = open({ maxRecords: 400 })
    const owner = bytes('owner')
    const put = (key: string, sender: string): Promise<unknown> =>
      store.put(recordOf(key, { author: owner, sender: bytes(sender) }))
    await put('/own/1', 'relay')
    await put('/own/2', 'relay')
    await put('/own/3', 'relay')
    await putAll(store, 'relay', numbered('/x/', 190))
    await put('/own/1', 'owner')
    await put('/own/2', 'small')
    await store.batch(numbered('/z/', 206).map((key) => ({ type: 'put', record: recordOf(key) })))
    await putAll(store, 'relay', ['/y/1'])
    for (const key of numbered('/a/', 60)) await putAll(store, 'new', [key])
    const keys = await keysOf(store)
    expect(keys).toContain('/own/1')
    expect(keys).toContain('/own/2')
    expect(keys).not.toContain('/own/3')
  })

  test('add few keys an hour while less than half is free, unless they are smaller than their fair share', async () => {
    const { store, time } = open({ maxRecords: 440 })
    expect(await putAll(store, 'first', numbered('/a/', 221))).toEqual(Array<string>(221).fill('stored'))
    // 219 are free: 9 an hour, and 9 at once
    const more = await putAll(store, 'first', numbered('/b/', 12))
    expect(more.filter((status) => status === 'stored').length).toBe(9)
    expect(more.filter((status) => status === 'quota').length).toBe(3)
    time.now += hour
    const later = await putAll(store, 'first', numbered('/c/', 12))
    expect(later.filter((status) => status === 'stored').length).toBe(9)
    // what is there already can be replaced and refreshed, and what the application puts is not limited
    expect(await putAll(store, 'first', ['/a/0000'])).toEqual(['refreshed'])
    expect((await store.put(recordOf('/d/1'))).status).toBe('stored')
    expect(await putAll(store, 'second', numbered('/e/', 100))).toEqual(Array<string>(100).fill('stored'))
  })

  test('authors and namespaces have limits of their own', async () => {
    const { store } = open({ maxRecordsPerGroup: 2, maxRecordsPerAuthor: 2, maxRecordsPerNamespace: 3 })
    expect(await putAll(store, 's', ['/a/1', '/a/2', '/a/3', '/a/1'])).toEqual([
      'stored',
      'stored',
      'quota',
      'refreshed'
    ])
    const byAuthor = async (key: string): Promise<string> =>
      (await store.put(recordOf(key, { author: bytes('owner') }))).status
    expect([await byAuthor('/b/1'), await byAuthor('/b/2'), await byAuthor('/b/3')]).toEqual([
      'stored',
      'stored',
      'quota'
    ])
    // a key that ends with its author is the only one
    expect(await byAuthor('/b/owner')).toBe('stored')
    for (const key of ['/c/1', '/c/2', '/c/3', '/c/4']) expect((await store.put(recordOf(key))).status).toBe('stored')
    expect((await keysOf(store)).filter((key) => key.startsWith('/c/'))).toEqual(['/c/2', '/c/3', '/c/4'])
  })
})

test('a limit does not count records that have expired', async () => {
  const { store, time } = open({ maxRecordsPerAuthor: 1, maxRecordsPerGroup: 1 })
  const put = async (key: string, from: string): Promise<string> =>
    (await store.put(recordOf(key, { [from]: bytes('a'), expires: time.now + 1n }))).status
  for (const from of ['author', 'sender']) {
    expect(await put(`/${from}/1`, from)).toBe('stored')
    expect(await put(`/${from}/2`, from)).toBe('quota')
    time.now += 2n
    expect(await put(`/${from}/2`, from)).toBe('stored')
  }
})

describe('marks', () => {
  test('of the group with the most are removed, the one that was set first', async () => {
    const { store, time } = open({ maxMarks: 4 })
    const addMark = async (key: string, sender?: string): Promise<void> => {
      time.now += 1n
      await store.put(recordOf(key, { sender: sender === undefined ? undefined : bytes(sender) }))
      await store.delete(bytes(key))
    }
    await addMark('/honest', 'honest')
    for (const key of numbered('/a/', 10)) await addMark(key, 'attack')
    const marks: string[] = []
    for await (const { key } of store.marks()) marks.push(new TextDecoder().decode(key))
    expect(marks).toEqual([...numbered('/a/', 10).slice(-3), '/honest'])
  })

  test('of published keys stay', async () => {
    const { store, time } = open({ maxMarks: 1 })
    const publication = { key: bytes('/own'), network: true }
    await store.put(recordOf('/own', { expires: time.now + 1n }), { publication })
    time.now += 2n
    await store.sweep()
    for (const key of ['/a', '/b']) {
      await store.put(recordOf(key))
      await store.delete(bytes(key))
    }
    expect(await store.mark(bytes('/own'))).toBeDefined()
    expect((await store.stats()).marks).toBe(1)
  })

  test('are left by records that stayed for an hour only', async () => {
    const { store, time } = open({ maxRecords: 1 })
    await store.put(recordOf('/a'))
    await store.put(recordOf('/b'))
    expect(await store.mark(bytes('/a'))).toBeUndefined()
    time.now += hour
    await store.put(recordOf('/c'))
    expect(await store.mark(bytes('/b'))).toMatchObject({ until: time.now + 30n * day })
  })
})

describe('a maximum age', () => {
  test('ends records from senders after they were last received, not those of the application', async () => {
    const { store, time } = open({ maxAge: 48 * 3_600_000 })
    const received = { sender: bytes('s'), timeReceived: time.now }
    await store.put(recordOf('/a', received))
    await store.put(recordOf('/b', received))
    await store.put(recordOf('/own', { timeReceived: time.now }))
    time.now += day
    await store.put(recordOf('/b', { ...received, timeReceived: time.now }))
    time.now += day + 1n
    expect(await keysOf(store)).toEqual(['/b', '/own'])
  })

  test('does not limit a record of a key that is published', async () => {
    const { store, time } = open({ maxAge: 1000 })
    await store.put(recordOf('/own'), { publication: { key: bytes('/own'), network: true } })
    const next = { ...recordOf('/own', { sender: bytes('s'), timeReceived: time.now }, 'next'), rank: rank(2, 'next') }
    expect((await store.put(next)).status).toBe('stored')
    time.now += day
    expect(await keysOf(store)).toEqual(['/own'])
  })
})

describe('accounts in memory', () => {
  test('know the entries of a store that is opened again after a sweep', async () => {
    const backend = new MapBackend()
    const { store } = open({}, backend)
    await putAll(store, 'large', numbered('/a/', 20))
    await putAll(store, 'small', numbered('/b/', 3))
    const { store: again } = open({ maxRecords: 23 }, backend)
    await again.sweep()
    await again.put(recordOf('/c'))
    const keys = await keysOf(again)
    expect(keys.length).toBe(23)
    expect(keys.filter((key) => key.startsWith('/b/')).length).toBe(3)
  })

  test('count what was written with an unknown result in the next sweep', async () => {
    const backend = new MapBackend()
    Object.assign(backend.capabilities, { multiProcess: false })
    const { store } = open({ maxRecords: 10 }, backend)
    await store.put(recordOf('/x/first'))
    await store.sweep()
    backend.fail('after write', new Error('connection reset'))
    for (const key of numbered('/unknown/', 5)) await expect(store.put(recordOf(key))).rejects.toThrow()
    backend.fail('after write', undefined)
    await store.sweep()
    for (const key of numbered('/x/', 20)) await store.put(recordOf(key))
    expect(await keysOf(store)).toHaveLength(10)
  })

  test('count what another process changed when a sweep is an hour later', async () => {
    const backend = new MapBackend()
    const { store, time } = open({ maxRecords: 10 }, backend)
    await putAll(store, 's', numbered('/a/', 10))
    const { store: other } = open({}, backend)
    for (const key of numbered('/a/', 10)) await other.delete(bytes(key))
    time.now += hour + 1n
    await store.sweep()
    for (const key of numbered('/b/', 10)) await store.put(recordOf(key))
    expect((await keysOf(store)).length).toBe(10)
  })
})

test('bounds that are not whole numbers are refused by name', () => {
  for (const [name, value] of [
    ['maxRecords', -1],
    ['maxBytes', 1.5],
    ['maxMarks', '3'],
    ['maxRecordsPerNamespace', Number.NaN],
    ['maxRecordsPerAuthor', -1],
    ['maxRecordsPerGroup', null],
    ['maxAge', 0],
    ['distance', 5]
  ] as const)
    expect(() => open({ [name]: value as never })).toThrow(name)
})
