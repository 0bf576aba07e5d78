import { flushMicrotasks } from '@recordkit/record-conformance'
import type { EntryContent, StoreEntry } from '@recordkit/record-store'
import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import { ChangedKeys } from '../src/changed-keys.ts'
import { LevelRecordStore } from '../src/index.ts'
import { noCounters } from '../src/entry-format.ts'
import { LevelBackend } from '../src/level-backend.ts'
import { LevelWriter } from '../src/level-writer.ts'
import { withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { publication, rankOf, record, text } from './records.ts'

const capabilities = {
  durable: false,
  expiryIndex: true,
  snapshot: true,
  multiProcess: false,
  persistent: false,
  atomicBatch: true
}

const key = text('/k')

async function newBackend(database: FaultyLevel = new FaultyLevel()): Promise<LevelBackend> {
  await database.open()
  return new LevelBackend(database, new LevelWriter(database, false, noCounters), capabilities, async () => {})
}

async function read(backend: LevelBackend): Promise<StoreEntry> {
  return (await backend.read([key]))[0] as StoreEntry
}

const mark = { key, rank: rankOf(9), until: 100n }
const contents: readonly EntryContent[] = [
  { record: record('/k', 'a', 1) },
  { record: record('/k', 'a', 1, { timeReceived: 2n }) },
  { record: record('/k', 'b', 2) },
  { mark },
  { mark: { ...mark, until: 101n } },
  { publication: publication('/k') },
  { publication: publication('/k', { network: false }) },
  { record: record('/k', 'a', 1), mark, publication: publication('/k') },
  { record: record('/k', 'a', 1), mark, publication: publication('/k', { ttl: 1n }) },
  {}
]

describe('a write of the backend', () => {
  for (const [name, wrap] of [
    ['a database with synchronous reads', (database: FaultyLevel) => database],
    ['a database without', withoutSyncReads<FaultyLevel>]
  ] as const) {
    test(`is refused when the entry is another than the one that was read, on ${name}`, async () => {
      for (const first of contents) {
        for (const second of contents) {
          if (first === second) continue
          const backend = await newBackend(wrap(new FaultyLevel()))
          const absent = await read(backend)
          const write = (previous: StoreEntry, next: EntryContent): Promise<boolean> =>
            backend.write([{ key, previous, next }])
          if (Object.keys(first).length > 0) expect(await write(absent, first)).toBe(true)
          const entry = await read(backend)
          expect(await write(entry, second)).toBe(true)
          expect(await write(entry, contents[2] as EntryContent)).toBe(false)
          const now = await read(backend)
          expect({ record: now.record, mark: now.mark, publication: now.publication }).toEqual({
            record: undefined,
            mark: undefined,
            publication: undefined,
            ...second
          })
        }
      }
    })
  }

  test('is refused when a damaged entry was replaced by another damaged one', async () => {
    const database = new FaultyLevel()
    const backend = await newBackend(database)
    await database.put(Uint8Array.of(1, ...key), Uint8Array.of(7, 7, 7))
    const entry = await read(backend)
    expect(entry.corrupt).toBeDefined()
    expect(await backend.write([{ key, previous: entry, next: contents[0] as EntryContent }])).toBe(true)
    await database.put(Uint8Array.of(1, ...key), Uint8Array.of(8, 8, 8))
    expect(await backend.write([{ key, previous: entry, next: contents[0] as EntryContent }])).toBe(false)
  })

  test('changes nothing when one of several entries differs', async () => {
    const backend = await newBackend()
    const [k, other] = [await read(backend), (await backend.read([text('/other')]))[0] as StoreEntry]
    expect(await backend.write([{ key, previous: k, next: contents[0] as EntryContent }])).toBe(true)
    const changes = [
      { key: text('/other'), previous: other, next: { record: record('/other', 'v', 1) } },
      { key, previous: k, next: contents[2] as EntryContent }
    ]
    expect(await backend.write(changes)).toBe(false)
    expect((await backend.read([text('/other')]))[0]?.record).toBeUndefined()
    expect((await read(backend)).record?.value).toEqual(text('a'))
    expect(await backend.stats()).toMatchObject({ entries: 1 })
  })

  test('reads no entry again that nothing has written since it was read', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    let reads = 0
    database.onRead = ([type]) => {
      if (type !== 8) reads++
    }
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1))))
    for (let index = 0; index < 64; index++) await store.put(record(`/k/${index}`, 'v', 2))
    expect(reads).toBe(128)
  })
})

