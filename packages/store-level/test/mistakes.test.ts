import { LevelRecordStore } from '@recordkit/store-level'
import { expect, test } from 'vitest'

test.each([
  [
    'nothing',
    undefined,
    /^database is undefined; an abstract-level database, such as `new ClassicLevel\(path\)`, is expected$/
  ],
  ['a path', './records', /^database is a string; an abstract-level database/],
  ['a Map', new Map(), /^database is an object; an abstract-level database/]
])('a store is not opened on %s', async (_, database, message) => {
  await expect(LevelRecordStore.open(database as never)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message) as unknown
  })
})
