import type { LevelDatabase } from '../src/index.ts'
import { checksum } from '../src/platform/checksum.anywhere.ts'
import { writeBatch } from '../src/level-database.ts'

/*
 * Version 1 of the format, frozen: the exact bytes that the store wrote before marks had ordinals. Uses no code of the
 * current format except the checksum.
 */

/** A mark of a version 1 database. */
export interface OldMark {
  readonly key: string
  readonly rank: number
  readonly until: bigint
}

function varint(number: bigint): number[] {
  const bytes: number[] = []
  let left = number
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return [...bytes, Number(left)]
}

function entryOf(key: readonly number[], message: readonly number[]): { key: Uint8Array; value: Uint8Array } {
  const sum = checksum(Uint8Array.from([...key, ...message]))
  const end = [sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255]
  return { key: Uint8Array.from(key), value: Uint8Array.from([...message, ...end]) }
}

function text(content: string): number[] {
  return [...new TextEncoder().encode(content)]
}

function bigEndian(time: bigint): number[] {
  return Array.from({ length: 8 }, (_, index) => Number((time >> BigInt(56 - 8 * index)) & 255n))
}

/** Fills an empty database in version 1: one record (`/record`, value `v`, rank 1, received at 7) and marks. */
export async function writeVersion1(database: LevelDatabase, marks: readonly OldMark[]): Promise<void> {
  await database.open()
  const entries = [
    entryOf([0], [10, 15, ...text('recordkit store'), 16, 1]),
    entryOf([1, ...text('/record')], [10, 1, 1, 18, 1, ...text('v'), 24, 7]),
    ...marks.flatMap(({ key, rank, until }) => [
      entryOf([2, ...text(key)], [10, 1, rank, 24, ...varint(until)]),
      { key: Uint8Array.from([3, ...bigEndian(until), 2, ...text(key)]), value: new Uint8Array(0) }
    ]),
    entryOf([4], [8, 1, 16, 9, 24, ...varint(BigInt(marks.length))])
  ]
  await writeBatch(
    database,
    entries.map(({ key, value }) => ({ type: 'put', key, value })),
    false
  )
}
