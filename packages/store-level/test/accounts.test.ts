import { authorAccount, groupAccount, namespaceAccount } from '@recordkit/record-store'
import type { AccountSize, EntryContent, Share, StoreAccounts, StoreChange } from '@recordkit/record-store'
import { equalBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { LevelBackend } from '../src/level-backend.ts'
import { openFormat } from '../src/level-format.ts'
import { measures } from '../src/level-layout.ts'
import { LevelWriter } from '../src/level-writer.ts'
import type { CountedAccounts } from './counted-accounts.ts'
import { countAccounts } from './counted-accounts.ts'
import { withoutSyncReads } from './databases.ts'
import { FaultyLevel } from './faulty-level.ts'
import { publication, rankOf, record, text } from './records.ts'
import { storedAccounts } from './stored-accounts.ts'

const capabilities = {
  durable: false,
  expiryIndex: true,
  snapshot: true,
  multiProcess: false,
  persistent: true,
  atomicBatch: true
}

async function openBackend(database: FaultyLevel): Promise<LevelBackend> {
  await database.open()
  const writer = new LevelWriter(database, false, await openFormat(database, false))
  return new LevelBackend(database, writer, capabilities, async () => {})
}

/** Changes entries, whatever they contain now. */
async function write(backend: LevelBackend, next: ReadonlyMap<string, EntryContent>): Promise<void> {
  const entries = await backend.read([...next.keys()].map((key) => text(key)))
  const changes = [...next].map(([key, content], index): StoreChange => {
    return { key: text(key), previous: entries[index] ?? {}, next: content }
  })
  expect(await backend.write(changes)).toBe(true)
}

const groups = ['', 'a', 'aa', '\u00ff', 'b'].map((group) => text(group))
const authors = ['one', 'two'].map((author) => text(author))
const keys = ['/x/1', '/x/2', '/y/1', '/y/one', 'plain', '/', '/z/1', '/w/1']
const names = [
  ...groups.map((group) => groupAccount(group)),
  ...authors.map((author) => authorAccount(author)),
  ...keys.map((key) => namespaceAccount(text(key))),
  groupAccount(text('absent'))
]

const share: fc.Arbitrary<Share | undefined> = fc.option(
  fc.record({ group: fc.constantFrom(...groups), since: fc.bigInt({ min: 0n, max: 4n }) }),
  { nil: undefined }
)

/** What a key contains, or what is written to it. */
const content = fc.record({
  record: fc.option(
    fc.record({ length: fc.nat(200), author: fc.option(fc.constantFrom(...authors), { nil: undefined }) })
  ),
  mark: fc.boolean(),
  isPublished: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  recordShare: share,
  markShare: share
})

const step = fc.dictionary(fc.constantFrom(...keys), content, { minKeys: 1, maxKeys: 6 }).map((entries) => {
  const next = new Map<string, EntryContent>()
  for (const [key, { record: parts, mark, isPublished, recordShare, markShare }] of Object.entries(entries)) {
    next.set(key, {
      record: parts === null ? undefined : record(key, 'v'.repeat(parts.length), 1, { author: parts.author }),
      mark: mark ? { key: text(key), rank: rankOf(1), until: 9n } : undefined,
      publication: isPublished ? publication(key) : undefined,
      recordShare: parts === null ? undefined : recordShare,
      markShare: mark ? markShare : undefined
    })
  }
  return next
})

function sizeIn({ sizes }: CountedAccounts, name: Uint8Array): AccountSize {
  return sizes.get(toHex(name)) ?? { records: 0, bytes: 0, marks: 0 }
}

/** Compares accounts of a database with what its entries add up to. */
async function expectAccounts(found: StoreAccounts, contents: ReadonlyMap<string, EntryContent>): Promise<void> {
  const expected = countAccounts(contents)
  const sizeOf = (name: Uint8Array): AccountSize => sizeIn(expected, name)
  expect(await found.totals()).toMatchObject(expected.totals)
  expect(await found.sizes(names)).toEqual(names.map(sizeOf))
  for (const measure of measures) {
    const sorted = groups
      .map((group) => sizeOf(groupAccount(group))[measure])
      .filter((size) => size > 0)
      .sort((a, b) => b - a)
    for (const limit of [0, 1, 2, 9]) {
      const largest = await found.largestGroups(measure, limit)
      expect(new Set(largest.map(toHex)).size).toBe(largest.length)
      expect(largest.map((group) => sizeOf(groupAccount(group))[measure])).toEqual(sorted.slice(0, limit))
    }
  }
  for (const kind of ['records', 'marks'] as const) {
    for (const group of groups) {
      const oldest = expected.members[kind].get(toHex(group)) ?? []
      for (const limit of [0, 2, 99])
        expect(await found.oldest(kind, group, limit)).toEqual(oldest.slice(0, limit).map((key) => text(key)))
    }
  }
}

/** How a write fails: before the database has the batch, after it has applied it, or when an account is read. */
const fault = fc.option(fc.constantFrom('writeError' as const, 'lateWriteError' as const, 'onRead' as const), {
  nil: undefined,
  freq: 3
})

/** Lets a write fail that changes accounts. Returns whether its batch was applied. */
async function writeWithFault(
  database: FaultyLevel,
  backend: LevelBackend,
  next: ReadonlyMap<string, EntryContent>,
  failing: 'writeError' | 'lateWriteError' | 'onRead' | undefined
): Promise<boolean> {
  const error = new Error('input/output error')
  if (failing === 'onRead') {
    database.onRead = ([type]) => {
      if (type === 8) throw error
    }
  } else if (failing !== undefined) database[failing] = error
  let written: boolean
  try {
    await write(backend, next)
    written = true
  } catch (thrown) {
    expect(thrown).toMatchObject({ cause: error })
    written = failing === 'lateWriteError'
  }
  database.onRead = database.writeError = database.lateWriteError = undefined
  return written
}

test('the accounts equal the sums of the entries after any writes, failed ones too, after reopening, and after the repair of any damage', async () => {
  const damage = fc.record({ entry: fc.nat(), isDeleted: fc.boolean(), bytes: fc.uint8Array({ maxLength: 12 }) })
  const sessions = fc.array(fc.array(fc.tuple(step, fault), { maxLength: 6 }), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(sessions, fc.array(damage), fc.boolean(), async (parts, damages, isSynchronous) => {
      const database = isSynchronous ? new FaultyLevel() : withoutSyncReads(new FaultyLevel())
      const contents = new Map<string, EntryContent>()
      for (const steps of parts) {
        const backend = await openBackend(database)
        for (const [next, failing] of steps) {
          if (await writeWithFault(database, backend, next, failing))
            for (const [key, entry] of next) contents.set(key, entry)
          const expected = countAccounts(contents)
          expect(await backend.accounts.sizes(names)).toEqual(names.map((name) => sizeIn(expected, name)))
          if (failing === undefined) expect(backend.accounts.totals()).toMatchObject(expected.totals)
        }
        // totals are those of the last batch that was written: after a failed one, the next reads them
        await write(backend, new Map([['/x/1', contents.get('/x/1') ?? {}]]))
        await expectAccounts((await openBackend(database)).accounts, contents)
        const store = await LevelRecordStore.open(database)
        expect((await store.verify()).problems).toEqual([])
        await store.close()
        await database.open()
      }
      const isDerived = ([type]: Uint8Array): boolean => type === 4 || (type !== undefined && type >= 8)
      const derived = (await database.keys().all()).filter(isDerived)
      for (const { entry, isDeleted, bytes } of damages) {
        const key = derived[entry % derived.length] ?? Uint8Array.of(4)
        if (isDeleted) await database.del(key)
        else if (entry % 2 === 0 || key.length === 1) await database.put(key, bytes)
        else await database.put(Uint8Array.of(...key.subarray(0, -1), bytes.length), bytes)
      }
      const store = await LevelRecordStore.open(database)
      await store.repair()
      expect((await store.verify()).problems).toEqual([])
      await store.close()
      await expectAccounts((await openBackend(database)).accounts, contents)
    }),
    { numRuns: 100 }
  )
})

describe('accounts', () => {
  test('are answered synchronously where the database reads synchronously', async () => {
    const { accounts } = await openBackend(new FaultyLevel())
    expect(accounts.totals()).toMatchObject({ records: 0 })
    expect(accounts.sizes(names)).toEqual(names.map(() => ({ records: 0, bytes: 0, marks: 0 })))
    const slow = await openBackend(withoutSyncReads(new FaultyLevel()))
    await write(slow, new Map([['/x/1', { record: record('/x/1', 'v', 1) }]]))
    expect(slow.accounts.totals()).toMatchObject({ records: 1 })
    expect(await slow.accounts.sizes([namespaceAccount(text('/x/1')), groupAccount(text('absent'))])).toEqual([
      { records: 1, bytes: 38, marks: 0 },
      { records: 0, bytes: 0, marks: 0 }
    ])
  })

  test('that change often are written with the counters, and read once', async () => {
    const database = new FaultyLevel()
    const store = await LevelRecordStore.open(database)
    let reads = 0
    let written: number[] = []
    database.onRead = ([type]) => {
      if (type === 8) reads++
    }
    database.onBatch = (operations) => {
      written.push(operations.filter(({ key }) => key[0] === 8).length)
    }
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.put(record(`/k/${index}`, 'v', 1))))
    for (let index = 0; index < 64; index++) await store.put(record(`/k/${64 + index}`, 'v', 1))
    expect(Math.max(...written)).toBe(0)
    expect(reads).toBe(2)
    // those of 20 other namespaces take their places, and each is written once, when the next one does
    for (let index = 0; index < 20; index++) await store.put(record(`/${index}/k`, 'v', 1, { author: text('author') }))
    expect(written.reduce((sum, each) => sum + each, 0)).toBe(2 + 1 + 20 - 4)
    expect(Math.max(...written)).toBe(1)
    expect((await storedAccounts(database)).accounts['n19']).toMatchObject({ records: 1 })
    expect((await store.verify()).problems).toEqual([])
    // a batch that changes no account writes none
    written = []
    await store.put(record('/k/1', 'v', 1, { timeReceived: 2_000_000_000n }))
    expect(written).toEqual([0])
  })

  test('are read again after a batch that failed but was applied', async () => {
    for (const wrap of [(database: FaultyLevel) => database, withoutSyncReads<FaultyLevel>]) {
      const database = wrap(new FaultyLevel())
      const store = await LevelRecordStore.open(database)
      await store.put(record('/k/1', 'v', 1))
      database.lateWriteError = new Error('input/output error')
      await expect(store.put(record('/k/2', 'v', 1))).rejects.toMatchObject({ code: 'STORE_UNKNOWN' })
      database.lateWriteError = undefined
      await store.put(record('/k/3', 'v', 1))
      expect((await store.verify()).problems).toEqual([])
      expect(await store.stats()).toMatchObject({ entries: 3 })
    }
  })

  test('that cannot be read reject the write with STORE_IO, which changes nothing', async () => {
    for (const wrap of [(database: FaultyLevel) => database, withoutSyncReads<FaultyLevel>]) {
      const database = wrap(new FaultyLevel())
      const store = await LevelRecordStore.open(database)
      const cause = new Error('input/output error')
      database.onRead = ([type]) => {
        if (type === 8) throw cause
      }
      await expect(store.put(record('/k', 'v', 1))).rejects.toMatchObject({ code: 'STORE_IO', cause })
      database.onRead = undefined
      expect(await store.has(text('/k'))).toBe(false)
      await store.put(record('/k', 'v', 1))
      expect((await store.verify()).problems).toEqual([])
    }
  })

  test('change when a record and a mark move to another group and nothing else changes', async () => {
    const database = new FaultyLevel()
    const backend = await openBackend(database)
    const share = (group: string): Share => ({ group: text(group), since: 5n })
    const mark = { key: text('/k'), rank: rankOf(1), until: 9n }
    await write(
      backend,
      new Map([['/k', { record: record('/k', 'v', 1), mark, recordShare: share('a'), markShare: share('b') }]])
    )
    const [previous = {}] = await backend.read([text('/k')])
    const next = { record: previous.record, mark: previous.mark, recordShare: share('c'), markShare: share('d') }
    expect(await backend.write([{ key: text('/k'), previous, next }])).toBe(true)
    expect(await backend.read([text('/k')])).toMatchObject([{ recordShare: share('c'), markShare: share('d') }])
    expect((await storedAccounts(database)).members).toEqual(['records c 5 /k', 'marks d 5 /k'])
  })

  test('of more groups than are kept in memory are right, and the largest of many of one size are found', async () => {
    const backend = await openBackend(new FaultyLevel())
    const shareOf = (index: number): Share => ({ group: text(`g${index}`), since: BigInt(index) })
    const next = new Map<string, EntryContent>()
    for (let index = 0; index < 5000; index++)
      next.set(`/k/${index}`, { record: record(`/k/${index}`, 'v', 1), recordShare: shareOf(index) })
    await write(backend, next)
    for (const round of [1, 2]) {
      for (let index = 0; index < 5000; index += 1000) {
        const key = `/more/${round}/${index}`
        await write(backend, new Map([[key, { record: record(key, 'v', 1), recordShare: shareOf(index) }]]))
      }
    }
    expect(backend.accounts.totals()).toMatchObject({ records: 5010, groups: 5000 })
    const largest = (await backend.accounts.largestGroups('records', 6)).map((group) => new TextDecoder().decode(group))
    expect(largest.slice(0, 5).sort()).toEqual(['g0', 'g1000', 'g2000', 'g3000', 'g4000'])
    expect(largest).toHaveLength(6)
    expect(await backend.accounts.largestGroups('records', 100)).toHaveLength(100)
    expect(await backend.accounts.largestGroups('marks', 1)).toEqual([])
  })

  test('ignore malformed keys, groups that do not exist, and members that are missing, damaged or others', async () => {
    const database = new FaultyLevel()
    const backend = await openBackend(database)
    const [group] = [text('g')]
    const shared = { group, since: 5n }
    const entryOf = (key: string): EntryContent => ({ record: record(key, 'v', 1), recordShare: shared })
    await write(backend, new Map(['/a', '/b', '/c'].map((key) => [key, entryOf(key)])))
    const empty = new Uint8Array(0)
    await database.put(Uint8Array.of(10, 1, 255, 255, ...text('ghost')), empty)
    await database.put(Uint8Array.of(10, 1, 255), empty)
    await database.put(Uint8Array.of(9, 1, 1, ...group, 0), empty)
    for (const key of ['/a', '/gone'])
      await database.put(Uint8Array.of(9, 1, 1, ...group, 0, 0, 0, 0, 0, 0, 0, 1, ...text(key)), empty)
    await database.put(Uint8Array.of(1, ...text('/b')), Uint8Array.of(7))
    const found = await backend.accounts.largestGroups('records', 2)
    expect(found.length === 1 && equalBytes(found[0] as Uint8Array, group)).toBe(true)
    expect(await backend.accounts.oldest('records', group, 9)).toEqual([text('/a'), text('/c')])
  })

  test('never fall below 0 when a row is lost, and are corrected by a repair', async () => {
    const database = new FaultyLevel()
    const first = await LevelRecordStore.open(database)
    for (const key of ['/k/1', '/k/2', '/k/3']) await first.put(record(key, 'v', 1))
    // other accounts take the places of the first in the counters
    for (const group of ['a', 'b', 'c', 'd']) await first.put(record(`/${group}/k`, 'v', 1), { group: text(group) })
    await first.close()
    await database.del(Uint8Array.of(8, ...text('g')))
    const store = await LevelRecordStore.open(database)
    expect(await store.delete(text('/k/1'))).toBe(true)
    expect(await store.delete(text('/k/2'))).toBe(true)
    expect((await storedAccounts(database)).accounts['g']).toEqual({ records: 0, bytes: 0, marks: 2 })
    expect((await store.repair()).problems.map(({ kind }) => kind)).toContain('account')
    expect((await store.verify()).problems).toEqual([])
    // the repair also replaced what was kept in memory
    expect(await store.delete(text('/k/3'))).toBe(true)
    expect((await store.verify()).problems).toEqual([])
  })
})

test('opening reads the header and the counters, and no ranges', async () => {
  const database = new FaultyLevel()
  const first = await LevelRecordStore.open(database)
  for (let index = 0; index < 20; index++) await first.put(record(`/k/${index}`, 'v', 1))
  await first.close()
  const reads: number[][] = []
  let ranges = 0
  database.onRead = (key) => reads.push([...key])
  const { iterator } = database
  database.iterator = ((options: object) => {
    ranges++
    return iterator.call(database, options)
  }) as typeof iterator
  const store = await LevelRecordStore.open(database)
  expect([reads, ranges]).toEqual([[[0], [4]], 0])
  await store.put(record('/k', 'v', 1))
  expect(ranges).toBe(0)
})
