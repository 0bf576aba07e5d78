import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import { rankWithIdentity } from '@recordkit/record-store/internal'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import expected from '@recordkit/vectors/recordkit/stores-0/expected.json' with { type: 'json' }
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { writeBatch } from '../src/level-database.ts'
import { openFormat } from '../src/level-format.ts'
import { dump, FaultyLevel } from './faulty-level.ts'
import { collect, record, text } from './records.ts'

/*
 * The database in vectors/recordkit/stores-0: what the code from before ranks contained an identity wrote, in format version
 * 2. Its README explains the fields of expected.json.
 */

interface RecordFields {
  readonly valueHex: string
  readonly rankHex: string
  readonly timeReceived: string
  readonly expires?: string
  readonly authorHex?: string
  readonly senderHex?: string
  readonly local?: boolean
  readonly published?: string
}

interface MarkFields {
  readonly rankHex: string
  readonly until: string
}

interface Entry {
  readonly id: string
  readonly keyHex: string
  readonly state: string
  readonly record?: RecordFields
  readonly mark?: MarkFields
  readonly effectiveMark?: MarkFields
  readonly damaged?: readonly { readonly kind: string; readonly bytesHex: string }[]
  readonly quarantined?: readonly { readonly kind: string; readonly bytesHex: string }[]
}

const entries: readonly Entry[] = expected.entries
const now = BigInt(expected.nowNanoseconds)
const fixture = fileURLToPath(new URL('../../../vectors/recordkit/stores-0/level', import.meta.url))

let folder = ''
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordkit-migration-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A copy of the database: opening it writes to it. */
async function copyOfFixture(): Promise<ClassicLevel<Uint8Array, Uint8Array>> {
  const location = join(folder, String(count++))
  await cp(fixture, location, { recursive: true })
  const database = new ClassicLevel<Uint8Array, Uint8Array>(location, { keyEncoding: 'view', valueEncoding: 'view' })
  await database.open()
  return database
}

/** The entries of the database, in a database in memory that can fail. */
async function faultyCopy(): Promise<FaultyLevel> {
  const source = await copyOfFixture()
  const database = new FaultyLevel()
  await database.open()
  const operations = (await source.iterator().all()).map(([key, value]) => ({ type: 'put' as const, key, value }))
  await writeBatch(database, operations, false)
  await source.close()
  return database
}

function time(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : BigInt(text)
}

function bytes(hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : fromHex(hex)
}

function recordOf({ keyHex, record }: Entry): StoredRecord | undefined {
  if (record === undefined) return undefined
  return {
    key: fromHex(keyHex),
    value: fromHex(record.valueHex),
    rank: rankWithIdentity(fromHex(record.rankHex)),
    timeReceived: BigInt(record.timeReceived),
    expires: time(record.expires),
    author: bytes(record.authorHex),
    sender: bytes(record.senderHex)
  }
}

function markOf(keyHex: string, mark: MarkFields | undefined): HighWaterMark | undefined {
  if (mark === undefined) return undefined
  return { key: fromHex(keyHex), rank: rankWithIdentity(fromHex(mark.rankHex)), until: BigInt(mark.until) }
}

const publications = entries.flatMap(({ keyHex, record }) =>
  record?.local === true
    ? [{ key: fromHex(keyHex), signer: bytes(record.authorHex), network: true, published: time(record.published) }]
    : []
)

/** Those that can be read. */
const marks = entries.flatMap(({ keyHex, mark }) => markOf(keyHex, mark) ?? [])

test('migrates every record, mark, publication and damaged entry of a database in format version 2', async () => {
  let clock = now
  const corrupt = new Set<string>()
  const store = await LevelRecordStore.open(await copyOfFixture(), {
    clock: () => clock,
    closeDatabase: true,
    onCorrupt: ({ key }) => corrupt.add(toHex(key as Uint8Array))
  })
  expect(publications.length).toBeGreaterThan(20)
  for (const entry of entries) {
    const { id, keyHex, state, effectiveMark } = entry
    const key = fromHex(keyHex)
    corrupt.clear()
    expect(await store.get(key), id).toEqual(state === 'live' ? recordOf(entry) : undefined)
    expect(corrupt.has(keyHex), id).toBe(state === 'damaged')
    expect(await store.mark(key), id).toEqual(markOf(keyHex, effectiveMark))
    const publication = publications.find((each) => toHex(each.key) === keyHex)
    expect(await store.publication(key), id).toEqual(publication)
  }
  expect(await collect(store.publications())).toEqual(publications)
  // at time 0 no record has expired and no mark has ended: the iterators return all that the database contains
  clock = 0n
  const records = entries.flatMap((entry) => recordOf(entry) ?? [])
  expect(await collect(store.iterate())).toEqual(records)
  expect(await collect(store.marks())).toEqual(marks)
  // everything is counted anew: the counters of version 2 still counted what was damaged at the end
  expect(await store.stats()).toEqual({
    entries: records.length,
    bytes: records.reduce((sum, { key, value, rank }) => sum + key.length + value.length + rank.length, 0),
    marks: marks.length,
    publications: publications.length
  })
  await store.close()
})

