import { fork } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { FakeTimers } from '@recordkit/record-conformance'
import type { EntryContent, RecordStore, StoredRecord, StoreEntry } from '@recordkit/record-store'
import { createStore, encodeStoreEntry } from '@recordkit/record-store'
import { nextMessage } from '@recordkit/testing/child-process'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import type { SqliteBackend } from '../src/sqlite-backend.ts'
import { SqliteRecordStore } from '../src/index.ts'
import { openBackend, openStore } from './open-sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'recordkit-sqlite-backend-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

let count = 0
const newPath = (): string => join(folder, `${count++}.db`)
const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const fixtures = fileURLToPath(new URL('../../../vectors/recordkit/stores-0/', import.meta.url))

const key = text('/k')
const publication = { key, network: true }
const mark = { key, rank: new Uint8Array(33), until: 100n }

async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}

function record(order: number, more: Partial<StoredRecord> = {}): StoredRecord {
  return { key, value: text('v'), rank: new Uint8Array(33).fill(order, 0, 1), timeReceived: 0n, ...more }
}

async function read(backend: SqliteBackend): Promise<StoreEntry> {
  return (await backend.read([key]))[0] as StoreEntry
}

/** Bytes that begin as an entry of the current format, or of one that many later. */
function bytesOf(later: number, ...rest: readonly number[]): Uint8Array {
  return Uint8Array.of((encodeStoreEntry(key, {})[0] as number) + later, ...rest)
}

/** Changes the stored bytes of the key, as damage or another process would. */
function setBytes(path: string, bytes: Uint8Array): void {
  const database = new DatabaseSync(path)
  database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(bytes, key)
  database.close()
}

test('a write is refused when any part of the entry differs from what was read', async () => {
  const contents: EntryContent[] = [
    { record: record(1) },
    { record: record(1, { timeReceived: 1n }) },
    { mark },
    { mark: { ...mark, until: 101n } },
    { publication },
    { publication: { ...publication, network: false } },
    { record: record(1), mark, publication },
    {}
  ]
  for (const first of contents) {
    for (const second of contents) {
      if (first === second) continue
      const backend = await openBackend(':memory:')
      await backend.write([{ key, previous: await read(backend), next: first }])
      const entry = await read(backend)
      expect(await backend.write([{ key, previous: entry, next: second }])).toBe(true)
      const after = await read(backend)
      expect(await backend.write([{ key, previous: entry, next: { record: record(9) } }])).toBe(false)
      expect(await read(backend)).toEqual(after)
      await backend.close()
    }
  }
})

test('every damaged entry that is replaced stays in quarantine, and a newer damage is not overwritten', async () => {
  const path = newPath()
  const backend = await openBackend(path)
  const store = createStore(backend)
  await store.put(record(1))
  for (const byte of [7, 8, 9]) {
    setBytes(path, bytesOf(0, byte))
    const entry = await read(backend)
    expect(entry.corrupt).toBeDefined()
    setBytes(path, bytesOf(0, byte, byte))
    expect(await backend.write([{ key, previous: entry, next: { record: record(1) } }])).toBe(false)
    expect((await store.put(record(1))).status).toBe('stored')
  }
  await store.close()
  const database = new DatabaseSync(path)
  const rows = database.prepare('SELECT key, entry FROM quarantine ORDER BY id').all()
  expect(rows).toEqual([7, 8, 9].map((byte) => ({ key, entry: bytesOf(0, byte, byte) })))
  database.close()
})

test('an entry of a newer format is not changed', async () => {
  const path = newPath()
  const store = await openStore(path)
  await store.put(record(1), { publication })
  setBytes(path, bytesOf(1, 1, 2, 3))
  const newer = { code: 'STORE_NEWER_FORMAT', details: { version: bytesOf(1)[0] } }
  await expect(store.get(key)).rejects.toMatchObject(newer)
  await expect(store.put(record(9))).rejects.toMatchObject(newer)
  await expect(store.delete(key)).rejects.toMatchObject(newer)
  await store.close()
  const database = new DatabaseSync(path)
  expect(database.prepare('SELECT entry FROM entries').get()).toEqual({ entry: bytesOf(1, 1, 2, 3) })
  database.close()
})

