import { IndexedDbRecordStore } from '@recordkit/store-indexeddb'
import type { IndexedDbRecordStoreOptions } from '@recordkit/store-indexeddb'
import { expect, test } from 'vitest'

const name = 'mistakes'
const open = (options: unknown): Promise<unknown> =>
  IndexedDbRecordStore.open(name, options as IndexedDbRecordStoreOptions)

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'no name',
    () => IndexedDbRecordStore.open(undefined as never),
    /^name is undefined; a text that is not empty, such as "records", is expected$/
  ],
  ['an empty name', () => IndexedDbRecordStore.open(''), /^name is empty; a text that is not empty/],
  [
    'options instead of a name',
    () => IndexedDbRecordStore.open({} as never),
    /^name is an object; a text that is not empty/
  ],
  ['null as options', () => open(null), /^options is null; an object is expected$/],
  ['a misspelled option', () => open({ durabel: true }), /^unknown option "durabel"; did you mean "durable"\?/],
  [
    'an option of another store',
    () => open({ closeDatabase: true }),
    /^unknown option "closeDatabase"; the options are /
  ],
  ['a text as a boolean', () => open({ durable: 'strict' }), /^durable is a string; a boolean is expected$/],
  [
    'a bigint as timeout',
    () => open({ timeout: 5n }),
    /^timeout is the bigint 5n; a number of milliseconds above 0 is expected$/
  ],
  [
    'a misspelled limit',
    () => open({ limits: { keys: 5 } }),
    /^unknown option "limits.keys"; did you mean "limits.key"\?/
  ],
  ['a clock in milliseconds', () => open({ clock: Date.now }), /^clock returned \d+; a bigint of nanoseconds/]
])('a store is not opened with %s, and no database is created', async (_, call, message) => {
  await expect(call()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
  expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name)
})
