import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HighWaterMark, StoredRecord } from '@recordkit/record-store'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import expected from '@recordkit/vectors/recordkit/stores-0/expected.json' with { type: 'json' }
import { ClassicLevel } from 'classic-level'
import { expect, test } from 'vitest'
import { LevelRecordStore } from '../src/index.ts'
import { collect } from './records.ts'

interface RecordFields {
  readonly valueHex: string
  readonly rankHex: string
  readonly timeReceived: string
  readonly expires?: string
  readonly digestHex?: string
  readonly authorHex?: string
  readonly senderHex?: string
  readonly local?: boolean
  readonly published?: string
}

interface MarkFields {
  readonly rankHex: string
  readonly digestHex?: string
  readonly until: string
}

interface Entry {
  readonly id: string
  readonly keyHex: string
  readonly state: string
  readonly record?: RecordFields
  readonly mark?: MarkFields & { readonly ordinal: number }
  readonly effectiveMark?: MarkFields
  readonly quarantined?: readonly { readonly kind: string; readonly bytesHex: string }[]
}

const entries: readonly Entry[] = expected.entries

/** Current wording of the messages that expected.json contains as the code of that time wrote them. */
const currentMessages: ReadonlyMap<string, string> = new Map([
  [
    'a stored entry cannot be read: its checksum is not that of its key and bytes',
    'a stored entry cannot be read: its checksum does not match its key and bytes'
  ],
  ['the mark beside the record is missing', 'the record has no mark, but says that it has one'],
  ['expiry: an index entry stands for nothing', 'the index entry points to no record or mark with this time'],
  ['age: an index entry stands for nothing', 'the index entry points to no mark with this ordinal']
])

function currentMessage(kind: string, message: string): string {
  return currentMessages.get(`${kind}: ${message}`) ?? currentMessages.get(message) ?? message
}
const hexOf = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : toHex(bytes))

function recordFields(record: StoredRecord | undefined): RecordFields | undefined {
  if (record === undefined) return undefined
  return JSON.parse(
    JSON.stringify({
      valueHex: toHex(record.value),
      rankHex: toHex(record.rank),
      timeReceived: String(record.timeReceived),
      expires: record.expires?.toString(),
      digestHex: hexOf(record.digest),
      authorHex: hexOf(record.author),
      senderHex: hexOf(record.sender),
      local: record.local,
      published: record.published?.toString()
    })
  ) as RecordFields
}

function markFields(mark: HighWaterMark | undefined): MarkFields | undefined {
  if (mark === undefined) return undefined
  return JSON.parse(
    JSON.stringify({ rankHex: toHex(mark.rank), digestHex: hexOf(mark.digest), until: String(mark.until) })
  ) as MarkFields
}

test('reads the records, marks and damage that expected.json lists from the database in vectors/recordkit/stores-0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-stores-0-'))
  const location = join(folder, 'level')
  // opening a database writes to it
  await cp(fileURLToPath(new URL('../../../vectors/recordkit/stores-0/level', import.meta.url)), location, {
    recursive: true
  })
  let now = BigInt(expected.nowNanoseconds)
  const corrupt = new Set<string>()
  const store = await LevelRecordStore.open(new ClassicLevel(location), {
    clock: () => now,
    closeDatabase: true,
    onCorrupt: ({ key }) => corrupt.add(toHex(key as Uint8Array))
  })
  try {
    expect(await store.stats()).toEqual(expected.stats)
    const { checked, quarantined, problems } = await store.verify()
    expect({
      checked,
      quarantined,
      problems: problems.map(({ kind, key, message }) => ({ kind, keyHex: toHex(key), message }))
    }).toEqual({
      ...expected.verify,
      problems: expected.verify.problems.map(({ kind, keyHex, message }) => ({
        kind,
        keyHex,
        message: currentMessage(kind, message)
      }))
    })
    for (const { id, keyHex, state, record, effectiveMark } of entries) {
      const key = fromHex(keyHex)
      corrupt.clear()
      expect(recordFields(await store.get(key)), id).toEqual(state === 'live' ? record : undefined)
      expect(corrupt.has(keyHex), id).toBe(state === 'damaged')
      expect(markFields(await store.mark(key)), id).toEqual(effectiveMark)
    }
    const moved = (await store.quarantined()).map(({ key, value }) => `${toHex(key)} ${toHex(value)}`)
    const aside = entries.flatMap(({ keyHex, quarantined = [] }) =>
      quarantined.map(({ kind, bytesHex }) => `${kind === 'record' ? '01' : '02'}${keyHex} ${bytesHex}`)
    )
    expect(moved.sort()).toEqual(aside.sort())
    // at time 0 no record has expired and no mark has ended: the iterators return all that the database contains
    now = 0n
    const records = await collect(store.iterate())
    expect(records.map((found) => [toHex(found.key), recordFields(found)])).toEqual(
      entries.flatMap(({ keyHex, record }) => (record === undefined ? [] : [[keyHex, record]]))
    )
    const marks = await collect(store.marks())
    expect(marks.map((found) => [toHex(found.key), markFields(found)])).toEqual(
      entries.flatMap(({ keyHex, mark }) => {
        if (mark === undefined) return []
        const { ordinal: _, ...fields } = mark
        return [[keyHex, fields]]
      })
    )
  } finally {
    await store.close()
    await rm(folder, { recursive: true })
  }
})