test('a scan of publications uses an index of its own', async () => {
  const path = newPath()
  const store = await openStore(path)
  await store.put(record(1), { publication })
  await store.put({ ...record(1), key: text('/other') })
  expect(await collect(store.publications())).toMatchObject([publication])
  expect(await store.stats()).toMatchObject({ entries: 2, publications: 1 })
  await store.close()
  const database = new DatabaseSync(path)
  const plan = database
    .prepare('EXPLAIN QUERY PLAN SELECT key, entry FROM entries WHERE publications = 1 AND key >= ? ORDER BY key')
    .all(new Uint8Array(0)) as unknown as { detail: string }[]
  expect(plan.map(({ detail }) => detail).join()).toContain('entries_publications')
  database.close()
})

describe('an error of SQLite', () => {
  /** A store whose backend fails at the statements that begin with `statement`, before or after SQLite ran them. */
  async function failingAt(statement: string, when: 'before' | 'after'): Promise<{ store: RecordStore; cause: Error }> {
    const store = await openStore(newPath())
    const cause = new Error('disk I/O error')
    const { exec } = DatabaseSync.prototype
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
      if (!sql.startsWith(statement)) return exec.call(this, sql)
      if (when === 'after') exec.call(this, sql)
      throw cause
    })
    return { store, cause }
  }

  test('inside the transaction is STORE_IO: nothing was changed', async () => {
    const { store, cause } = await failingAt('BEGIN', 'before')
    await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_IO', cause })
    vi.restoreAllMocks()
    expect(await store.has(key)).toBe(false)
    expect((await store.put(record(1))).status).toBe('stored')
    await store.close()
  })

  for (const when of ['before', 'after'] as const) {
    test(`of COMMIT is STORE_UNKNOWN, whether SQLite fails ${when} it; the same put again finds out`, async () => {
      const { store, cause } = await failingAt('COMMIT', when)
      await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN', cause })
      vi.restoreAllMocks()
      expect((await store.put(record(1))).status).toBe(when === 'after' ? 'refreshed' : 'stored')
      expect(await store.has(key)).toBe(true)
      await store.close()
    })
  }
})

/** Holds the write lock of a database in another process. */
async function lockElsewhere(path: string): Promise<() => void> {
  const child = fork(fileURLToPath(new URL('lock-database.ts', import.meta.url)), [path])
  expect(await nextMessage(child)).toBe('locked')
  return () => void child.send('unlock')
}

describe('a write that waits for the lock of another process', () => {
  test('does not block its own process, and is done when the lock is released', async () => {
    const path = newPath()
    const store = await openStore(path)
    const unlock = await lockElsewhere(path)
    const putting = store.put(record(1))
    let turns = 0
    let longest = 0
    for (let last = performance.now(); turns < 50; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    // reads do not wait
    expect(await store.get(key)).toBeUndefined()
    unlock()
    expect((await putting).status).toBe('stored')
    expect(longest).toBeLessThan(1000)
    await store.close()
  })

  test('is STORE_CONTENDED when the other process does not release it, and succeeds later', async () => {
    const path = newPath()
    const store = await openStore(path, { timeout: 300 })
    const unlock = await lockElsewhere(path)
    await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_CONTENDED' })
    await expect(store.lease('name', 1000)).rejects.toMatchObject({ code: 'STORE_CONTENDED' })
    unlock()
    while (
      !(await store.put(record(1)).then(
        () => true,
        () => false
      ))
    );
    expect(await store.has(key)).toBe(true)
    await store.close()
  })

  test('goes on waiting while other processes write', async () => {
    const path = newPath()
    const store = await openStore(path)
    const other = new DatabaseSync(path)
    const { exec } = DatabaseSync.prototype
    let left = 20
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
      if (sql !== 'BEGIN IMMEDIATE' || left === 0) return exec.call(this, sql)
      left--
      exec.call(other, "INSERT INTO quarantine (key, entry) VALUES (x'01', x'02')")
      throw Object.assign(new Error('database is locked'), { errcode: 5 })
    })
    expect((await store.put(record(1))).status).toBe('stored')
    expect(left).toBe(0)
    other.close()
    await store.close()
  })
})

