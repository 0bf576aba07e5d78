import type { EntryContent, EntryKind, ScanRange, StoreBackend, StoreChange, StoreEntry } from '@recordkit/record-store'
import { compareBytes, equalBytes } from '@recordkit/record-types'
import { check, same } from '../assert.ts'
import { manyEntries, publicationOf, rankOf, record, startTime, text } from '../store/store-case.ts'
import { accountCases } from './account-cases.ts'
import type { BackendCase } from './backend-case.ts'
import { changesTo, contentOf, copyEntry, keyOf, must, readOne, scanAll, withRecord, writeAll } from './backend-case.ts'

const kinds: readonly EntryKind[] = ['records', 'marks', 'publications']
/** 2^64 - 1, as a literal: bundlers keep computed bigints */
const latest = 18_446_744_073_709_551_615n

function numbered(index: number): Uint8Array {
  return text(`/k/${String(index).padStart(5, '0')}`)
}

/** An entry with all parts and fields. */
function fullContent(key: Uint8Array): EntryContent {
  const value = Uint8Array.of(0, 255, 128)
  return {
    record: record(key, value, Uint8Array.of(0, 0, 7), {
      timeReceived: latest,
      expires: 2n ** 63n,
      author: Uint8Array.of(0, 36, 8, 1),
      sender: Uint8Array.of(18, 32, 5)
    }),
    mark: { key, rank: rankOf(Uint8Array.of(0, 0, 9), 'mark'), until: latest - 1n },
    publication: publicationOf(key, {
      signer: Uint8Array.of(0, 36, 8, 2),
      lifetime: 2n ** 63n + 1n,
      ttl: 0n,
      options: Uint8Array.of(0, 255),
      network: false,
      published: latest
    }),
    recordShare: { group: Uint8Array.of(52, 10, 0, 255), since: latest - 2n },
    markShare: { group: new Uint8Array(0), since: 2n ** 63n + 2n }
  }
}

function markOf(key: Uint8Array, until = startTime): EntryContent {
  return { mark: { key, rank: rankOf(1, 'mark'), until } }
}

async function checkContent(
  backend: StoreBackend,
  key: Uint8Array,
  expected: EntryContent,
  what: string
): Promise<void> {
  same(contentOf(await readOne(backend, key)), expected, what)
}

/** The keys of a scan as text. */
async function scannedKeys(backend: StoreBackend, kind: EntryKind, range: ScanRange = {}): Promise<string[]> {
  return (await scanAll(backend, kind, range)).map((entry) => new TextDecoder().decode(keyOf(entry)))
}

async function dueKeys(backend: StoreBackend, now: bigint, limit: number): Promise<string[]> {
  return [...(await backend.expired(now, limit))].map((key) => new TextDecoder().decode(key))
}

