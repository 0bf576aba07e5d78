import fc from 'fast-check'
import type { GroupMember } from '@recordkit/record-store'
import { markLifetime } from '@recordkit/record-store'
import { sizeBucket } from '@recordkit/record-store/internal'
import type { RecordErrorCode } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import { describe, expect, test } from 'vitest'
import type { LevelRecordStoreOptions } from '../src/index.ts'
import { LevelRecordStore } from '../src/index.ts'
import { expiryKey, groupSizeKey, measures, memberKey, readMemberKey } from '../src/level-layout.ts'
import { decodeCounters, encodeAccount, encodeCounters, encodeRecordForm } from '../src/entry-format.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, publication, rankOf, record, text } from './records.ts'

const empty = new Uint8Array(0)

/** A store with records under /a, /b, /c and /e, a mark under /d, and publications under /e and /f. */
async function filledStore(database: FaultyLevel, options: LevelRecordStoreOptions = {}): Promise<LevelRecordStore> {
  const store = await LevelRecordStore.open(database, { clock: () => 5n, ...options })
  for (const key of ['/a', '/b', '/c', '/d']) await store.put(record(key, `value of ${key}`, 1, { expires: 100n }))
  await store.put(record('/e', 'no expiry', 1), { publication: publication('/e') })
  await store.delete(text('/d'))
  await store.put(record('/f', 'expired', 1, { expires: 4n }), { publication: publication('/f') })
  await store.sweep()
  // of the last 4 accounts that change the entries may be outdated: those of others, so that the earlier ones have current ones
  for (const group of ['p1', 'p2', 'p3', 'p4']) await store.put(record(`/${group}/k`, 'v', 1), { group: text(group) })
  return store
}

const countNames = [
  'records',
  'bytes',
  'marks',
  'publications',
  'publishedRecords',
  'publishedBytes',
  'groups'
] as const

const memberKeys = (['records', 'marks'] as const).map((kind) => {
  const of = kind === 'records' ? '/b' : '/d'
  const name = kind === 'records' ? 'a record' : 'a mark'
  return { name, key: memberKey({ kind, group: empty, since: 5n, key: text(of) }), of }
})

/** The key in the index of members of the same record or mark in another group. */
function inGroup(fullKey: Uint8Array): Uint8Array {
  return memberKey({ ...(readMemberKey(fullKey) as GroupMember), group: text('x') })
}

/** A title, what to damage, and the kind and key of the problem that is expected. */
type Damage = readonly [string, (database: FaultyLevel) => Promise<void>, string, string]

