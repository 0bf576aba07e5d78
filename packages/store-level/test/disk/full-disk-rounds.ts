import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { equalBytes, isRecordError } from '@recordkit/record-types'
import { LevelRecordStore } from '../../src/index.ts'
import { record, text } from '../records.ts'
import type { SmallDisk } from './small-disk.ts'

/** bytes; four times as many once space is freed */
export const diskSize: number = 3 << 20

/** A way to fill a disk and to continue. */
interface Scenario {
  /** decides whether the log or the tables of LevelDB fill the disk */
  readonly writeBufferSize: number
  /** number of puts that must fail */
  readonly failures: number
  /** whether the database is reopened while the disk is full */
  readonly reopens: boolean
}

const logFillsDisk = 4 * diskSize
const tablesFillDisk = diskSize / 16

const scenarios: readonly Scenario[] = [
  { writeBufferSize: logFillsDisk, failures: 1, reopens: false },
  { writeBufferSize: logFillsDisk, failures: 20, reopens: false },
  { writeBufferSize: logFillsDisk, failures: 20, reopens: true },
  { writeBufferSize: tablesFillDisk, failures: 20, reopens: false },
  { writeBufferSize: tablesFillDisk, failures: 20, reopens: true }
]

/** Random bytes, because LevelDB compresses others. */
const noise = randomBytes(1 << 20)

function valueOf(number: number, size: number): Uint8Array {
  const start = (number * 4001) % (noise.length - size)
  return noise.subarray(start, start + size)
}

/** The result of filling a disk repeatedly. */
export interface FullDiskReport {
  acknowledged: number
  /** number of puts that failed on the full disk */
  failed: number
  /** number of puts that succeeded after space was freed */
  resumed: number
  /** lost or changed records, records of failed puts, wrong counters, problems of `verify`, errors without code: must be empty */
  readonly problems: string[]
}

/** Runs each scenario `rounds` times: fills the disk, frees space, continues, reopens the database and compares. */
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
  const addProblem = (problem: string): unknown => report.problems.push(`${name}: ${problem}`)
  /** sizes of the acknowledged values */
  const stored = new Map<number, number>()
  let number = 0

  await disk.resize(diskSize)
  let store = await open()
  const upTo = report.failed + failures
  while (report.failed < upTo) await put()
  await compare('disk full')
  if (reopens) {
    await store.close()
    // opening LevelDB needs space too
    const opened = await open().catch((error: unknown) => error)
    await disk.resize(4 * diskSize)
    if (opened instanceof LevelRecordStore) store = opened
    else {
      if (!isRecordError(opened, 'STORE_IO')) addProblem(`opening failed with ${String(opened)}`)
      store = await open()
    }
  } else await disk.resize(4 * diskSize)
  const sizeBefore = stored.size
  for (let count = 0; count < 200; count++) await put()
  report.resumed += stored.size - sizeBefore
  if (reopens && stored.size - sizeBefore < 200) addProblem('puts fail after space was freed and the database reopened')
  await compare('space freed')
  await store.close()
  store = await open()
  for (const { kind, message } of (await store.verify()).problems) addProblem(`${kind}: ${message}`)
  await compare('reopened')
  await store.close()
  await rm(location, { recursive: true })
  report.acknowledged += stored.size

  async function put(): Promise<void> {
    number++
    const size = 100 + ((number * 7919 + round * 104_729) % 3000)
    try {
      const { status } = await store.put({ ...record(`/d/${number}`, '', 1), value: valueOf(number, size) })
      if (status === 'stored') stored.set(number, size)
      else addProblem(`${number} was ${status}`)
    } catch (error) {
      report.failed++
      if (!isRecordError(error, 'STORE_IO', 'STORE_UNKNOWN') || error.cause === undefined)
        addProblem(`${number} threw ${String(error)}`)
    }
  }

  async function compare(when: string): Promise<void> {
    for (const [each, size] of stored) {
      const value = (await store.get(text(`/d/${each}`)))?.value
      if (value === undefined || !equalBytes(value, valueOf(each, size))) addProblem(`${when}: ${each} is lost`)
    }
    let found = 0
    for await (const { key } of store.iterate()) {
      found++
      const each = Number(new TextDecoder().decode(key).slice(3))
      if (!stored.has(each)) addProblem(`${when}: the put of ${each} failed, but the record exists`)
    }
    const { entries } = await store.stats()
    if (entries !== found) addProblem(`${when}: the counters say ${entries} records, ${found} exist`)
  }
}
