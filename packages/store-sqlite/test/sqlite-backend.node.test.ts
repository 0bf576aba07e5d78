import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { EntryContent, RecordStore, StoredRecord, StoreEntry } from '@recordkit/record-store'
import { createStore, encodeStoreEntry } from '@recordkit/record-store'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { SqliteBackend } from '../src/sqlite-backend.ts'

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

function read(backend: SqliteBackend): StoreEntry {
  return backend.read([key])[0] as StoreEntry
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

test('a write is refused when any part of the entry differs from what was read', () => {
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
      const backend = new SqliteBackend(':memory:')
      backend.write([{ key, previous: read(backend), next: first }])
      const entry = read(backend)
      expect(backend.write([{ key, previous: entry, next: second }])).toBe(true)
      const after = read(backend)
      expect(backend.write([{ key, previous: entry, next: { record: record(9) } }])).toBe(false)
      expect(read(backend)).toEqual(after)
      backend.close()
    }
  }
})

test('every damaged entry that is replaced stays in quarantine, and a newer damage is not overwritten', async () => {
  const path = newPath()
  const backend = new SqliteBackend(path)
  const store = createStore(backend)
  await store.put(record(1))
  for (const byte of [7, 8, 9]) {
    setBytes(path, bytesOf(0, byte))
    const entry = read(backend)
    expect(entry.corrupt).toBeDefined()
    setBytes(path, bytesOf(0, byte, byte))
    expect(backend.write([{ key, previous: entry, next: { record: record(1) } }])).toBe(false)
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
  const store = createStore(new SqliteBackend(path))
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
  const store = createStore(new SqliteBackend(path))
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
    const store = createStore(new SqliteBackend(newPath()))
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

describe('a write that waits for the lock longer than SQLite does', () => {
  /** Makes SQLite give up the next attempts, before each of which `other` runs. */
  function busyAttempts(count: number, other: () => void): void {
    const { exec } = DatabaseSync.prototype
    let left = count
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
      if (sql !== 'BEGIN IMMEDIATE' || left === 0) return exec.call(this, sql)
      left--
      other()
      throw Object.assign(new Error('database is locked'), { errcode: 5 })
    })
  }

  test('goes on waiting while other processes write', async () => {
    const path = newPath()
    const store = createStore(new SqliteBackend(path))
    const other = new DatabaseSync(path)
    busyAttempts(20, () => other.exec("INSERT INTO quarantine (key, entry) VALUES (x'01', x'02')"))
    expect((await store.put(record(1))).status).toBe('stored')
    other.close()
    await store.close()
  })

  test('is STORE_IO when no other process writes', async () => {
    const store = createStore(new SqliteBackend(newPath()))
    busyAttempts(1, () => {})
    await expect(store.put(record(1))).rejects.toMatchObject({ code: 'STORE_IO' })
    expect(await store.has(key)).toBe(false)
    await store.close()
  })
})

describe('the schema', () => {
  test('of a later version is refused with STORE_NEWER_FORMAT, and not changed', () => {
    const path = newPath()
    new SqliteBackend(path).close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 4')
    database.close()
    const before = readFileSync(path)
    expect(() => new SqliteBackend(path)).toThrow(
      expect.objectContaining({ code: 'STORE_NEWER_FORMAT', details: { version: 4 } }) as Error
    )
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
    const backend = new SqliteBackend(path)
    const totals = { entries: 0, bytes: 0, marks: 0, publications: 0 }
    for (const entry of entries.map((each) => ({ ...each, ...sqliteDifferences[each.id] }))) {
      const entryKey = Buffer.from(entry.keyHex, 'hex')
      const found = backend.read([entryKey])[0] as StoreEntry
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
    expect(backend.stats().publications).toBe(totals.publications)
    // the counts of damaged entries stay as they were
    expect(backend.stats().entries).toBeLessThanOrEqual(totals.entries + corrupt)
    expect([...backend.scan('publications', {})]).toHaveLength(totals.publications)
    backend.close()
    const migrated = readFileSync(path)
    const store = createStore(new SqliteBackend(path), { clock: () => BigInt(nowNanoseconds), onCorrupt: () => {} })
    expect(await collect(store.iterate())).toHaveLength(
      entries.filter((each) => ({ ...each, ...sqliteDifferences[each.id] }).state === 'live').length
    )
    await store.close()
    expect(readFileSync(path)).toEqual(migrated)
  })

  test('of the first version keeps its entries of a newer format when it is migrated', () => {
    const path = newPath()
    cpSync(join(fixtures, 'sqlite.db'), path)
    const newer = bytesOf(1, 1)
    const database = new DatabaseSync(path)
    const { key: first } = database.prepare('SELECT key FROM entries').get() as { key: Uint8Array }
    database.prepare('UPDATE entries SET entry = ? WHERE key = ?').run(newer, first)
    database.close()
    const backend = new SqliteBackend(path)
    expect(backend.read([first])[0]).toMatchObject({ version: newer, newer: { code: 'STORE_NEWER_FORMAT' } })
    backend.close()
  })
})