/** The rules for every `StoreBackend`. */
export const backendCases: readonly BackendCase[] = /* @__PURE__ */ (() => [
  ...accountCases,
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
  must('backend/version', 'compares the version of a change with the entry as it is now', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    await writeAll(backend, [withRecord(key, 'one', 1)])
    const [old] = await changesTo(backend, [withRecord(key, 'old', 3)])
    check(old !== undefined, 'there is no change')
    await writeAll(backend, [withRecord(key, 'two', 2)])
    same(await backend.write([old]), false, 'write with an old version')
    await checkContent(backend, key, withRecord(key, 'two', 2)[1], 'entry')
    same(await backend.write([{ ...old, previous: await readOne(backend, key) }]), true, 'write with the new version')
  }),
  must('backend/version-same-rank', 'compares more than rank and value of an entry', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const stored = record(key, 'v', 1)
    const contents: readonly EntryContent[] = [
      { record: stored },
      { record: { ...stored, timeReceived: startTime + 1n } },
      { record: { ...stored, expires: startTime + 1n } },
      { record: stored, ...markOf(key) },
      { record: stored, ...markOf(key, startTime + 1n) },
      { record: stored, publication: publicationOf(key) },
      { record: stored, publication: publicationOf(key, { network: false }) }
    ]
    for (const [from, first] of contents.entries()) {
      for (const [to, second] of contents.entries()) {
        if (from === to) continue
        await writeAll(backend, [[key, first]])
        const [old] = await changesTo(backend, [withRecord(key, 'old', 3)])
        check(old !== undefined, 'there is no change')
        await writeAll(backend, [[key, second]])
        same(await backend.write([old]), false, `write with the version of content ${from} over content ${to}`)
        await checkContent(backend, key, second, `content ${to}`)
      }
    }
  }),
  must('backend/version-absent', 'compares the version of an absent entry', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const [create] = await changesTo(backend, [withRecord(key, 'first', 1)])
    check(create !== undefined, 'there is no change')
    await writeAll(backend, [withRecord(key, 'second', 2)])
    same(await backend.write([create]), false, 'write of a change of an absent entry')
    await checkContent(backend, key, withRecord(key, 'second', 2)[1], 'entry')
    // and an entry that was read, and is absent now
    const [replace] = await changesTo(backend, [withRecord(key, 'third', 3)])
    check(replace !== undefined, 'there is no change')
    await writeAll(backend, [[key, {}]])
    same(await backend.write([replace]), false, 'write of a change of a removed entry')
    await checkContent(backend, key, {}, 'entry afterwards')
  }),
  must(
    'backend/version-mark',
    'compares the version of an entry that has a mark or a publication only',
    async ({ open }) => {
      const backend = await open()
      const key = text('/k')
      for (const content of [markOf(key), { publication: publicationOf(key) }]) {
        await writeAll(backend, [[key, {}]])
        const [create] = await changesTo(backend, [withRecord(key, 'first', 1)])
        check(create !== undefined, 'there is no change')
        await writeAll(backend, [[key, content]])
        same(await backend.write([create]), false, 'write of a change of an absent entry')
        const [replace] = await changesTo(backend, [withRecord(key, 'first', 1)])
        check(replace !== undefined, 'there is no change')
        await writeAll(backend, [withRecord(key, 'second', 2)])
        same(await backend.write([replace]), false, 'write of a change of an entry without record')
        await checkContent(backend, key, withRecord(key, 'second', 2)[1], 'entry')
      }
    }
  ),
  must(
    'backend/all-or-nothing',
    'applies all of 1,200 changes, or none when one version differs, wherever it is',
    async ({ open }) => {
      const backend = await open()
      const keys = Array.from({ length: 1200 }, (_, index) => numbered(index))
      await writeAll(
        backend,
        keys.map((key) => withRecord(key, 'one', 1))
      )
      for (const changed of [0, 1, 600, 1199]) {
        const changes = await changesTo(
          backend,
          keys.map((key) => withRecord(key, 'two', 2))
        )
        const other = keys[changed] as Uint8Array
        await writeAll(backend, [withRecord(other, 'other', 3)])
        same(await backend.write(changes), false, `write with another version of change ${changed}`)
        const values = (await backend.read(keys)).map((entry) => entry.record?.value)
        for (const [index, value] of values.entries())
          same(value, text(index === changed ? 'other' : 'one'), `value of key ${index} after a refused write`)
        await writeAll(backend, [withRecord(other, 'one', 1)])
      }
      same(
        await backend.write(
          await changesTo(
            backend,
            keys.map((key) => withRecord(key, 'two', 2))
          )
        ),
        true,
        'write'
      )
      for (const entry of await backend.read(keys)) same(entry.record?.value, text('two'), 'value after the write')
      const { entries } = await backend.stats()
      same(entries, 1200, 'entries')
    },
    ['atomicBatch']
  ),
  must(
    'backend/concurrent-shared',
    'applies exactly one of 32 concurrent writes with the same version, through two backends',
    async ({ open, share }) => {
      const one = await open()
      const two = await share(one)
      const key = text('/k')
      for (const first of [{}, withRecord(key, 'first', 1)[1]]) {
        await writeAll(one, [[key, first]])
        const entries = [copyEntry(await readOne(one, key)), copyEntry(await readOne(two, key))] as const
        const results = await Promise.all(
          Array.from({ length: 32 }, async (_, index) =>
            (index % 2 === 0 ? one : two).write([
              { key, previous: entries[index % 2 === 0 ? 0 : 1], next: withRecord(key, `writer ${index}`, 2)[1] }
            ])
          )
        )
        same(results.filter(Boolean).length, 1, 'writes that were applied')
        same((await readOne(two, key)).record?.value, text(`writer ${results.indexOf(true)}`), 'value')
      }
    },
    ['multiProcess', 'share']
  ),
  must(
    'backend/write-or-read',
    'returns what the keys contain where it refuses a write, with versions that a write accepts',
    async ({ open, share }) => {
      const backend = await open()
      const other = await share(backend)
      const keys = ['/absent', '/changed', '/created', '/removed', '/same'].map(text)
      const [, changed, created, removed, unchanged] = keys as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array
      ]
      await writeAll(
        backend,
        [changed, removed, unchanged].map((key) => withRecord(key, 'one', 1))
      )
      const changes = await changesTo(
        backend,
        keys.map((key) => withRecord(key, 'three', 3))
      )
      await writeAll(other, [withRecord(changed, 'two', 2), withRecord(created, 'two', 2), [removed, {}]])
      const written = await backend.writeOrRead?.(changes)
      check(written !== undefined && written !== true, 'a write over other versions was not refused')
      const entries = written === false ? await backend.read(keys) : written
      same(
        entries.map(({ record: stored }) => stored?.value),
        [undefined, 'two', 'two', undefined, 'one'].map((value) => (value === undefined ? undefined : text(value))),
        'values'
      )
      const again = changes.map((change, index) => ({ ...change, previous: copyEntry(entries[index] as StoreEntry) }))
      same(await backend.writeOrRead?.(again), true, 'write with the versions that were returned')
      for (const entry of await other.read(keys)) same(entry.record?.value, text('three'), 'value')
    },
    ['share', 'atomicBatch', 'expectations']
  ),
  must(
    'backend/expect',
    'expects entries as they were, and never with the version of others',
    async ({ open, share }) => {
      const backend = await open()
      const other = await share(backend)
      const expected = (of: StoreBackend, key: Uint8Array): StoreEntry => copyEntry(of.expect?.([key])[0] ?? {})
      const key = text('/k')
      same(contentOf(expected(backend, key)), {}, 'expected of a key without an entry')
      for (const [round, content] of [
        withRecord(key, 'one', 1)[1],
        markOf(key),
        {},
        withRecord(key, 'two', 2)[1]
      ].entries()) {
        await writeAll(round % 2 === 0 ? other : backend, [[key, content]])
        for (const each of [backend, other]) {
          const previous = expected(each, key)
          const isWritten = await each.writeOrRead?.([{ key, previous, next: content }])
          if (isWritten === true)
            same(contentOf(previous), contentOf(content), 'expected entry whose version is accepted')
          else if (typeof isWritten === 'object')
            same(contentOf(isWritten[0] ?? {}), contentOf(content), 'entry that is returned')
          const [entry] = await each.read([key])
          same(contentOf(entry ?? {}), contentOf(content), 'entry')
        }
      }
      same(backend.expect?.(['/a', '/k', '/b'].map(text)).length, 3, 'expected entries of three keys')
    },
    ['share', 'expectations']
  ),
  must(
    'backend/version-damaged',
    'compares the version of a damaged entry',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await writeAll(backend, [withRecord(key, 'first', 1)])
      await factory.corrupt?.(backend, key)
      const [change] = await changesTo(backend, [withRecord(key, 'low', 2)])
      check(change?.previous.corrupt !== undefined, 'a damaged entry is not reported as corrupt')
      await writeAll(backend, [withRecord(key, 'high', 3)])
      same(await backend.write([change]), false, 'write with the version of the damaged entry')
      await checkContent(backend, key, withRecord(key, 'high', 3)[1], 'entry')
    },
    ['corruption']
  ),
  must(
    'backend/damaged',
    'reports damaged entries in reads and scans, and the other entries too',
    async ({ open, factory }) => {
      const backend = await open()
      const keys = ['/a', '/b', '/c'].map(text)
      await writeAll(
        backend,
        keys.map((key) => withRecord(key, 'v'))
      )
      await factory.corrupt?.(backend, text('/b'))
      const read = await backend.read(keys)
      same(
        read.map(({ corrupt }) => corrupt !== undefined),
        [false, true, false],
        'corrupt entries of a read'
      )
      const scanned = await scanAll(backend, 'records')
      same(
        scanned.map(({ corrupt }) => corrupt !== undefined),
        [false, true, false],
        'corrupt entries of a scan'
      )
    },
    ['corruption']
  ),
  must(
    'backend/quarantine',
    'keeps every damaged entry that is replaced in quarantine',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await writeAll(backend, [withRecord(key, 'first', 1)])
      for (const round of [1, 2, 3]) {
        await factory.corrupt?.(backend, key)
        await writeAll(backend, [withRecord(key, `round ${round}`, round)])
        same(await factory.quarantined?.(backend), round, 'entries in quarantine')
      }
    },
    ['corruption', 'quarantine']
  ),
  must(
    'backend/newer',
    'reports an entry of a newer format as newer, not as corrupt',
    async ({ open, factory }) => {
      const backend = await open()
      const key = text('/k')
      await factory.writeNewer?.(backend, key)
      const entry = await readOne(backend, key)
      same(entry.newer?.code, 'STORE_NEWER_FORMAT', 'code of the entry')
      same(entry.corrupt, undefined, 'corrupt')
      check(entry.version !== undefined, 'an entry of a newer format has no version')
    },
    ['newer']
  ),
  must(
    'backend/scan-many',
    'scans many keys in order, in both directions and from any key',
    async ({ open, factory }) => {
      const count = factory.manyEntries ?? manyEntries
      const backend = await open()
      // 7919 has no common divisor with the number of keys
      const order = Array.from({ length: count }, (_, index) => (index * 7919) % count)
      await writeAll(
        backend,
        order.map((index) => {
          const key = numbered(index)
          return [key, { record: record(key, 'v', 1), ...markOf(key), publication: publicationOf(key) }]
        })
      )
      for (const kind of kinds) {
        for (const [range, from, to, directions] of [
          [{}, 0, count, [false, true]],
          [{ start: numbered(3), end: numbered(count - 7) }, 3, count - 7, [false, true]],
          [{ start: numbered(count >> 1) }, count >> 1, count, [true]],
          [{ limit: count }, 0, count, [false]]
        ] as const) {
          for (const reverse of directions) {
            let index = reverse ? to - 1 : from
            for await (const entry of backend.scan(kind, { ...range, reverse })) {
              const expected = numbered(index)
              const key = keyOf(entry)
              check(
                compareBytes(key, expected) === 0,
                `scan of ${kind}: a key is ${new TextDecoder().decode(key)}; expected ${new TextDecoder().decode(expected)}`
              )
              index += reverse ? -1 : 1
            }
            same(index, reverse ? from - 1 : to, `position at the end of a scan of ${kind}`)
          }
        }
      }
    }
  ),
  must('backend/scan-pages', 'ends a scan at its bounds whatever the number of keys', async ({ open }) => {
    const backend = await open()
    // around the sizes of pages that backends use
    for (const count of [1, 2, 15, 16, 17, 63, 64, 65, 99, 100, 101, 127, 128, 129, 255, 256, 257, 999, 1000, 1001]) {
      const before = (await scanAll(backend, 'records')).length
      await writeAll(
        backend,
        Array.from({ length: count - before }, (_, index) => withRecord(numbered(before + index), 'v'))
      )
      for (const reverse of [false, true]) {
        const found = await scanAll(backend, 'records', { reverse })
        same(found.length, count, `entries of a scan${reverse ? ' in reverse' : ''}`)
        same(new Set(found.map((entry) => keyOf(entry).join())).size, count, 'distinct keys')
      }
    }
  }),
  must(
    'backend/scan-writes',
    'returns keys that stay exactly once while others change during a scan',
    async ({ open }) => {
      for (const reverse of [false, true]) {
        const backend = await open()
        const count = 3000
        await writeAll(
          backend,
          Array.from({ length: count }, (_, index) => withRecord(numbered(index), 'v'))
        )
        const seen: string[] = []
        for await (const entry of backend.scan('records', { reverse })) {
          const key = keyOf(entry).slice()
          seen.push(new TextDecoder().decode(key))
          const step = seen.length
          check(step <= 2 * count, `a scan of ${count} keys does not end after ${2 * count}`)
          // remove the key itself, replace the next one, and add keys on both sides
          if (step % 100 !== 0 || step > count) continue
          const next = numbered((step * 7) % count)
          const replaced = equalBytes(next, key) ? text('/a/0') : next
          await writeAll(backend, [
            [key, {}],
            withRecord(replaced, 'w', 2),
            withRecord(text(`/a/${step}`), 'new'),
            withRecord(text(`/z/${step}`), 'new')
          ])
        }
        const left = new Set(await scannedKeys(backend, 'records', { start: text('/k/'), end: text('/k0') }))
        const seenOnce = new Set(seen)
        same(seenOnce.size, seen.length, 'distinct keys')
        for (const key of left) check(seenOnce.has(key), `the key ${key} stayed and was not returned`)
      }
    }
  ),
  must(
    'backend/scan-kinds',
    'lists entries by what they contain: also marks and publications alone',
    async ({ open }) => {
      const backend = await open()
      const [both, mark, publication, stored] = ['/both', '/mark', '/publication', '/record'].map(text) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array
      ]
      await writeAll(backend, [
        [both, fullContent(both)],
        [mark, markOf(mark)],
        [publication, { publication: publicationOf(publication) }],
        withRecord(stored, 'v', 1, { expires: 1n })
      ])
      same(await scannedKeys(backend, 'records'), ['/both', '/record'], 'records')
      same(await scannedKeys(backend, 'marks'), ['/both', '/mark'], 'marks')
      same(await scannedKeys(backend, 'publications'), ['/both', '/publication'], 'publications')
      // a part that is removed is not listed any more
      await writeAll(backend, [
        [both, { record: fullContent(both).record }],
        [publication, markOf(publication)]
      ])
      same(await scannedKeys(backend, 'marks'), ['/mark', '/publication'], 'marks afterwards')
      same(await scannedKeys(backend, 'publications'), [], 'publications afterwards')
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
  must('backend/due', 'reports what is due, earliest first, with unsigned times', async ({ open }) => {
    const backend = await open()
    const entry = (name: string, expires: bigint | undefined): readonly [Uint8Array, EntryContent] =>
      withRecord(text(name), 'v', 1, { expires })
    await writeAll(backend, [
      entry('/c', 300n),
      entry('/a', 100n),
      entry('/none', undefined),
      entry('/latest', latest),
      entry('/high', 2n ** 63n),
      [text('/b'), markOf(text('/b'), 200n)],
      [text('/p'), { publication: publicationOf(text('/p'), { published: 1n, lifetime: 1n }) }]
    ])
    same(await dueKeys(backend, 100n, 10), [], 'due at 100')
    same(await dueKeys(backend, 101n, 10), ['/a'], 'due at 101')
    same(await dueKeys(backend, 301n, 10), ['/a', '/b', '/c'], 'due at 301')
    same(await dueKeys(backend, 301n, 2), ['/a', '/b'], 'due at 301, limited to 2')
    same(await dueKeys(backend, 2n ** 63n, 10), ['/a', '/b', '/c'], 'due at 2^63')
    same(await dueKeys(backend, 2n ** 63n + 1n, 10), ['/a', '/b', '/c', '/high'], 'due after 2^63')
    same(await dueKeys(backend, latest, 10), ['/a', '/b', '/c', '/high'], 'due at 2^64 - 1')
  }),
  must('backend/due-moved', 'reports an entry by its current times', async ({ open }) => {
    const backend = await open()
    const key = text('/k')
    const withExpiry = (expires: bigint | undefined): EntryContent => withRecord(key, 'v', 1, { expires })[1]
    for (const [content, now, due] of [
      [withExpiry(100n), 101n, true],
      [withExpiry(200n), 101n, false],
      [withExpiry(200n), 201n, true],
      [withExpiry(50n), 101n, true],
      [withExpiry(undefined), latest, false],
      [markOf(key, 100n), 101n, true],
      [markOf(key, 300n), 101n, false],
      [{ ...withExpiry(500n), ...markOf(key, 300n) }, 301n, true],
      [{ ...withExpiry(300n), ...markOf(key, 500n) }, 301n, true],
      [{ ...withExpiry(500n), ...markOf(key, 500n) }, 301n, false],
      [{ publication: publicationOf(key) }, latest, false],
      [{ ...withExpiry(100n), publication: publicationOf(key) }, latest, false],
      [{ ...withExpiry(100n), ...markOf(key, 300n), publication: publicationOf(key) }, 300n, false],
      [{ ...withExpiry(100n), ...markOf(key, 300n), publication: publicationOf(key) }, 301n, true],
      [withExpiry(100n), 101n, true],
      [{}, latest, false]
    ] as const) {
      await writeAll(backend, [[key, content]])
      const found = await dueKeys(backend, now, 10)
      same(found.includes('/k'), due, `whether the entry is due at ${now}`)
    }
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
