import fc from 'fast-check'
import { encodeRecord } from '@recordkit/record-codec'
import { fromHex } from '@recordkit/record-types/internal'
import { hour } from '@recordkit/testing'
import vectors from '@recordkit/vectors/rules/dskeys.json' with { type: 'json' }
import { MemoryLevel } from 'memory-level'
import { describe, expect, test } from 'vitest'
import type { DatastoreEntry } from '../src/datastore.ts'
import { datastoreKey, exportDatastore, importDatastore, recordKeyFromDatastoreKey } from '../src/datastore.ts'
import { LevelRecordStore } from '../src/index.ts'
import { FaultyLevel } from './faulty-level.ts'
import { collect, rankOf, record, text } from './records.ts'

const now = 1_800_000_000_000_000_000n

describe('datastore keys', () => {
  for (const { keyHex, datastoreKey: expected } of vectors.value) {
    test(`converts ${keyHex} to the datastore key of go-libp2p-kad-dht, and back`, () => {
      expect(datastoreKey(fromHex(keyHex))).toBe(expected)
      expect(recordKeyFromDatastoreKey(expected)).toEqual(fromHex(keyHex))
    })
  }

  test('finds no record key in the datastore keys of provider records and published names', () => {
    for (const { datastoreKey: key } of [...vectors.provider, ...vectors.namesysPublished]) {
      expect(recordKeyFromDatastoreKey(key)).toBeUndefined()
    }
  })

  test('converts a datastore key back to its record key, whatever its bytes are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom('', '/a/', '/../', '/./', '/providers/', '//'),
        (path, start) => {
          const key = Uint8Array.of(...text(start), ...path)
          expect(recordKeyFromDatastoreKey(datastoreKey(key))).toEqual(key)
        }
      )
    )
  })

  test('omits the namespace when the record key has none, or when cleaning the path would remove it', () => {
    for (const key of ['/./x', '/../x', '//x', '/x', '/xyz', 'ab/cd', 'x', '.']) {
      expect(datastoreKey(text(key)), key).toMatch(/^\/[A-Z2-7]+$/)
    }
    expect(datastoreKey(text('/.../x'))).toMatch(/^\/\.\.\.\//)
  })

  test('finds no record key in texts that are not canonical datastore keys', () => {
    for (const key of [
      '',
      '/',
      '/v',
      '/v/',
      '/v/f53c62dfnrwg6',
      '/v/F53C62DFNRWG7',
      '/v/F53C62DFNRWG6A',
      '/w/F53C62DFNRWG6',
      'v/F53C62DFNRWG6',
      '/v/1',
      '/v/é'
    ]) {
      expect(recordKeyFromDatastoreKey(key), key).toBeUndefined()
    }
  })
})

