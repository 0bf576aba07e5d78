import { createStore } from '@recordkit/record-store'
import { MapBackend } from '@recordkit/record-store/internal'
import { expect, test } from 'vitest'

const record = { key: Uint8Array.of(1), value: Uint8Array.of(2), rank: new Uint8Array(32), timeReceived: 0n }
const store = createStore(new MapBackend())

test.each<[string, () => unknown, RegExp]>([
  ['no backend', () => createStore(undefined as never), /^backend is undefined; a StoreBackend is expected$/],
  ['a Map as backend', () => createStore(new Map() as never), /^backend is a Map; a StoreBackend is expected$/],
  ['a class as backend', () => createStore(MapBackend as never), /^backend is a function; a StoreBackend is expected$/],
  ['null as options', () => createStore(new MapBackend(), null as never), /^options is null; an object is expected$/],
  [
    'a misspelled option',
    () => createStore(new MapBackend(), { onCorupt: () => {} } as never),
    /^unknown option "onCorupt"; did you mean "onCorrupt"\?/
  ],
  [
    'a text as a function',
    () => createStore(new MapBackend(), { random: 'often' as never }),
    /^random is a string; a function is expected$/
  ],
  [
    'a bigint as timeout',
    () => createStore(new MapBackend(), { timeout: 5n as never }),
    /^timeout is the bigint 5n; a/
  ],
  ['text as a key', () => store.get('a' as never), /^key is a string; a Uint8Array is expected$/],
  ['no record', () => store.put(undefined as never), /^record is undefined; an object with key, value, rank and/],
  [
    'a record that was not awaited',
    () => store.put(Promise.resolve(record) as never),
    /^record is a promise, which must be awaited; /
  ],
  [
    'a misspelled condition',
    () => store.put(record, { ifrank: null } as never),
    /^unknown option "ifrank"; did you mean "ifRank"\?/
  ],
  [
    'a touch without changes',
    () => store.touch(record.key, undefined as never),
    /^options is undefined; an object is expected$/
  ],
  [
    'a lifetime in milliseconds',
    () => store.touch(record.key, { ifRank: null, expires: 5 as never }),
    /^expires is 5; a bigint of nanoseconds is expected$/
  ],
  ['a number as query', () => store.iterate(5 as never).next(), /^query is 5; an object is expected$/],
  [
    'a text as an operation',
    () => store.batch(['put'] as never),
    /^the type of an operation is undefined; "put", "touch" or "delete" is expected$/
  ],
  ['a bigint as the time of a lease', () => store.lease('a', 5n as never), /^milliseconds is the bigint 5n; a /]
])('the message for %s says what is expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toMatchObject({
    name: 'RecordError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})
