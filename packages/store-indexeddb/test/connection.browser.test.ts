import { afterEach, describe, expect, test, vi } from 'vitest'
import { IndexedDbRecordStore } from '../src/index.ts'
import { openDatabase } from '../src/open-database.ts'
import { resultOf } from '../src/requests.ts'
import { deleteDatabase, newName } from './databases.ts'
import { record, text } from './records.ts'

afterEach(() => vi.restoreAllMocks())

const key = text('/k')

/** Opens a database of another program. */
async function openOther(name: string, version: number, stores: readonly string[] = []): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version)
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store)
  }
  return resultOf(request)
}

/** Timers that end at once. */
const atOnce = (run: () => void): (() => void) => {
  queueMicrotask(run)
  return () => {}
}

describe('open', () => {
  test('refuses a database with other data with STORE_UNRECOGNIZED, whatever its version, and does not change it', async () => {
    for (const version of [1, 7]) {
      const name = newName()
      const other = await openOther(name, version, ['things'])
      other.close()
      await expect(IndexedDbRecordStore.open(name)).rejects.toMatchObject({ code: 'STORE_UNRECOGNIZED' })
      const again = await openOther(name, version)
      expect([...again.objectStoreNames]).toEqual(['things'])
      again.close()
      await deleteDatabase(name)
    }
  })

  test('refuses a database of a later version with STORE_NEWER_FORMAT, and does not change it', async () => {
    const name = newName()
    await (await IndexedDbRecordStore.open(name)).close()
    const later = await openOther(name, 2, ['more'])
    later.close()
    const newer = { code: 'STORE_NEWER_FORMAT', details: { version: 2 } }
    await expect(IndexedDbRecordStore.open(name)).rejects.toMatchObject(newer)
    const again = await openOther(name, 2)
    expect(again.objectStoreNames.contains('more')).toBe(true)
    again.close()
    await deleteDatabase(name)
  })

  test('rejects with STORE_LOCKED when another tab blocks it, and with TIMEOUT when the browser does not answer', async () => {
    const name = newName()
    // a deletion waits for this connection, which ignores the request to close
    const stubborn = await openOther(name, 1, [])
    const deleting = deleteDatabase(name)
    await expect(IndexedDbRecordStore.open(name, { timeout: 5000, setTimer: atOnce })).rejects.toMatchObject({
      code: 'TIMEOUT'
    })
    stubborn.close()
    await deleting
    const open = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      const request = {} as IDBOpenDBRequest
      queueMicrotask(() => request.onblocked?.(new Event('blocked') as IDBVersionChangeEvent))
      return request
    })
    const later = (run: () => void): (() => void) => {
      void Promise.resolve().then(() => queueMicrotask(run))
      return () => {}
    }
    await expect(IndexedDbRecordStore.open(name, { timeout: 5000, setTimer: later })).rejects.toMatchObject({
      code: 'STORE_LOCKED'
    })
    open.mockRestore()
  })

  test('rejects a name that is not a text, and a platform without IndexedDB', async () => {
    for (const name of ['', 5 as unknown as string])
      await expect(IndexedDbRecordStore.open(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    vi.stubGlobal('indexedDB', undefined)
    await expect(IndexedDbRecordStore.open('records')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('no IndexedDB') as string
    })
  })
})

