import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const record = { key: Uint8Array.of(1), value: Uint8Array.of(2), rank: new Uint8Array(32), timeReceived: 0n }
const store = new MemoryRecordStore()

test.each<[string, () => unknown, RegExp]>([
  ['null as options', () => new MemoryRecordStore(null as never), /^options is null; an object is expected$/],
  [
    'a misspelled bound',
    () => new MemoryRecordStore({ maxRecord: 5 } as never),
    /^unknown option "maxRecord"; did you mean "maxRecords"\?/
  ],
  [
    'a misspelled limit',
    () => new MemoryRecordStore({ limits: { values: 5 } as never }),
    /^unknown option "limits.values"; did you mean "limits.value"\?/
  ],
  [
    'a bigint as bound',
    () => new MemoryRecordStore({ maxRecords: 5n as never }),
    /^maxRecords is the bigint 5n; a whole number of at least 0 is expected$/
  ],
  [
    'nanoseconds as age',
    () => new MemoryRecordStore({ maxAge: 3600e9 }),
    /^maxAge is 3600000000000; a number of milliseconds above 0 and up to a hundred years, or Infinity, is expected$/
  ],
  [
    'a clock in milliseconds',
    () => new MemoryRecordStore({ clock: Date.now as never }),
    /^clock returned \d+; a bigint of nanoseconds/
  ],
  ['text as a key', () => store.get('a' as never), /^key is a string; a Uint8Array is expected$/],
  ['no record', () => store.put(undefined as never), /^record is undefined; an object with key, value, rank and/],
  [
    'a number as a time',
    () => store.put({ ...record, timeReceived: 1 as never }),
    /^timeReceived is 1; a bigint of nanoseconds is expected$/
  ],
  [
    'a misspelled condition',
    () => store.put(record, { ifrank: null } as never),
    /^unknown option "ifrank"; did you mean "ifRank"\?/
  ],
  [
    'a misspelled condition of a delete',
    () => store.delete(record.key, { ifrank: null } as never),
    /^unknown option "ifrank"; did you mean/
  ],
  [
    'text as a prefix',
    () => store.iterate({ prefix: '/config/' as never }).next(),
    /^prefix is a string; a Uint8Array is expected$/
  ],
  [
    'a misspelled query',
    () => store.iterate({ prefx: record.key } as never).next(),
    /^unknown option "query.prefx"; did you mean "query.prefix"\?/
  ],
  [
    'a controller as signal',
    () => store.get(record.key, { signal: new AbortController() as never }),
    /^signal is an AbortController; an AbortSignal is expected$/
  ]
])('the message for %s says what is expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toMatchObject({
    name: 'RecordError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})
