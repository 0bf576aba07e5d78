import { SqliteRecordStore } from '@recordkit/store-sqlite'
import type { SqliteDatabase, SqliteRecordStoreOptions } from '@recordkit/store-sqlite'
import { expect, test } from 'vitest'

function wasRead(): never {
  throw new Error('a wrong option must be found before the database is read')
}

let closed = 0
const database: SqliteDatabase = { exec: wasRead, prepare: wasRead, close: () => void closed++ }
const open = (options: unknown): Promise<unknown> =>
  SqliteRecordStore.open(database, options as SqliteRecordStoreOptions)

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'no database',
    () => SqliteRecordStore.open(undefined as never),
    /^database is undefined; an open database, such as `new DatabaseSync\(path\)` of node:sqlite, is expected$/
  ],
  ['a path as database', () => SqliteRecordStore.open('a.db' as never), /^database is a string; an open database/],
  [
    'a database that was not awaited',
    () => SqliteRecordStore.open(Promise.resolve(database) as never),
    /^database is a promise, which must be awaited; an open database/
  ]
])('a store is not opened with %s', async (_, call, message) => {
  await expect(call()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})

test.each<[string, unknown, RegExp]>([
  ['null as options', null, /^options is null; an object is expected$/],
  ['a misspelled option', { pollinterval: 5 }, /^unknown option "pollinterval"; did you mean "pollInterval"\?/],
  ['an option of another store', { closePool: true }, /^unknown option "closePool"; the options are /],
  ['a text as a boolean', { durable: 'no' }, /^durable is a string; a boolean is expected$/],
  ['a bigint as interval', { pollInterval: 5n }, /^pollInterval is the bigint 5n; a number of milliseconds above 0/],
  ['a misspelled limit', { limits: { keys: 5 } }, /^unknown option "limits.keys"; did you mean "limits.key"\?/],
  ['a clock in milliseconds', { clock: Date.now }, /^clock returned \d+; a bigint of nanoseconds/]
])('a store is not opened with %s, and its database is closed unread', async (_, options, message) => {
  closed = 0
  await expect(open(options)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
  expect(closed).toBe(1)
})