describe('verify', () => {
  test('finds no problem in a store that is not damaged, and changes nothing', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const before = await dump(database)
    expect(await store.verify()).toEqual({ checked: before.length, problems: [], quarantined: 0 })
    expect(await dump(database)).toEqual(before)
  })

  const damages: readonly Damage[] = [
    ['a record with a flipped bit', (database) => flip(database, Uint8Array.of(1, ...text('/a'))), 'record', '/a'],
    [
      'a truncated record',
      async (database) => database.put(Uint8Array.of(1, ...text('/a')), Uint8Array.of(1, 2)),
      'record',
      '/a'
    ],
    [
      'a record under the key of another',
      (database) => copy(database, Uint8Array.of(1, ...text('/b')), Uint8Array.of(1, ...text('/x'))),
      'record',
      '/x'
    ],
    ['a damaged mark', (database) => flip(database, Uint8Array.of(2, ...text('/d'))), 'mark', '/d'],
    [
      'a missing index entry',
      (database) => database.del(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 100, 1, ...text('/b'))),
      'expiry',
      '/b'
    ],
    [
      'an index entry without a record',
      (database) => database.put(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 99, 1, ...text('/b')), empty),
      'expiry',
      '/b'
    ],
    ...memberKeys.flatMap(({ name, key, of }): Damage[] => [
      [`a missing index entry of ${name}`, (database) => database.del(key), 'member', of],
      [`an index entry of ${name} at another time`, (database) => database.put(key.with(10, 6), empty), 'member', of],
      [`an index entry of ${name} in another group`, (database) => database.put(inGroup(key), empty), 'member', of]
    ]),
    [
      'an index entry of a record that is published',
      (database) => database.put(memberKey({ kind: 'records', group: empty, since: 5n, key: text('/e') }), empty),
      'member',
      '/e'
    ],
    ...['g', 'nb'].flatMap((name): Damage[] => {
      const key = Uint8Array.of(8, ...text(name))
      const wrong = { records: 3, bytes: 141, marks: 7 }
      return [
        [`a missing account ${name}`, (database) => database.del(key), 'account', name],
        [`a damaged account ${name}`, (database) => flip(database, key), 'account', name],
        [`a wrong account ${name}`, (database) => database.put(key, encodeAccount(key, wrong)), 'account', name]
      ]
    }),
    ...['gp3', 'np4'].flatMap((name): Damage[] => {
      const key = Uint8Array.of(8, ...text(name))
      return [
        [
          `a damaged entry of the recent account ${name}`,
          (database) => database.put(key, text('what')),
          'account',
          name
        ]
      ]
    }),
    [
      'an account of nothing',
      (database) => {
        const key = Uint8Array.of(8, ...text('gx'))
        return database.put(key, encodeAccount(key, { records: 1, bytes: 2, marks: 0 }))
      },
      'account',
      'gx'
    ],
    ...measures.flatMap((measure): Damage[] => {
      const bucket = { records: 3, bytes: sizeBucket(3 * (2 + 11 + 33)), marks: 1 }[measure]
      return [
        [
          `a missing size by ${measure}`,
          (database) => database.del(groupSizeKey(measure, bucket, empty)),
          'groupSize',
          ''
        ],
        [
          `a wrong size by ${measure}`,
          (database) => database.put(groupSizeKey(measure, bucket + 1, empty), empty),
          'groupSize',
          ''
        ],
        [
          `a size by ${measure} of a group without an account`,
          (database) => database.put(groupSizeKey(measure, bucket, text('x')), empty),
          'groupSize',
          'x'
        ]
      ]
    }),
    ['missing counters', (database) => database.del(Uint8Array.of(4)), 'counters', ''],
    ['damaged counters', (database) => flip(database, Uint8Array.of(4)), 'counters', ''],
    ['an entry of an unknown type', (database) => database.put(Uint8Array.of(77), text('what')), 'unknown', 'M'],
    ...countNames.map((field): Damage => {
      const damage = async (database: FaultyLevel): Promise<void> => {
        const key = Uint8Array.of(4)
        const counters = decodeCounters(key, (await database.get(key)) ?? empty)
        await database.put(key, encodeCounters(key, { ...counters, [field]: counters[field] + 1 }))
      }
      return [`counters with wrong ${field}`, damage, 'counters', '']
    }),
    ...[[0, 1], [1], [2], [4, 1], [5, 1], [6], [7], [8], [11]].map((key): Damage => {
      const name = new TextDecoder().decode(Uint8Array.from(key))
      return [`an entry under ${key.join()}`, (database) => database.put(Uint8Array.from(key), empty), 'unknown', name]
    }),
    [
      'a record whose mark is missing',
      (database) => database.del(Uint8Array.of(2, ...text('/marked'))),
      'record',
      '/marked'
    ],
    [
      'a record that says it has no mark, but has one',
      (database) => {
        const key = Uint8Array.of(1, ...text('/marked'))
        const recordShare = { group: empty, since: 5n }
        const form = { record: record('/marked', 'short', 3), recordShare, marked: false, published: false }
        return database.put(key, encodeRecordForm(key, form))
      },
      'record',
      '/marked'
    ],
    ['a damaged publication', (database) => flip(database, Uint8Array.of(7, ...text('/e'))), 'publication', '/e'],
    [
      'a damaged publication without a record',
      (database) => flip(database, Uint8Array.of(7, ...text('/f'))),
      'publication',
      '/f'
    ],
    [
      'a record whose publication is missing',
      (database) => database.del(Uint8Array.of(7, ...text('/e'))),
      'record',
      '/e'
    ],
    [
      'a record that says it has no publication, but has one',
      (database) => {
        const key = Uint8Array.of(1, ...text('/e'))
        const form = { record: record('/e', 'no expiry', 1), recordShare: undefined, marked: false, published: false }
        return database.put(key, encodeRecordForm(key, form))
      },
      'record',
      '/e'
    ],
    [
      'a malformed key of an entry that was moved aside',
      (database) => database.put(Uint8Array.of(5, 1, 2), text('what')),
      'unknown',
      '\u0005\u0001\u0002'
    ],
    [
      'a missing index entry by expiry of a mark',
      (database) => database.del(expiryKey(5n + markLifetime, 2, text('/d'))),
      'expiry',
      '/d'
    ],
    [
      'a malformed key in the index of members',
      (database) => database.put(Uint8Array.of(9, 1), text('what')),
      'unknown',
      '\u0009\u0001'
    ],
    [
      'a malformed key in the index of groups by size',
      (database) => database.put(Uint8Array.of(10, 4, 0, 1), text('what')),
      'unknown',
      '\u000a\u0004\u0000\u0001'
    ],
    [
      'a malformed key in the index by expiry',
      (database) => database.put(Uint8Array.of(3, 1), text('what')),
      'unknown',
      '\u0003\u0001'
    ]
  ]

  for (const [title, damage, kind, key] of damages) {
    test(`finds ${title}, which repair corrects`, async () => {
      const database = new FaultyLevel()
      const store = await filledStore(database)
      if (key === '/marked') await addRecordWithMark(store, key)
      await damage(database)
      const damaged = await dump(database)
      const { problems } = await store.verify()
      expect(problems.map((problem) => [problem.kind, new TextDecoder().decode(problem.key)])).toContainEqual([
        kind,
        key
      ])
      expect(await dump(database)).toEqual(damaged)
      expect((await store.repair()).problems).toEqual(problems)
      expect((await store.verify()).problems).toEqual([])
      const left = await collect(store.iterate({ expired: true }))
      expect(left).toHaveLength((await store.stats()).entries)
      if (key === '/marked') expect(left.map(({ value }) => value)).toContainEqual(text('short'))
    })
  }

  test('needs no entry of an account whose size is in the counters', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const recent = ['p3', 'p4'].flatMap((group) => [`g${group}`, `n${group}`])
    const before = await dump(database)
    for (const [index, name] of recent.entries()) {
      const key = Uint8Array.of(8, ...text(name))
      // missing or outdated
      const size = { records: 1, bytes: index, marks: 2 }
      if (index > 1) await database.put(key, encodeAccount(key, size))
    }
    const damaged = await dump(database)
    expect((await store.repair()).problems).toEqual([])
    expect(await dump(database)).toEqual(damaged)
    expect(before).not.toEqual(damaged)
    // each gets its own when others take its place
    for (const group of ['q1', 'q2', 'q3', 'q4']) await store.put(record(`/${group}/k`, 'v', 1), { group: text(group) })
    expect((await store.verify()).problems).toEqual([])
    const accounts = (await database.keys().all()).filter(([type]) => type === 8)
    expect(accounts.map((key) => new TextDecoder().decode(key.subarray(1)))).toEqual(expect.arrayContaining(recent))
  })

  test.each([0, 1])(
    'finds wrong sizes of accounts in the counters, %i of them absent, which repair corrects',
    async (count) => {
      const database = new FaultyLevel()
      const first = await filledStore(database)
      await first.close()
      const key = Uint8Array.of(4)
      const counters = decodeCounters(key, (await database.get(key)) ?? empty)
      const recentAccounts = counters.recentAccounts.map((account, index) => ({ ...account, marks: index % 2 }))
      const absent = [{ name: text('nabsent'), records: 1, bytes: 2, marks: 0 }].slice(0, count)
      await database.put(key, encodeCounters(key, { ...counters, recentAccounts: [...recentAccounts, ...absent] }))
      const store = await LevelRecordStore.open(database, { clock: () => 5n })
      const { problems } = await store.repair()
      expect(problems.map(({ kind, key: name }) => `${kind} ${new TextDecoder().decode(name)}`)).toEqual(
        [...recentAccounts.filter(({ marks }) => marks === 1), ...absent].map(
          ({ name }) => `account ${new TextDecoder().decode(name)}`
        )
      )
      expect((await store.verify()).problems).toEqual([])
      for (const group of ['p1', 'p2', 'p3', 'p4']) expect(await store.delete(text(`/${group}/k`))).toBe(true)
      expect((await store.verify()).problems).toEqual([])
      await store.close()
      const again = await LevelRecordStore.open(database)
      expect((await again.verify()).problems).toEqual([])
    }
  )

  test('is not needed to read a record next to a damaged one', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    await flip(database, Uint8Array.of(1, ...text('/a')))
    expect((await store.get(text('/b')))?.value).toEqual(text('value of /b'))
    await expect(store.get(text('/a'))).rejects.toMatchObject({ code: 'STORE_CORRUPT', key: text('/a') })
  })

  test('stops when its signal aborts, before it starts and while it runs', async () => {
    const store = await filledStore(new FaultyLevel())
    const reason = new Error('enough')
    await expect(store.verify({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const running = store.verify({ signal: controller.signal })
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    expect((await store.verify({ signal: new AbortController().signal })).problems).toEqual([])
  })

  test('rejects with STORE_IO when the database cannot be read, also after its signal aborted', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const cause = new Error('input/output error')
    database.readError = cause
    await expect(store.verify()).rejects.toMatchObject({ code: 'STORE_IO', cause })
    const controller = new AbortController()
    const running = store.verify({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(running).rejects.toMatchObject({ code: 'STORE_IO', cause })
    await expect(store.quarantined()).rejects.toMatchObject({ code: 'STORE_IO', cause })
  })

  test('finishes before close does', async () => {
    const store = await filledStore(new FaultyLevel(), { closeDatabase: true })
    const running = store.verify()
    await store.close()
    expect((await running).problems).toEqual([])
  })
})

test('repair rejects when it cannot read an index entry, and does not move the valid mark aside', async () => {
  for (const type of [3, 9]) {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const before = await dump(database)
    const cause = new Error('input/output error')
    database.onRead = (key) => {
      if (key[0] === type && key.at(-1) === 0x64) throw cause
    }
    await expect(store.repair()).rejects.toMatchObject({ code: 'STORE_IO', cause })
    database.onRead = undefined
    expect(await dump(database)).toEqual(before)
    expect((await store.put(record('/d', 'v', 0))).status).toBe('stale')
  }
})

describe('quarantine', () => {
  test('keeps the bytes of a damaged entry until discardQuarantined', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const key = Uint8Array.of(1, ...text('/a'))
    await flip(database, key)
    const bytes = await database.get(key)
    await store.repair()
    expect(await store.get(text('/a'))).toBeUndefined()
    expect(await store.quarantined()).toEqual([{ key, value: bytes }])
    // the returned bytes are copies
    for (const found of await store.quarantined()) for (const part of [found.key, found.value]) part.fill(255)
    expect(await store.quarantined()).toEqual([{ key, value: bytes }])
    expect((await store.verify()).quarantined).toBe(1)
    expect(await store.discardQuarantined()).toBe(1)
    expect(await store.quarantined()).toEqual([])
  })

  test('includes a damaged record that a put replaces', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const key = Uint8Array.of(1, ...text('/a'))
    await flip(database, key)
    const bytes = await database.get(key)
    expect((await store.put(record('/a', 'fresh', 1))).status).toBe('stored')
    expect((await store.get(text('/a')))?.value).toEqual(text('fresh'))
    expect(await store.quarantined()).toEqual([{ key, value: bytes }])
  })

  test('includes a damaged mark that a put or a delete replaces, and leaves the record of its key readable', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    const key = Uint8Array.of(2, ...text('/d'))
    await flip(database, key)
    const bytes = await database.get(key)
    await expect(store.get(text('/d'))).rejects.toMatchObject({ code: 'STORE_CORRUPT', key: text('/d') })
    await expect(store.mark(text('/d'))).rejects.toMatchObject({ code: 'STORE_CORRUPT', key: text('/d') })
    expect((await store.put(record('/d', 'again', 1))).status).toBe('stored')
    expect((await store.get(text('/d')))?.value).toEqual(text('again'))
    expect(await database.get(key)).toBeUndefined()
    expect(await store.quarantined()).toEqual([{ key, value: bytes }])

    await addRecordWithMark(store, '/x')
    const markKey = Uint8Array.of(2, ...text('/x'))
    await flip(database, markKey)
    expect((await store.get(text('/x')))?.value).toEqual(text('short'))
    const damaged = await database.get(markKey)
    expect(await store.delete(text('/x'))).toBe(true)
    expect(await store.mark(text('/x'))).toMatchObject({ rank: rankOf(3) })
    expect(await store.quarantined()).toEqual([
      { key, value: bytes },
      { key: markKey, value: damaged }
    ])
  })

  test('does not include the valid mark of a damaged record, which still refuses lower ranks', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    await addRecordWithMark(store, '/x')
    const key = Uint8Array.of(1, ...text('/x'))
    await flip(database, key)
    const bytes = await database.get(key)
    expect((await store.put(record('/x', 'v', 1))).status).toBe('stale')
    expect(await store.quarantined()).toEqual([])
    expect((await store.put(record('/x', 'v', 2))).status).toBe('stored')
    expect(await store.quarantined()).toEqual([{ key, value: bytes }])
  })

  test('includes both a record and its mark when neither can be read', async () => {
    const database = new FaultyLevel()
    const store = await filledStore(database)
    await addRecordWithMark(store, '/x')
    const keys = [1, 2].map((type) => Uint8Array.of(type, ...text('/x')))
    for (const key of keys) await flip(database, key)
    const values = await database.getMany(keys)
    await expect(store.get(text('/x'))).rejects.toMatchObject({ code: 'STORE_CORRUPT', key: text('/x') })
    expect((await store.put(record('/x', 'v', 0))).status).toBe('stored')
    expect(await store.quarantined()).toEqual(keys.map((key, index) => ({ key, value: values[index] })))
    expect(await database.get(keys[1] as Uint8Array)).toBeUndefined()
  })

  test('does not include a damaged record whose mark is the oldest of too many: others are deleted', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database, { clock: () => 5n, maxMarks: 1 })
    await addRecordWithMark(store, '/x')
    await flip(database, Uint8Array.of(1, ...text('/x')))
    await store.put(record('/y', 'v', 1))
    await store.delete(text('/y'))
    expect((await collect(store.marks())).map((mark) => mark.key)).toEqual([text('/x')])
    expect(await store.quarantined()).toEqual([])
  })

  test('does not yet include a damaged entry that is read: onCorrupt receives it and it counts as absent', async () => {
    const database = new FaultyLevel()
    await (await filledStore(database)).close()
    const reported: string[] = []
    const store = await LevelRecordStore.open(database, {
      clock: () => 5n,
      onCorrupt: ({ code, key }) => reported.push(`${code} ${new TextDecoder().decode(key)}`)
    })
    await flip(database, Uint8Array.of(1, ...text('/a')))
    expect(await store.get(text('/a'))).toBeUndefined()
    expect(await collect(store.iterate())).toHaveLength(7)
    expect(reported).toEqual(['STORE_CORRUPT /a', 'STORE_CORRUPT /a'])
  })
})