describe('exportDatastore and importDatastore', () => {
  const open = (_: Uint8Array, value: Uint8Array): { rank: Uint8Array } => ({ rank: rankOf(value[0] as number) })

  async function filled(): Promise<LevelRecordStore> {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    for (const [key, rank] of [
      ['/v/a', 65],
      ['/ipns/b', 66],
      ['no namespace', 67]
    ] as const) {
      await store.put(record(key, String.fromCharCode(rank), rank, { timeReceived: now - hour }))
    }
    return store
  }

  test('transfer every unexpired record from one store to another', async () => {
    const entries = await collect(exportDatastore(await filled()))
    expect(entries.map(({ key }) => key)).toContain(datastoreKey(text('/v/a')))
    const other = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    expect(await importDatastore(other, entries, { open })).toEqual({ imported: 3, stale: 0, skipped: [] })
    expect(await other.get(text('/v/a'))).toEqual({
      ...record('/v/a', 'A', 65),
      timeReceived: now - hour,
      expires: now + 47n * hour
    })
    expect(await importDatastore(other, entries, { open })).toEqual({ imported: 3, stale: 0, skipped: [] })
  })

  test('never replace a record by one that ranks lower', async () => {
    const store = await filled()
    const entries = await collect(exportDatastore(store))
    await store.put(record('/v/a', 'Z', 90, { timeReceived: now }))
    expect(await importDatastore(store, entries, { open })).toMatchObject({ imported: 2, stale: 1 })
    expect((await store.get(text('/v/a')))?.value).toEqual(text('Z'))
  })

  test('set the earlier of the expiry of the record and its maximum age', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    const entry = (key: string): DatastoreEntry => ({
      key: datastoreKey(text(key)),
      value: encodeRecord({ key: text(key), value: text('v'), timeReceived: now })
    })
    const soon = { rank: rankOf(1), expires: now + hour }
    await importDatastore(store, [entry('/v/soon')], { open: () => soon })
    await importDatastore(store, [entry('/v/late')], {
      open: () => ({ ...soon, expires: now + 100n * hour }),
      maxAge: 3 * 3_600_000
    })
    expect((await store.get(text('/v/soon')))?.expires).toBe(now + hour)
    expect((await store.get(text('/v/late')))?.expires).toBe(now + 3n * hour)
  })

  test('skip entries that are not a record of their key, and report why', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    const key = datastoreKey(text('/v/a'))
    const entries: DatastoreEntry[] = [
      { key: '/providers/CIQ/AAS', value: new Uint8Array(0) },
      { key, value: text('not a protobuf') },
      { key, value: encodeRecord({ key: text('/v/other'), value: text('v'), timeReceived: now }) },
      { key, value: encodeRecord({ key: text('/v/a'), value: text('v') }) },
      { key, value: encodeRecord({ key: text('/v/a'), value: text('bad'), timeReceived: now }) }
    ]
    const { skipped, imported } = await importDatastore(store, entries, { open: () => undefined })
    expect(imported).toBe(0)
    expect(skipped.map(({ reason }) => reason.split(':')[0])).toEqual([
      'its key is not the key of a value record',
      'the record cannot be read',
      'the record inside has another key',
      'the record has no time of receipt, so it counts as expired',
      '`open` returned undefined'
    ])
  })

  test('skip records beyond the limits of the store, and import the rest', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now, limits: { value: 5 } })
    const entries = ['small', 'too large', 'fine'].map((value): DatastoreEntry => {
      const key = text(`/v/${value}`)
      return { key: datastoreKey(key), value: encodeRecord({ key, value: text(value), timeReceived: now }) }
    })
    const { imported, skipped } = await importDatastore(store, entries, { open })
    expect(imported).toBe(2)
    expect(skipped.map(({ key }) => key)).toEqual([datastoreKey(text('/v/too large'))])
  })

  const entriesOf = (...values: readonly string[]): DatastoreEntry[] =>
    values.map((value) => {
      const key = text(`/v/${value}`)
      return { key: datastoreKey(key), value: encodeRecord({ key, value: text(value), timeReceived: now }) }
    })

  test('skip records whose rank has no identity, and import the rest', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    const short = (key: Uint8Array, value: Uint8Array): { rank: Uint8Array } =>
      value[0] === 0x61 ? { rank: new Uint8Array(31) } : open(key, value)
    const { imported, skipped } = await importDatastore(store, entriesOf('a', 'b'), { open: short })
    expect(imported).toBe(1)
    expect(skipped).toEqual([{ key: datastoreKey(text('/v/a')), reason: expect.stringContaining('rank') as string }])
  })

  test('put 256 records at a time, so that memory use does not grow with the file', async () => {
    const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
    const sizes: number[] = []
    const { batch } = store
    store.batch = async (operations, options) => {
      sizes.push(operations.length)
      return batch.call(store, operations, options)
    }
    const entries = entriesOf(...Array.from({ length: 600 }, (_, index) => String(index)))
    expect(await importDatastore(store, entries, { open })).toEqual({ imported: 600, stale: 0, skipped: [] })
    expect(sizes).toEqual([256, 256, 88])
  })

  test('stop when the signal aborts, between two records and before the last batch', async () => {
    const reason = new Error('enough')
    for (const last of ['a', 'b']) {
      const store = await LevelRecordStore.open(new MemoryLevel(), { clock: () => now })
      const controller = new AbortController()
      const seen: string[] = []
      const stopping = (key: Uint8Array, value: Uint8Array): { rank: Uint8Array } => {
        seen.push(new TextDecoder().decode(value))
        if (seen.at(-1) === last) controller.abort(reason)
        return open(key, value)
      }
      const options = { open: stopping, signal: controller.signal }
      await expect(importDatastore(store, entriesOf('a', 'b'), options)).rejects.toBe(reason)
      expect(seen.at(-1)).toBe(last)
      expect((await store.stats()).entries).toBe(0)
    }
  })

  test('reject with the error of the store, and with an error that `open` throws', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => now, limits: { value: 5 } })
    const cause = new Error('no space left on device')
    for (const entries of [entriesOf('small'), entriesOf('small', 'too large')]) {
      database.writeError = cause
      const failing = importDatastore(store, entries, { open }).finally(() => (database.writeError = undefined))
      await expect(failing).rejects.toMatchObject({ code: 'STORE_UNKNOWN', cause })
    }
    // fails once: putting each record alone after that would hide the error
    database.onBatch = () => {
      database.onBatch = undefined
      throw cause
    }
    await expect(importDatastore(store, entriesOf('small'), { open })).rejects.toMatchObject({
      code: 'STORE_UNKNOWN',
      cause
    })
    const failingOpen = (): never => {
      throw cause
    }
    await expect(importDatastore(store, entriesOf('small'), { open: failingOpen })).rejects.toBe(cause)
  })
})