describe('a batch that hangs', () => {
  /** A store whose first put hangs until `openGate`; `expire` lets the timeout of all calls pass. */
  async function hanging(options: { sync: boolean }): Promise<{
    store: LevelRecordStore
    database: FaultyLevel
    expire: () => void
    openGate: () => void
  }> {
    const database = options.sync ? new FaultyLevel() : withoutSyncReads(new FaultyLevel())
    const timers = new Set<() => void>()
    const store = await LevelRecordStore.open(database, {
      setTimer: (run) => {
        timers.add(run)
        return () => timers.delete(run)
      }
    })
    let openGate = (): void => {}
    database.gate = new Promise((resolve) => {
      openGate = resolve
    })
    const expire = (): void => {
      // the calls of a store share a timer that ticks eight times within their timeout
      for (let tick = 0; tick < 8; tick++) {
        const due = new Set(timers)
        for (const run of due) {
          timers.delete(run)
          run()
        }
      }
    }
    return { store, database, expire, openGate }
  }

  for (const sync of [true, false]) {
    test(`is compared with by later writes of its keys, ${sync ? 'with' : 'without'} synchronous reads`, async () => {
      const { store, database, expire, openGate } = await hanging({ sync })
      const first = store.put(record('/k', 'high', 20))
      await flushMicrotasks()
      expire()
      await expect(first).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
      // the store contains no record yet, so that this put would be accepted
      const second = store.put(record('/k', 'low', 1))
      await flushMicrotasks()
      openGate()
      database.gate = undefined
      expect((await second).status).toBe('stale')
      expect((await store.get(key))?.value).toEqual(text('high'))
      expect((await store.verify()).problems).toEqual([])
    })
  }

  test('does not change an entry later that other writes changed in between', async () => {
    const { store, database, expire, openGate } = await hanging({ sync: true })
    const first = store.put(record('/k', 'v', 1))
    const second = (async () => {
      await first.catch(() => {})
      return store.put(record('/k', 'v', 2))
    })()
    await flushMicrotasks()
    expire()
    await expect(first).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    await flushMicrotasks()
    expire()
    await expect(second).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    openGate()
    database.gate = undefined
    // the second write was based on an absent entry, which the first write has filled
    expect((await store.put(record('/other', 'v', 1))).status).toBe('stored')
    expect((await store.get(key))?.rank).toEqual(rankOf(1))
  })

  test('does not prevent close, with a verify behind it', async () => {
    const { store, expire } = await hanging({ sync: true })
    const put = store.put(record('/k', 'v', 1))
    void store.verify().catch(() => {})
    await flushMicrotasks()
    const closing = store.close()
    expire()
    await expect(put).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    await closing
  })
})

test('a write based on an entry from before a repair is refused and decided anew', async () => {
  const database = new FaultyLevel()
  const store = await LevelRecordStore.open(database, { onCorrupt: () => {} })
  await database.put(Uint8Array.of(1, ...key), Uint8Array.of(7, 7, 7))
  const [repaired, put] = await Promise.all([store.repair(), store.put(record('/k', 'v', 1))])
  expect(repaired.problems.map(({ kind }) => kind)).toContain('record')
  expect(put.status).toBe('stored')
  expect(await store.quarantined()).toHaveLength(1)
  expect((await store.verify()).problems).toEqual([])
})

describe('ChangedKeys', () => {
  test('reports every key that was written after a number', () => {
    const changed = new ChangedKeys()
    const keys = Array.from({ length: 500 }, (_, index) => text(`/key/${index}`))
    for (const [index, each] of keys.entries()) changed.add(each, index + 1)
    for (const [index, each] of keys.entries()) expect(changed.isAfter(each, index)).toBe(true)
    // keys that share a slot are reported too, but few do
    expect(keys.filter((each, index) => changed.isAfter(each, index + 1)).length).toBeLessThan(30)
    changed.addAll(501)
    expect(changed.isAfter(text('/any'), 500)).toBe(true)
    expect(changed.isAfter(text('/any'), 501)).toBe(false)
  })
})

test('changes() and lease() work within the process', async () => {
  const store = await LevelRecordStore.open(new MemoryLevel())
  const changes = store.changes()
  const next = changes.next()
  await store.put(record('/k', 'v', 1))
  expect(await next).toEqual({ done: false, value: key })
  await changes.return?.()
  const lease = await store.lease('republish', 60_000)
  expect(lease?.name).toBe('republish')
  expect(await store.lease('republish', 60_000)).toBeUndefined()
  await lease?.release()
  expect(await store.lease('republish', 60_000)).toBeDefined()
})