test('a sweep skips orphaned and malformed index entries', async () => {
  const database = new FaultyLevel()
  let now = 5n
  const store = await LevelRecordStore.open(database, { clock: () => now })
  for (let index = 0; index < 600; index++) {
    await database.put(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 7, 1, ...text(`/gone/${index}`)), empty)
    // a malformed index key
    await database.put(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 6, 9, ...text(`/gone/${index}`)), empty)
  }
  await store.put(record('/k', 'v', 1, { expires: 10n }))
  now = 20n
  expect(await store.sweep()).toBe(1)
})

test('after any damage to any entry, reads return or reject with STORE_CORRUPT, and repair leaves no problem', async () => {
  const codes: readonly RecordErrorCode[] = ['STORE_CORRUPT']
  const damage = fc.record({ entry: fc.nat(), bytes: fc.uint8Array({ maxLength: 60 }), cut: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), async (damages) => {
      const database = new FaultyLevel()
      const store = await filledStore(database)
      const keys = (await database.keys().all()).filter((key) => key[0] !== 0)
      for (const { entry, bytes, cut } of damages) {
        const key = keys[entry % keys.length] as Uint8Array
        const stored = (await database.get(key)) ?? empty
        await database.put(key, cut ? stored.subarray(0, bytes.length) : bytes)
      }
      for (const key of ['/a', '/b', '/c', '/d', '/e']) {
        for (const call of [() => store.get(text(key)), () => store.mark(text(key))]) {
          await call().catch((error: unknown) => expect(isRecordError(error, ...codes), String(error)).toBe(true))
        }
      }
      await collect(store.iterate()).catch((error: unknown) => expect(isRecordError(error, ...codes)).toBe(true))
      expect((await store.put(record('/a', 'zzzz', 9))).status).toBe('stored')
      await store.repair()
      expect((await store.verify()).problems).toEqual([])
      expect(await collect(store.iterate({ expired: true }))).toHaveLength((await store.stats()).entries)
      expect((await store.get(text('/a')))?.value).toEqual(text('zzzz'))
    }),
    { numRuns: 100 }
  )
})

/** Adds a record of rank 3 and the mark of one of rank 2, which would have expired later. */
async function addRecordWithMark(store: LevelRecordStore, key: string): Promise<void> {
  await store.put(record(key, 'long', 2, { expires: 4n * markLifetime }))
  await store.put(record(key, 'short', 3, { expires: markLifetime }))
}

/** Flips one bit of the value of a key. */
async function flip(database: FaultyLevel, key: Uint8Array): Promise<void> {
  const bytes = Uint8Array.from((await database.get(key)) ?? empty)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  await database.put(key, bytes)
}

async function copy(database: FaultyLevel, from: Uint8Array, to: Uint8Array): Promise<void> {
  await database.put(to, (await database.get(from)) ?? empty)
}
