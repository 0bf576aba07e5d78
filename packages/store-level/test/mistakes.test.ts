import { MemoryLevel } from 'memory-level'
import { LevelRecordStore } from '@recordkit/store-level'
import { expect, test } from 'vitest'

test.each([
  [
    'nothing',
    undefined,
    /^database is undefined; an abstract-level database, such as `new ClassicLevel\(path\)`, is expected$/
  ],
  ['a path', './records', /^database is a string; an abstract-level database/],
  ['a Map', new Map(), /^database is a Map; an abstract-level database/]
])('a store is not opened on %s', async (_, database, message) => {
  await expect(LevelRecordStore.open(database as never)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})

test.each<[string, unknown, RegExp]>([
  ['null', null, /^options is null; an object is expected$/],
  ['a misspelled name', { durabel: true }, /^unknown option "durabel"; did you mean "durable"\?/],
  ['an option of another store', { schema: 'records' }, /^unknown option "schema"; the options are /],
  ['a text as a boolean', { closeDatabase: 'yes' }, /^closeDatabase is a string; a boolean is expected$/],
  ['a bigint as a duration', { wait: 5n }, /^wait is the bigint 5n; a number of milliseconds above 0 is expected$/],
  ['a misspelled limit', { limits: { keys: 5 } }, /^unknown option "limits.keys"; did you mean "limits.key"\?/],
  ['a clock in milliseconds', { clock: Date.now }, /^clock returned \d+; a bigint of nanoseconds/]
])('a store is not opened with options that are or contain %s', async (_, options, message) => {
  const database = new MemoryLevel<Uint8Array, Uint8Array>()
  await expect(LevelRecordStore.open(database, options as never)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
  // the database is not in use by a store that failed to open
  await (await LevelRecordStore.open(database)).close()
})
