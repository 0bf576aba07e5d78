import type { StoreChange } from '@recordkit/record-store'
import { check, same } from '../assert.ts'
import { text } from '../store/store-case.ts'
import { changesTo, contentOf, keyOf, must, readOne, scanAll, withRecord, writeAll } from './backend-case.ts'
import { kinds, numbered, fullContent, markOf, checkContent, scannedKeys, dueKeys } from './backend-content.ts'
import type { BackendCase } from './backend-case.ts'

/** Entries as they are written, read and counted. */
export const entryCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  must('backend/capabilities', 'declares the capabilities of the factory', async ({ open, factory }) => {
    same((await open()).capabilities, factory.capabilities, 'capabilities')
  }),
  must('backend/round-trip', 'returns every part and field of an entry as it was written', async ({ open }) => {
    const backend = await open()
    const key = text('/full')
    await writeAll(backend, [[key, fullContent(key)]])
    await checkContent(backend, key, fullContent(key), 'entry')
    for (const kind of kinds)
      same((await scanAll(backend, kind)).map(contentOf), [fullContent(key)], `entries of scan ${kind}`)
    // each part alone, over the others
    const { record: stored, mark, publication, recordShare, markShare } = fullContent(key)
    for (const part of [{ record: stored, recordShare }, { mark, markShare }, { publication }]) {
      await writeAll(backend, [[key, part]])
      await checkContent(backend, key, part, `entry with ${Object.keys(part).join()} alone`)
    }
  }),
  must('backend/shares', 'compares the shares of an entry, and changes them alone', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const { record: stored, recordShare } = fullContent(key)
    await writeAll(backend, [[key, { record: stored, recordShare }]])
    const [stale] = await changesTo(backend, [[key, {}]])
    const moved = { record: stored, recordShare: { group: Uint8Array.of(54), since: 5n } }
    await writeAll(backend, [[key, moved]])
    await checkContent(backend, key, moved, 'entry')
    same(await backend.write([stale as StoreChange]), false, 'a write over an entry whose share has changed')
    await writeAll(backend, [[key, { record: stored }]])
    await checkContent(backend, key, { record: stored }, 'entry without a share')
  }),
  must('backend/absent', 'returns an entry without version for an absent key', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const absent = await readOne(backend, key)
    same(absent.version === undefined, true, 'whether the version of an absent key is undefined')
    same(contentOf(absent), {}, 'entry')
    await writeAll(backend, [withRecord(key, 'v')])
    check((await readOne(backend, key)).version !== undefined, 'an entry with a record has no version')
    await writeAll(backend, [[key, {}]])
    same(
      (await readOne(backend, key)).version === undefined,
      true,
      'whether the version is undefined when it is removed'
    )
    for (const kind of kinds) same((await scanAll(backend, kind)).length, 0, `entries of scan ${kind}`)
    same(await backend.stats(), { entries: 0, bytes: 0, marks: 0, publications: 0 }, 'stats')
  }),
  must(
    'backend/read-many',
    'returns one entry per key in order, also for 1,500 and repeated keys',
    async ({ open }) => {
      const backend = await open()
      const keys = Array.from({ length: 1500 }, (_, index) => numbered(index))
      await writeAll(
        backend,
        keys.flatMap((key, index) => (index % 3 === 0 ? [] : [withRecord(key, String(index))]))
      )
      const read = await backend.read([...keys, numbered(1), numbered(1)])
      same(read.length, 1502, 'entries')
      for (const [index, entry] of read.entries()) {
        const number = index < 1500 ? index : 1
        const expected = number % 3 === 0 ? undefined : text(String(number))
        same(entry.record?.value, expected, `value of key ${index}`)
      }
      same([...(await backend.read([]))], [], 'no keys')
    }
  ),
  must('backend/keys', 'distinguishes and orders keys byte by byte', async ({ open }) => {
    const backend = await open()
    const keys = [
      [0],
      [0, 0],
      [1],
      [0x2f],
      [0x2f, 0x4b],
      [0x2f, 0x6b],
      [0x4b],
      [0x6b],
      [0x7f],
      [0x80],
      [0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0xef, 0xbf, 0xbd],
      [0xff],
      [0xff, 0],
      [0xff, 0xff]
    ].map((bytes) => Uint8Array.from(bytes))
    await writeAll(
      backend,
      [...keys].reverse().map((key) => withRecord(key, key.join()))
    )
    for (const key of keys)
      same((await readOne(backend, key)).record?.value, text(key.join()), `value under ${key.join(' ')}`)
    same((await scanAll(backend, 'records')).map(keyOf), keys, 'scanned keys')
    for (const [index, key] of keys.entries()) {
      same(
        (await scanAll(backend, 'records', { start: key })).map(keyOf),
        keys.slice(index),
        `keys from ${key.join(' ')}`
      )
      same(
        (await scanAll(backend, 'records', { end: key })).map(keyOf),
        keys.slice(0, index),
        `keys up to ${key.join(' ')}`
      )
    }
    same((await backend.stats()).entries, keys.length, 'entries')
  }),
  must('backend/stats', 'counts records, their bytes, marks and publications', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const full = fullContent(key)
    const bytes = key.length + (full.record?.value.length ?? 0) + (full.record?.rank.length ?? 0)
    for (const [content, expected] of [
      [full, { entries: 1, bytes, marks: 1, publications: 1 }],
      [{ record: full.record }, { entries: 1, bytes, marks: 0, publications: 0 }],
      [{ mark: full.mark }, { entries: 0, bytes: 0, marks: 1, publications: 0 }],
      [{ publication: full.publication }, { entries: 0, bytes: 0, marks: 0, publications: 1 }],
      [full, { entries: 1, bytes, marks: 1, publications: 1 }],
      [{}, { entries: 0, bytes: 0, marks: 0, publications: 0 }]
    ] as const) {
      await writeAll(backend, [[key, content]])
      same(await backend.stats(), expected, `stats of ${Object.keys(content).join(' and ')}`)
    }
  }),
  must(
    'backend/reopen',
    'has the same entries, indexes and counts after close and reopen',
    async ({ open, reopen }) => {
      const backend = await open()
      const key = text('/k')
      const mark = text('/m')
      await writeAll(backend, [
        [key, fullContent(key)],
        [mark, markOf(mark, 5n)]
      ])
      const stats = await backend.stats()
      const again = await reopen(backend)
      await checkContent(again, key, fullContent(key), 'entry')
      for (const kind of kinds)
        same(await scannedKeys(again, kind), kind === 'marks' ? ['/k', '/m'] : ['/k'], `keys of scan ${kind}`)
      same(await dueKeys(again, 6n, 10), ['/m'], 'due keys')
      same(await again.stats(), stats, 'stats')
    },
    ['persistent', 'reopen']
  )
])()