describe('a database that', () => {
  test('has no space left rejects puts with STORE_IO, and keeps what it has', async () => {
    const database = new DatabaseSync(newPath())
    const store = await SqliteRecordStore.open(database)
    await store.put(record(1))
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
    database.exec(`PRAGMA max_page_count = ${pages}`)
    const large = { ...record(2), key: text('/large'), value: new Uint8Array(60_000) }
    await expect(store.put(large)).rejects.toMatchObject({ code: 'STORE_IO', details: { sqliteCode: 13 } })
    expect(await store.has(key)).toBe(true)
    expect(await store.stats()).toMatchObject({ entries: 1 })
    database.exec('PRAGMA max_page_count = 100000')
    expect((await store.put(large)).status).toBe('stored')
    await store.close()
  })

  test('is read-only can be read, and rejects writes with STORE_READ_ONLY', async () => {
    const path = newPath()
    const writable = await openStore(path)
    await writable.put(record(1))
    const store = await SqliteRecordStore.open(new DatabaseSync(path, { readOnly: true }))
    expect(await store.has(key)).toBe(true)
    for (const write of [store.put(record(2)), store.delete(key), store.lease('name', 1000)])
      await expect(write).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
    await store.close()
    await writable.close()
    const empty = newPath()
    new DatabaseSync(empty).exec('PRAGMA user_version = 0')
    await expect(SqliteRecordStore.open(new DatabaseSync(empty, { readOnly: true }))).rejects.toMatchObject({
      code: 'STORE_READ_ONLY'
    })
  })

  test('is not one of SQLite is STORE_UNRECOGNIZED, and not changed', async () => {
    const path = newPath()
    writeFileSync(path, 'not a database, but long enough to be read as one'.repeat(100))
    const before = readFileSync(path)
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_UNRECOGNIZED' })
    expect(readFileSync(path)).toEqual(before)
  })

  test.each([
    'CREATE TABLE other (id INTEGER)',
    "CREATE TABLE format (name TEXT, version INTEGER); INSERT INTO format VALUES ('other', 1)",
    'CREATE TABLE format (id INTEGER)',
    'CREATE TABLE entries (id INTEGER PRIMARY KEY, title TEXT)',
    'CREATE TABLE other (id INTEGER); PRAGMA user_version = 2'
  ])('contains tables of another program is STORE_UNRECOGNIZED, and not changed: %s', async (tables) => {
    const path = newPath()
    const other = new DatabaseSync(path)
    other.exec(tables)
    const before = other.prepare('SELECT * FROM sqlite_schema').all()
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_UNRECOGNIZED' })
    expect(other.prepare('SELECT * FROM sqlite_schema').all()).toEqual(before)
    other.close()
  })

  test('is damaged is STORE_CORRUPT', async () => {
    const path = newPath()
    const store = await openStore(path)
    for (let index = 0; index < 200; index++)
      await store.put({ ...record(1), key: text(`/k/${index}`), value: new Uint8Array(500) })
    await store.close()
    const bytes = readFileSync(path)
    // every page but the first
    bytes.fill(0xff, 4096)
    writeFileSync(path, bytes)
    await expect(
      (async () => {
        const damaged = await openStore(path)
        try {
          await damaged.get(text('/k/7'))
        } finally {
          await damaged.close()
        }
      })()
    ).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  test('a later version migrates while it is open rejects writes with STORE_NEWER_FORMAT', async () => {
    const path = newPath()
    const store = await openStore(path)
    const later = new DatabaseSync(path)
    later.exec('UPDATE format SET version = 99')
    later.close()
    await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_NEWER_FORMAT', details: { version: 99 } })
    await store.close()
  })
})

test('a damaged entry that is replaced or removed is counted once', async () => {
  const path = newPath()
  const store = await openStore(path, { onCorrupt: () => {} })
  const author = new Uint8Array(34).fill(5)
  await store.put(record(1, { author, sender: author }))
  const before = await store.stats()
  for (let round = 0; round < 3; round++) {
    setBytes(path, bytesOf(0, round))
    expect((await store.put(record(1, { author, sender: author }))).status).toBe('stored')
    expect(await store.stats()).toEqual(before)
  }
  const published = { ...record(1), key: text('/published') }
  await store.put(published, { publication: { key: published.key, network: true } })
  const database = new DatabaseSync(path)
  const counts = (): unknown[] => [
    ...database.prepare('SELECT * FROM totals').all(),
    ...database.prepare('SELECT name, records, bytes, marks FROM accounts').all()
  ]
  const expected = counts()
  database.exec("UPDATE entries SET entry = x'0107'")
  await store.put(record(1, { author, sender: author }))
  await store.put(published, { publication: { key: published.key, network: true } })
  expect(counts()).toEqual(expected)
  database.close()
  await store.close()
})

test('an iteration of changes that was away for too long ends with STORE_IO', async () => {
  const path = newPath()
  const timers = new FakeTimers()
  const store = await openStore(path, { setTimer: timers.setTimer, timeout: Infinity })
  const other = await openStore(path)
  const changes = store.changes()
  const first = changes.next()
  await other.put(record(1))
  await timers.advance(1_000_000_000n)
  expect((await first).value).toEqual(key)
  const next = changes.next()
  await other.put(record(2))
  await other.put(record(3))
  const database = new DatabaseSync(path)
  database.exec('DELETE FROM changes WHERE id < (SELECT max(id) FROM changes)')
  database.close()
  await Promise.all([expect(next).rejects.toMatchObject({ code: 'STORE_IO' }), timers.advance(1_000_000_000n)])
  await other.close()
  await store.close()
})

describe('the schema', () => {
  test('of a later version is refused with STORE_NEWER_FORMAT, and not changed', async () => {
    const path = newPath()
    await (await openStore(path)).close()
    const database = new DatabaseSync(path)
    database.exec('UPDATE format SET version = 5')
    database.close()
    const before = readFileSync(path)
    await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_NEWER_FORMAT', details: { version: 5 } })
    expect(readFileSync(path)).toEqual(before)
  })

  test('of the first version is migrated with all its records, marks and publications', async () => {
    interface Entry {
      readonly id: string
      readonly keyHex: string
      readonly state: string
      readonly record?: {
        readonly valueHex: string
        readonly rankHex: string
        readonly authorHex?: string
        readonly local?: boolean
        readonly published?: string
      }
      readonly mark?: { readonly rankHex: string; readonly until: string }
    }
    const { entries, sqliteDifferences, nowNanoseconds } = JSON.parse(
      readFileSync(join(fixtures, 'expected.json'), 'utf8')
    ) as { entries: Entry[]; sqliteDifferences: Record<string, Partial<Entry>>; nowNanoseconds: string }
    const path = newPath()
    cpSync(join(fixtures, 'sqlite.db'), path)
    const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex')
    const identity = '00'.repeat(32)
    const backend = await openBackend(path)
    const totals = { entries: 0, bytes: 0, marks: 0, publications: 0 }
    for (const entry of entries.map((each) => ({ ...each, ...sqliteDifferences[each.id] }))) {
      const entryKey = Buffer.from(entry.keyHex, 'hex')
      const found = (await backend.read([entryKey]))[0] as StoreEntry
      expect(found.corrupt !== undefined, entry.id).toBe(entry.state === 'damaged')
      if (entry.state === 'damaged') continue
      const { record: expected, mark: expectedMark } = entry
      expect(hex(found.record?.value), entry.id).toBe(expected?.valueHex)
      expect(hex(found.record?.rank), entry.id).toBe(expected && expected.rankHex + identity)
      expect(hex(found.mark?.rank), entry.id).toBe(expectedMark && expectedMark.rankHex + identity)
      expect(found.mark?.until.toString(), entry.id).toBe(expectedMark?.until)
      expect(found.publication !== undefined, entry.id).toBe(expected?.local === true)
      if (found.publication !== undefined) {
        expect(hex(found.publication.signer)).toBe(expected?.authorHex)
        expect(found.publication.published?.toString()).toBe(expected?.published)
      }
      totals.entries += Number(found.record !== undefined)
      totals.bytes +=
        found.record === undefined ? 0 : entryKey.length + found.record.value.length + found.record.rank.length
      totals.marks += Number(found.mark !== undefined)
      totals.publications += Number(found.publication !== undefined)
    }
    const corrupt = entries.filter((each) => ({ ...each, ...sqliteDifferences[each.id] }).state === 'damaged').length
    expect((await backend.stats()).publications).toBe(totals.publications)
    // the counts of damaged entries stay as they were
    expect((await backend.stats()).entries).toBeLessThanOrEqual(totals.entries + corrupt)
    expect(await collect(backend.scan('publications', {}))).toHaveLength(totals.publications)
    await backend.close()
    const migrated = readFileSync(path)
    const store = await openStore(path, { clock: () => BigInt(nowNanoseconds), onCorrupt: () => {} })
    expect(await collect(store.iterate())).toHaveLength(
      entries.filter((each) => ({ ...each, ...sqliteDifferences[each.id] }).state === 'live').length
    )
    await store.close()
    expect(readFileSync(path)).toEqual(migrated)
  })

  test('of the first version keeps its entries of a newer format when it is migrated', async () => {
    const path = newPath()
    cpSync(join(fixtures, 'sqlite.db'), path)
    const newer = bytesOf(1, 1)
    const database = new DatabaseSync(path)
    const { key: first } = database.prepare('SELECT key FROM entries').get() as { key: Uint8Array }
    database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(newer, first)
    database.close()
    const backend = await openBackend(path)
    expect((await backend.read([first]))[0]).toMatchObject({ version: newer, newer: { code: 'STORE_NEWER_FORMAT' } })
    await backend.close()
  })
})
