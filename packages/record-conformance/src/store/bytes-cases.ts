import type { Publication, StoredRecord } from '@recordkit/record-store'
import { check, collect, same } from '../assert.ts'
import type { StoreCase } from './store-case.ts'
import { cases, must, publicationOf, rankOf, record, startTime, text } from './store-case.ts'

/** A record with every field. */
function fullRecord(): StoredRecord {
  return {
    key: text('/bytes/full'),
    value: Uint8Array.of(0, 255, 128),
    rank: rankOf(Uint8Array.of(0, 0, 7), Uint8Array.of(0, 255, 128)),
    timeReceived: startTime,
    expires: startTime + 1n,
    author: Uint8Array.of(0, 36, 8, 1),
    sender: Uint8Array.of(18, 32, 5)
  }
}

/** Overwrites every byte field of a record. */
function overwrite(target: StoredRecord | undefined): void {
  for (const field of Object.values(target ?? {})) if (field instanceof Uint8Array) field.fill(0xee)
}

function clone(source: StoredRecord): StoredRecord {
  return Object.fromEntries(
    Object.entries(source).map(([name, field]) => [name, field instanceof Uint8Array ? field.slice() : field])
  ) as unknown as StoredRecord
}

/** Bytes are stored and returned unchanged, whatever callers do to theirs. */
export const bytesCases: readonly StoreCase[] = /* @__PURE__ */ cases(() => [
  must('bytes/round-trip', 'returns every field of a record as it was put', async ({ open }) => {
    const store = await open()
    const full = fullRecord()
    same(await store.put(clone(full)), { status: 'stored' }, 'put')
    same(await store.get(full.key), full, 'get')
    same(await store.getMany([full.key]), [full], 'getMany')
    same(await collect(store.iterate()), [full], 'iterate')
  }),
  must('bytes/absent-fields', 'adds no fields to a record', async ({ open }) => {
    const store = await open()
    const plain = record('/bytes/plain', 'v', 1)
    await store.put(plain)
    same(await store.get(plain.key), plain, 'get')
  }),
  must('bytes/empty', 'stores an empty value and an empty order', async ({ open }) => {
    const store = await open()
    const empty = record('/bytes/empty', '', new Uint8Array(0))
    same((await store.put(empty)).status, 'stored', 'status')
    same(await store.get(empty.key), empty, 'get')
    same((await store.put(record('/bytes/empty', '', 1))).status, 'stored', 'status above an empty order')
  }),
  must('bytes/largest', 'stores keys, values, ranks and times of the maximum size', async ({ open }) => {
    const store = await open()
    const largest = record(
      new Uint8Array(1024).fill(0xff),
      new Uint8Array(65_536).fill(1),
      new Uint8Array(31).fill(2),
      {
        timeReceived: 2n ** 64n - 1n,
        expires: 2n ** 64n - 1n
      }
    )
    same((await store.put(largest)).status, 'stored', 'status')
    same(await store.get(largest.key), largest, 'get')
    const later = record('/later', 'v', 1, { timeReceived: 2n ** 64n, expires: 2n ** 80n })
    same((await store.put(later)).status, 'stored', 'status of times above 64 bits')
    const saturated = { ...later, timeReceived: 2n ** 64n - 1n, expires: 2n ** 64n - 1n }
    same(await store.get(later.key), saturated, 'get of times above 64 bits')
  }),
  must('bytes/views', 'stores the bytes of a view, not the buffer under it', async ({ open }) => {
    const store = await open()
    const buffer = Uint8Array.from({ length: 64 }, (_, index) => index)
    await store.put(record(buffer.subarray(10, 20), buffer.subarray(20, 30), buffer.subarray(30, 38)))
    const expected = record(buffer.slice(10, 20), buffer.slice(20, 30), buffer.slice(30, 38))
    same(await store.get(buffer.subarray(10, 20)), expected, 'get')
  }),
  must(
    'bytes/copies-in',
    'keeps its data unchanged when the caller changes its bytes after a call',
    async ({ open }) => {
      const store = await open()
      const full = fullRecord()
      const given = clone(full)
      const running = store.put(given)
      overwrite(given)
      await running
      same(await store.get(full.key), full, 'get')
      const batched = clone(record('/bytes/batched', 'v', 1))
      const batch = store.batch([{ type: 'put', record: batched }])
      overwrite(batched)
      await batch
      same(await store.get(text('/bytes/batched')), record('/bytes/batched', 'v', 1), 'get after batch')
      const key = text('/bytes/batched')
      const deleting = store.delete(key)
      overwrite(record(key, key, key))
      same(await deleting, true, 'delete')
    }
  ),
  must(
    'bytes/copies-out',
    'keeps its data unchanged when the caller changes returned bytes',
    async ({ open, clock }) => {
      const store = await open()
      const full = fullRecord()
      const original = clone({ ...full, expires: startTime + 1000n })
      await store.put(clone(original))
      overwrite(await store.get(original.key))
      overwrite((await store.getMany([original.key]))[0])
      for await (const item of store.iterate()) overwrite(item)
      overwrite((await store.put({ ...clone(original), rank: new Uint8Array(32) })).previous)
      same(await store.get(original.key), original, 'get')
      clock.now += 2000n
      await store.sweep()
      const mark = await store.mark(original.key)
      check(mark !== undefined, 'a swept record has left no mark')
      for (const field of [mark.key, mark.rank]) field.fill(0xee)
      for await (const each of store.marks()) each.rank.fill(0xee)
      same((await store.mark(original.key))?.rank, original.rank, 'rank of the mark')
    }
  ),
  must(
    'publications/round-trip',
    'returns every field of a publication as it was put, in bytes of its own',
    async ({ open }) => {
      const store = await open()
      const full = (key: string): Publication =>
        publicationOf(key, {
          signer: Uint8Array.of(0, 36, 8, 1),
          lifetime: 2n ** 63n,
          ttl: 2n ** 64n - 1n,
          options: Uint8Array.of(0, 255),
          network: false,
          published: startTime
        })
      const overwritePublication = (target: Publication | undefined): void => {
        for (const field of Object.values(target ?? {})) if (field instanceof Uint8Array) field.fill(0xee)
      }
      const given = full('/full')
      const putting = store.put(record('/full', 'v', 1), { publication: given })
      overwritePublication(given)
      await putting
      await store.put(record('/short', 'v', 1), { publication: publicationOf('/short') })
      await store.put(record('/touched', 'v', 1))
      const touch = full('/touched')
      const touching = store.touch(touch.key.slice(), { publication: touch })
      overwritePublication(touch)
      same(await touching, true, 'touch')
      overwritePublication(await store.publication(text('/full')))
      for await (const each of store.publications()) overwritePublication(each)
      same(await store.publication(text('/full')), full('/full'), 'publication')
      same(await store.publication(text('/short')), publicationOf('/short'), 'publication without optional fields')
      same(
        await collect(store.publications()),
        [full('/full'), publicationOf('/short'), full('/touched')],
        'publications'
      )
    }
  ),
  must('keys/case', 'distinguishes keys by upper and lower case', async ({ open }) => {
    const store = await open()
    const keys = ['/K', '/k', '/\u00c9', '/\u00e9']
    for (const key of keys) same((await store.put(record(key, key, 1))).status, 'stored', `status of ${key}`)
    for (const key of keys) same((await store.get(text(key)))?.value, text(key), `value under ${key}`)
    same((await collect(store.iterate({ prefix: text('/k') }))).length, 1, 'records by prefix')
  }),
  must('keys/bytes', 'distinguishes keys byte by byte, also keys that are not text', async ({ open }) => {
    const store = await open()
    const keys = [
      [0],
      [0, 0],
      [0xff],
      [0xff, 0xff],
      [0xc3, 0x28],
      [0xef, 0xbf, 0xbd],
      [0xed, 0xa0, 0x80],
      [0x2f],
      [1, 0]
    ]
    for (const [index, key] of keys.entries()) await store.put(record(Uint8Array.from(key), Uint8Array.of(index), 1))
    for (const [index, key] of keys.entries()) {
      same((await store.get(Uint8Array.from(key)))?.value, Uint8Array.of(index), `value under ${key.join(' ')}`)
    }
    same((await store.stats()).entries, keys.length, 'entries')
  }),
  must('keys/normalization', 'treats two Unicode spellings of a text as different keys', async ({ open }) => {
    const store = await open()
    await store.put(record('/caf\u00e9', 'composed', 1))
    await store.put(record('/cafe\u0301', 'decomposed', 1))
    await store.put(record('/CAFE', 'upper', 1))
    same((await store.get(text('/caf\u00e9')))?.value, text('composed'), 'value')
    same((await store.stats()).entries, 3, 'entries')
  }),
  must('keys/prefixes', 'keeps keys apart that are prefixes of one another', async ({ open }) => {
    const store = await open()
    for (let length = 1; length <= 8; length++)
      await store.put(record(new Uint8Array(length), Uint8Array.of(length), 1))
    await store.delete(new Uint8Array(4))
    same(await store.has(new Uint8Array(4)), false, 'has the deleted key')
    const found = await collect(store.iterate())
    same(
      found.map(({ key }) => key.length),
      [1, 2, 3, 5, 6, 7, 8],
      'lengths of the keys'
    )
  })
])
