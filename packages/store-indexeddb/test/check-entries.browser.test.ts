import { groupAccount } from '@recordkit/record-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EntryRow } from '../src/entry-row.ts'
import { IndexedDbRecordStore } from '../src/index.ts'
import { deleteDatabase, newName, setEntry, withDatabase } from './databases.ts'
import { record, text } from './records.ts'

let name = ''
let store: IndexedDbRecordStore
const publication = { key: text('/p'), network: true }

beforeEach(async () => {
  name = newName()
  store = await IndexedDbRecordStore.open(name)
  await store.put(record('/a', 'v', 1, { sender: text('s'), author: text('x'), expires: 2n ** 62n }))
  await store.put(record('/b', 'v', 1))
  await store.put(record('/p', 'v', 1), { publication })
  await store.put(record('/m', 'v', 1, { sender: text('s') }))
  await store.delete(text('/m'))
})
afterEach(async () => {
  await store.close()
  await deleteDatabase(name)
})

/** Changes the row of an entry. */
function changeRow(key: string, change: (row: Record<string, unknown>) => void): Promise<void> {
  return withDatabase(name, (transaction) => {
    const entries = transaction.objectStore('entries')
    const request = entries.get(text(key) as BufferSource)
    request.onsuccess = () => {
      const row = { ...(request.result as EntryRow) }
      change(row)
      entries.put(row, text(key) as BufferSource)
    }
  })
}

async function expectRepaired(kinds: readonly string[]): Promise<void> {
  const { problems } = await store.verify()
  expect(problems.map(({ kind }) => kind)).toEqual(kinds)
  expect((await store.verify()).problems).toEqual(problems)
  expect((await store.repair()).problems).toEqual(problems)
  expect((await store.verify()).problems).toEqual([])
}

test('verify finds nothing in a store of records, marks and publications', async () => {
  expect(await store.verify()).toEqual({ checked: 4, problems: [], quarantined: 0 })
})

describe('verify reports and repair corrects', () => {
  test('an index that contradicts an entry', async () => {
    await changeRow('/a', (row) => delete row['due'])
    await changeRow('/m', (row) => (row['mark'] = Uint8Array.of(0)))
    await changeRow('/p', (row) => delete row['publication'])
    await expectRepaired(['index', 'index', 'index'])
    const publications = []
    for await (const each of store.publications()) publications.push(each)
    expect(publications).toHaveLength(1)
  })

  test('an account that is wrong, missing, or of nothing', async () => {
    await withDatabase(name, (transaction) => {
      const accounts = transaction.objectStore('accounts')
      accounts.put({ records: 7, bytes: 1, marks: 0, groupRecords: 7 }, groupAccount(text('s')) as BufferSource)
      accounts.delete(groupAccount(text('')) as BufferSource)
      accounts.put({ records: 1, bytes: 1, marks: 0 }, groupAccount(text('none')) as BufferSource)
    })
    await expectRepaired(['account', 'account', 'account'])
  })

  test('totals that are wrong', async () => {
    await withDatabase(name, (transaction) => {
      transaction.objectStore('meta').put({ records: 1 }, 'totals')
    })
    await expectRepaired(['totals'])
    expect(await store.stats()).toMatchObject({ entries: 3, marks: 1, publications: 1 })
  })

  test('a damaged entry, which is kept in quarantine', async () => {
    await setEntry(name, text('/b'), Uint8Array.of(1, 7, 7))
    const { problems } = await store.repair()
    expect(problems.map(({ kind }) => kind)).toEqual(['entry', 'account', 'account', 'totals'])
    expect(await store.has(text('/b'))).toBe(false)
    expect(await store.quarantined()).toEqual([{ key: text('/b'), value: Uint8Array.of(1, 7, 7) }])
    expect(await store.verify()).toEqual({ checked: 3, problems: [], quarantined: 1 })
    expect(await store.discardQuarantined()).toBe(1)
    expect(await store.quarantined()).toEqual([])
  })

  test('a row without bytes', async () => {
    await changeRow('/b', (row) => delete row['entry'])
    await expect(store.get(text('/b'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await store.put(record('/b', 'w', 1))).status).toBe('stored')
    await store.repair()
    expect((await store.verify()).problems).toEqual([])
    expect((await store.get(text('/b')))?.value).toEqual(text('w'))
  })
})

test('repair does not change an entry of a newer format, nor the accounts that may count it', async () => {
  await setEntry(name, text('/b'), Uint8Array.of(99, 1))
  expect((await store.repair()).problems).toEqual([])
  await expect(store.get(text('/b'))).rejects.toMatchObject({ code: 'STORE_NEWER_FORMAT' })
  expect(await store.stats()).toMatchObject({ entries: 3 })
})

test('verify ends with the reason of its signal, and with STORE_CLOSED after close', async () => {
  const reason = new Error('aborted')
  await expect(store.verify({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await store.close()
  await expect(store.verify()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})