describe('an open store', () => {
  test('gives way to a tab that upgrades the database, and then rejects with STORE_NEWER_FORMAT', async () => {
    const name = newName()
    const store = await IndexedDbRecordStore.open(name)
    await store.put(record('/k', 'v', 1))
    const later = await openOther(name, 2)
    const newer = { code: 'STORE_NEWER_FORMAT', message: expect.stringContaining('reload') as string }
    await expect(store.get(key)).rejects.toMatchObject(newer)
    await expect(store.put(record('/k', 'v', 2))).rejects.toMatchObject(newer)
    await store.close()
    later.close()
    await deleteDatabase(name)
  })

  test('gives way to a deletion, and does not create the database again', async () => {
    const name = newName()
    const store = await IndexedDbRecordStore.open(name)
    await store.put(record('/k', 'v', 1))
    await deleteDatabase(name)
    const deleted = { code: 'STORE_IO', message: expect.stringContaining('was deleted') as string }
    await expect(store.get(key)).rejects.toMatchObject(deleted)
    await expect(store.put(record('/k', 'v', 2))).rejects.toMatchObject(deleted)
    await store.close()
    expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(name)
  })

  test('opens the database again when the browser has closed it', async () => {
    const name = newName()
    let database: IDBDatabase | undefined
    const { transaction } = IDBDatabase.prototype
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...parameters) {
      const begun = transaction.apply(this, parameters)
      database = begun.db
      return begun
    })
    const store = await IndexedDbRecordStore.open(name)
    await store.put(record('/k', 'v', 1))
    // with and without the event that tells it
    for (const hasEvent of [true, false]) {
      const closed = database as unknown as IDBDatabase
      closed.close()
      if (hasEvent) closed.dispatchEvent(new Event('close'))
      const [first, second] = await Promise.all([store.get(key), store.has(key)])
      expect([first?.value, second]).toEqual([text('v'), true])
      expect(database).not.toBe(closed)
    }
    await store.close()
    // no connection is left
    await deleteDatabase(name)
  })
})

describe('a write', () => {
  /** Makes the transactions that write fail. */
  function failing(how: (transaction: IDBTransaction) => void): void {
    const { transaction } = IDBDatabase.prototype
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...parameters) {
      const begun = transaction.apply(this, parameters)
      if (parameters[1] === 'readwrite') how(begun)
      return begun
    })
  }

  test('that fails before its commit is STORE_IO, and changes nothing', async () => {
    const name = newName()
    const store = await IndexedDbRecordStore.open(name)
    await store.put(record('/k', 'v', 1))
    const before = await store.stats()
    failing((transaction) => queueMicrotask(() => transaction.abort()))
    await expect(store.put(record('/k', 'w', 2))).rejects.toMatchObject({ code: 'STORE_IO' })
    vi.restoreAllMocks()
    expect((await store.get(key))?.value).toEqual(text('v'))
    expect(await store.stats()).toEqual(before)
    expect((await store.verify()).problems).toEqual([])
    await store.close()
    await deleteDatabase(name)
  })

  test('whose storage quota is used up is STORE_IO, and names the quota', async () => {
    const name = newName()
    const store = await IndexedDbRecordStore.open(name)
    failing((transaction) => {
      // the browser finds out when it commits
      Object.defineProperty(transaction, 'error', { value: new DOMException('full', 'QuotaExceededError') })
      transaction.commit = () => transaction.abort()
    })
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({
      code: 'STORE_IO',
      message: expect.stringContaining('quota') as string
    })
    vi.restoreAllMocks()
    expect(await store.has(key)).toBe(false)
    await store.close()
    await deleteDatabase(name)
  })

  test('whose commit fails in another way is STORE_UNKNOWN, and the same put again finds out', async () => {
    const name = newName()
    const store = await IndexedDbRecordStore.open(name)
    failing((transaction) => {
      transaction.commit = () => transaction.abort()
    })
    await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
    vi.restoreAllMocks()
    expect((await store.put(record('/k', 'v', 1))).status).toBe('stored')
    await store.close()
    await deleteDatabase(name)
  })

  test('asks for strict durability only with `durable`', async () => {
    for (const [durable, expected] of [
      [true, 'strict'],
      [false, 'relaxed']
    ] as const) {
      const name = newName()
      const store = await IndexedDbRecordStore.open(name, { durable })
      const asked = new Set<string>()
      failing(({ durability }) => asked.add(durability))
      await store.put(record('/k', 'v', 1))
      vi.restoreAllMocks()
      expect([...asked]).toEqual([expected])
      expect(store.capabilities.durable).toBe(durable)
      await store.close()
      await deleteDatabase(name)
    }
  })
})

test('the name of a database does not create another one', async () => {
  await expect(openDatabase(newName(), { mustExist: true })).rejects.toMatchObject({ code: 'STORE_IO' })
})
