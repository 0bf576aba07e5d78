import type { RecordStore, StoredRecord } from '@recordkit/record-store'
import { IndexedDbRecordStore } from '../../src/index.ts'

/** What a page does: it races with others, or checks the store after them. */
export interface RaceArgument {
  readonly task: 'race' | 'check'
  /** of the database */
  readonly name: string
  /** number of this page */
  readonly page: number
  /** of this page */
  readonly puts: number
  /** ms since the Unix epoch; when the race began */
  readonly start: number
}

/** Acknowledged ranks, as `[key, order]`. A page reports all of them, in the order of their acknowledgements. */
export type Acknowledged = readonly (readonly [key: string, order: number])[]

/** The highest order that the store contains per key, as record or mark, and what `verify` found. */
export interface CheckResult {
  readonly orders: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

export type VerifiableStore = RecordStore & {
  verify(): Promise<{ readonly problems: readonly { readonly kind: string; readonly message: string }[] }>
}

/** Keys that all pages put. */
const keyCount = 32
/** Puts of one page that wait at the same time. */
const concurrency = 8

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

function recordOf(key: string, order: number, page: number): StoredRecord {
  const rank = new Uint8Array(36)
  const view = new DataView(rank.buffer)
  view.setUint32(0, order)
  view.setUint32(32, order)
  const value = new Uint8Array(100 + (order % 200)).fill(page)
  return {
    key: text(key),
    value,
    rank,
    timeReceived: BigInt(Date.now()) * 1_000_000n,
    expires: BigInt(Date.now() + 3_600_000 + order) * 1_000_000n,
    author: text(`author ${order % 3}`),
    sender: text(`sender ${order % 5}`)
  }
}

function orderOf(rank: Uint8Array | undefined): number {
  return rank === undefined ? -1 : new DataView(rank.buffer, rank.byteOffset).getUint32(0)
}

/** The highest order under a key, of the record or of its mark, while nothing is written. */
async function highest(store: RecordStore, key: string): Promise<number> {
  const record = await store.get(text(key))
  const mark = await store.mark(text(key))
  return Math.max(orderOf(record?.rank), orderOf(mark?.rank))
}

/** The same, of one moment: a put that is refused as stale returns what it ranks below. */
async function highestNow(store: RecordStore, key: string, page: number): Promise<number> {
  const { previous, mark } = await store.put(recordOf(key, 0, page))
  return Math.max(orderOf(previous?.rank), orderOf(mark?.rank))
}

async function race(
  store: RecordStore,
  { page, puts, start }: RaceArgument,
  report: (acknowledged: Acknowledged) => Promise<void>
): Promise<readonly string[]> {
  const problems: string[] = []
  const known = new Map<string, number>()
  let pending: (readonly [string, number])[] = []
  let reporting: Promise<void> | undefined
  const acknowledge = (key: string, order: number): void => {
    known.set(key, Math.max(order, known.get(key) ?? -1))
    pending.push([key, order])
    reporting ??= (async () => {
      while (pending.length > 0) {
        const acknowledged = pending
        pending = []
        await report(acknowledged)
      }
      reporting = undefined
    })()
  }
  let next = 0
  const work = async (): Promise<void> => {
    while (next < puts) {
      const number = next++
      const key = `/race/${(number * 7 + page) % keyCount}`
      // the pages overtake each other, whichever started first
      const order = (Date.now() - start) * 256 + (number % 64) * 4 + page + 1
      const record = recordOf(key, order, page)
      if ((await store.put(record)).status !== 'stale') acknowledge(key, order)
      if (number % 20 === page) await store.delete(record.key, { ifRank: record.rank })
      const least = known.get(key) ?? -1
      const found = await highestNow(store, key, page)
      if (found < least) problems.push(`${key} has order ${found} after ${least} was acknowledged`)
      else known.set(key, found)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  await reporting
  return problems
}

async function check(store: VerifiableStore): Promise<CheckResult> {
  const orders: Record<string, number> = {}
  for (let index = 0; index < keyCount; index++) orders[`/race/${index}`] = await highest(store, `/race/${index}`)
  const { problems } = await store.verify()
  const found = problems.map(({ kind, message }) => `${kind}: ${message}`)
  let records = 0
  for await (const _ of store.iterate()) records++
  const { entries } = await store.stats()
  if (records !== entries) found.push(`the store counts ${entries} records and contains ${records}`)
  return { orders, problems: found }
}

/** Runs a task on a store. */
export async function runTask(
  store: VerifiableStore,
  argument: RaceArgument,
  report: (acknowledged: Acknowledged) => Promise<void>
): Promise<readonly string[] | CheckResult> {
  try {
    return await (argument.task === 'race' ? race(store, argument, report) : check(store))
  } finally {
    await store.close()
  }
}

export async function run(
  argument: RaceArgument,
  report: (acknowledged: Acknowledged) => Promise<void>
): Promise<unknown> {
  return runTask(await IndexedDbRecordStore.open(argument.name), argument, report)
}