test('keeps damaged entries in their place and quarantined ones aside', async () => {
  const database = await copyOfFixture()
  const store = await LevelRecordStore.open(database, { clock: () => now, closeDatabase: true })
  const typeOf = (kind: string): string => (kind === 'record' ? '01' : '02')
  for (const { keyHex, damaged = [] } of entries) {
    for (const { kind, bytesHex } of damaged)
      expect(toHex((await database.get(fromHex(typeOf(kind) + keyHex))) as Uint8Array)).toBe(bytesHex)
  }
  const aside = entries.flatMap(({ keyHex, quarantined = [] }) =>
    quarantined.map(({ kind, bytesHex }) => `${typeOf(kind)}${keyHex} ${bytesHex}`)
  )
  const moved = (await store.quarantined()).map(({ key, value }) => `${toHex(key)} ${toHex(value)}`)
  expect(moved.sort()).toEqual(aside.sort())
  const { quarantined, problems } = await store.verify()
  expect(quarantined).toBe(expected.verify.quarantined)
  const kinds = (list: readonly { kind: string }[]): string[] =>
    // the index by age is not needed any more
    list.map(({ kind }) => kind).filter((kind) => kind !== 'counters' && kind !== 'age')
  expect(kinds(problems)).toEqual(kinds(expected.verify.problems))
  expect((await store.repair()).problems).toEqual(problems)
  expect((await store.verify()).problems).toEqual([])
  // none of them replaced another
  expect(await store.quarantined()).toHaveLength(
    expected.verify.quarantined + expected.verify.problems.filter(({ message }) => message.includes('checksum')).length
  )
  await store.close()
})

test('rewrites no record of version 2, and writes the new form when the record changes', async () => {
  const database = await faultyCopy()
  const before = await dump(database)
  const store = await LevelRecordStore.open(database, { clock: () => now })
  const records = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('01'))
  expect(records(await dump(database))).toEqual(records(before))
  const { keyHex } = entries.find(({ id }) => id === 'config-published') as Entry
  const stored = (await store.get(fromHex(keyHex))) as StoredRecord
  expect(await store.touch(stored.key, { ifRank: stored.rank, timeReceived: now })).toBe(true)
  expect(await store.get(stored.key)).toEqual({ ...stored, timeReceived: now })
  expect(await store.publication(stored.key)).toBeDefined()
  expect((await store.put({ ...stored, timeReceived: now })).status).toBe('refreshed')
  // every record of the same order and another identity ranks higher
  expect((await store.put({ ...stored, rank: stored.rank.with(stored.rank.length - 1, 1) })).status).toBe('stored')
  await store.close()
})

test('changes nothing when the database is opened a second time', async () => {
  const database = await faultyCopy()
  await (await LevelRecordStore.open(database)).close()
  const migrated = await dump(database)
  database.batches = 0
  await (await LevelRecordStore.open(database)).close()
  expect(database.batches).toBe(0)
  expect(await dump(database)).toEqual(migrated)
})

test('leaves the database in version 2 when the batch of the migration fails, and migrates at the next open', async () => {
  const database = await faultyCopy()
  const before = await dump(database)
  database.writeError = new Error('no space left on device')
  await expect(LevelRecordStore.open(database)).rejects.toMatchObject({
    code: 'STORE_UNKNOWN',
    cause: database.writeError
  })
  expect(await dump(database)).toEqual(before)
  // code that knows version 2 only opens it
  const { entries: records, bytes, marks } = expected.stats
  expect(await openFormat(database, false, [async () => []])).toMatchObject({ records, bytes, marks })
  database.writeError = undefined
  const store = await LevelRecordStore.open(database)
  expect(await store.stats()).toMatchObject({ publications: publications.length })
  await store.close()
})

test('counts anew after the migration when the counters of version 2 are missing', async () => {
  const database = await faultyCopy()
  await database.del(Uint8Array.of(4))
  const store = await LevelRecordStore.open(database, { clock: () => now })
  expect(await store.stats()).toMatchObject({ marks: marks.length, publications: publications.length })
  // new ordinals follow those of the entries that were moved aside
  const key = entries.find(({ id }) => id === 'config-damaged')?.keyHex ?? ''
  const aside = await store.quarantined()
  await store.put(record('/x', 'v', 1))
  await store.put({ ...record('/x', 'v', 1), key: fromHex(key) })
  const after = await store.quarantined()
  expect(after.slice(0, -1)).toEqual(aside)
  expect(after.at(-1)?.key).toEqual(Uint8Array.of(1, ...fromHex(key)))
  expect(await store.has(text('/x'))).toBe(true)
  await store.close()
})
