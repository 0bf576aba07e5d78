import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { equalBytes, isRecordError } from '@recordkit/record-types'
import { LevelRecordStore } from '../../src/index.ts'
import { record, text } from '../records.ts'
import type { SmallDisk } from './small-disk.ts'

/** Bytes of the disk; four times as many when there is room again. */
export const diskSize: number = 3 << 20

/** A way to come to the end of a disk, and on from there. */
interface Scenario {
  /** whether the disk ends under LevelDB's log, or under the tables that it writes in the background */
  readonly writeBufferSize: number
  /** puts that are tried in vain */
  readonly failures: number
  /** whether the database is closed and opened while the disk is full */
  readonly reopens: boolean
}

const log = 4 * diskSize
const tables = diskSize / 16

const scenarios: readonly Scenario[] = [
  { writeBufferSize: log, failures: 1, reopens: false },
  { writeBufferSize: log, failures: 20, reopens: false },
  { writeBufferSize: log, failures: 20, reopens: true },
  { writeBufferSize: tables, failures: 20, reopens: false },
  { writeBufferSize: tables, failures: 20, reopens: true }
]

/** Bytes that do not compress: LevelDB would make less of them than is counted on. */
const noise = randomBytes(1 << 20)

function valueOf(number: number, size: number): Uint8Array {
  const start = (number * 4001) % (noise.length - size)
  return noise.subarray(start, start + size)
}

/** What came of filling a disk, again and again. */
export interface FullDiskReport {
  acknowledged: number
  /** puts that failed on the full disk */
  failed: number
  /** puts that went through once there was room again */
  resumed: number
  /** acknowledged and not held with its bytes, failed and held, counted wrongly, found by `verify`, an error without its code: must be empty */
  readonly problems: string[]
}

/** Writes until the disk is full and then some, makes room, goes on, opens anew and compares; each scenario `rounds` times. */
export async function fullDiskRounds(disk: SmallDisk, rounds: number, durable: boolean): Promise<FullDiskReport> {
  const report: FullDiskReport = { acknowledged: 0, failed: 0, resumed: 0, problems: [] }
  for (let round = 0; round < rounds; round++) {
    for (const scenario of scenarios) await fullDiskRound(disk, scenario, durable, round, report)
  }
  return report
}

async function fullDiskRound(
  disk: SmallDisk,
  { writeBufferSize, failures, reopens }: Scenario,
  durable: boolean,
  round: number,
  report: FullDiskReport
): Promise<void> {
  const location = join(disk.folder, 'database')
  const open = (): Promise<LevelRecordStore> =>
    LevelRecordStore.open(new ClassicLevel(location, { writeBufferSize }), { durable, closeDatabase: true })
  const name = `buffer ${writeBufferSize}, failures ${failures}, reopens ${reopens}, round ${round}`
  const say = (what: string): unknown => report.problems.push(`${name}: ${what}`)
  /** sizes of the values held */
  const held = new Map<number, number>()
  let number = 0

  await disk.resize(diskSize)
  let store = await open()
  const upTo = report.failed + failures
  while (report.failed < upTo) await put()
  await compare('full')
  if (reopens) {
    await store.close()
    // LevelDB needs room to be opened, too
    const opened = await open().catch((error: unknown) => error)
    await disk.resize(4 * diskSize)
    if (opened instanceof LevelRecordStore) store = opened
    else {
      if (!isRecordError(opened, 'STORE_IO')) say(`refused to open with ${String(opened)}`)
      store = await open()
    }
  } else await disk.resize(4 * diskSize)
  const before = held.size
  for (let count = 0; count < 200; count++) await put()
  report.resumed += held.size - before
  if (reopens && held.size - before < 200) say('refuses puts with room, opened anew')
  await compare('with room again')
  await store.close()
  store = await open()
  for (const { kind, message } of (await store.verify()).problems) say(`${kind}: ${message}`)
  await compare('opened anew')
  await store.close()
  await rm(location, { recursive: true })
  report.acknowledged += held.size

  async function put(): Promise<void> {
    number++
    const size = 100 + ((number * 7919 + round * 104_729) % 3000)
    try {
      const { status } = await store.put({ ...record(`/d/${number}`, '', 1), value: valueOf(number, size) })
      if (status === 'stored') held.set(number, size)
      else say(`${number} was ${status}`)
    } catch (error) {
      report.failed++
      if (!isRecordError(error, 'STORE_IO') || error.cause === undefined) say(`${number} threw ${String(error)}`)
    }
  }

  async function compare(when: string): Promise<void> {
    for (const [each, size] of held) {
      const value = (await store.get(text(`/d/${each}`)))?.value
      if (value === undefined || !equalBytes(value, valueOf(each, size))) say(`${when}: ${each} is lost`)
    }
    let there = 0
    for await (const { key } of store.iterate()) {
      there++
      const each = Number(new TextDecoder().decode(key).slice(3))
      if (!held.has(each)) say(`${when}: ${each} failed and is there`)
    }
    const { entries } = await store.stats()
    if (entries !== there) say(`${when}: ${entries} counted, ${there} there`)
  }
}
