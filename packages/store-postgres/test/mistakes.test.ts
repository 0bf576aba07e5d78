import { PostgresRecordStore } from '@recordkit/store-postgres'
import type { PostgresPool, PostgresRecordStoreOptions } from '@recordkit/store-postgres'
import { expect, test } from 'vitest'

let connections = 0
const pool: PostgresPool = {
  connect: async () => {
    connections++
    throw new Error('a wrong option must be found before a connection is made')
  }
}
const open = (options: unknown): Promise<unknown> =>
  PostgresRecordStore.open(pool, options as PostgresRecordStoreOptions)

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'no pool',
    () => PostgresRecordStore.open(undefined as never),
    /^pool is undefined; a connection pool, such as `new pg.Pool\(\{ connectionString \}\)`, is expected$/
  ],
  [
    'an address as pool',
    () => PostgresRecordStore.open('postgres://host' as never),
    /^pool is a string; a connection pool/
  ],
  [
    'a pool that was not awaited',
    () => PostgresRecordStore.open(Promise.resolve(pool) as never),
    /^pool is a promise, which must be awaited; a connection pool/
  ],
  ['null as options', () => open(null), /^options is null; an object is expected$/],
  ['a misspelled option', () => open({ closepool: true }), /^unknown option "closepool"; did you mean "closePool"\?/],
  ['an option of another store', () => open({ durable: true }), /^unknown option "durable"; the options are /],
  ['a text as a boolean', () => open({ listen: 'no' }), /^listen is a string; a boolean is expected$/],
  [
    'a bigint as interval',
    () => open({ pollInterval: 5n }),
    /^pollInterval is the bigint 5n; a number of milliseconds above 0/
  ],
  [
    'an empty schema',
    () => open({ schema: '' }),
    /^schema is ""; a text of 1 to 48 bytes without zero bytes is expected$/
  ],
  ['a number as schema', () => open({ schema: 5 }), /^schema is 5; a text of 1 to 48 bytes/],
  [
    'a misspelled limit',
    () => open({ limits: { keys: 5 } }),
    /^unknown option "limits.keys"; did you mean "limits.key"\?/
  ],
  ['a clock in milliseconds', () => open({ clock: Date.now }), /^clock returned \d+; a bigint of nanoseconds/]
])('a store is not opened with %s', async (_, call, message) => {
  await expect(call()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
  expect(connections).toBe(0)
})
