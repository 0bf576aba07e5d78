import type { MaybePromise } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import type { EntryContent, Share, StoreChange, StoreEntry } from '@recordkit/record-store'
import { accountChanges, encodeStoreEntry, groupOfAccount } from '@recordkit/record-store'
import { noShare } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { CallQueue } from './call-queue.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { ContentionError } from './postgres-errors.ts'
import { part, quoted, shardCount, work, writeParameters } from './postgres-schema.ts'

/** Transactions of one process that run concurrently. */
const lanes = 2
/** Keys that one transaction changes, unless a single call changes more. */
const maxKeys = 1000

type Call = readonly StoreChange[]

/** Writes the changes of all waiting calls in one transaction. */
export class PostgresWriter {
  readonly #database: PostgresDatabase
  readonly #statement: string
  readonly #selectCounted: string
  readonly #random: () => number
  readonly #onWrite: () => void
  readonly #queue: CallQueue<Call, boolean>

  /** @param onWrite - called after each transaction that changed something */
  constructor(database: PostgresDatabase, schema: string, random: () => number, onWrite: () => void) {
    this.#database = database
    const parameters = writeParameters.map(([, type], index) => `$${index + 1}::${type}`).join(', ')
    this.#statement = `SELECT refused FROM ${quoted(schema)}.write_1(${parameters}) AS t(refused)`
    this.#selectCounted = `SELECT key, has_record, has_mark, has_publication, record_group, record_since::text AS record_since,
      mark_group, mark_since::text AS mark_since, record_bytes, author FROM ${quoted(schema)}.entries WHERE key = ANY ($1::bytea[])`
    this.#random = random
    this.#onWrite = onWrite
    this.#queue = new CallQueue((calls) => this.#writeTogether(calls), lanes, newGroup)
  }

  /** @returns whether the entries were those on which the changes are based: otherwise nothing was changed */
  write(changes: Call): Promise<boolean> {
    return this.#queue.add(changes)
  }

  async #writeTogether(calls: readonly Call[]): Promise<readonly MaybePromise<boolean>[]> {
    const counted = await this.#countedCalls(calls)
    const values = valuesOf(calls, counted, this.#database.lockTimeout, Math.floor(this.#random() * shardCount))
    let refused: ReadonlySet<unknown>
    try {
      const rows = await this.#database.statement(this.#statement, values)
      refused = new Set(rows.map((row) => row['refused']))
    } catch (error) {
      // each call reads again and decides anew, with pauses that grow
      if (error instanceof ContentionError) return calls.map(() => false)
      // one key is locked by another program: the calls for other keys do not fail with it
      if (calls.length > 1 && isRecordError(error, 'STORE_CONTENDED'))
        return calls.map((call) => this.#writeAlone(call))
      throw error
    }
    if (refused.size < calls.length) this.#onWrite()
    return calls.map((_, index) => !refused.has(index))
  }

  /** The calls, with what was counted for damaged entries in place of what they contain. */
  async #countedCalls(calls: readonly Call[]): Promise<readonly Call[]> {
    const damaged = calls.flat().filter(({ previous }) => previous.corrupt !== undefined)
    if (damaged.length === 0) return calls
    const counted = new Map<string, StoreEntry>()
    for (const row of await this.#database.read(this.#selectCounted, [damaged.map(({ key }) => key)]))
      counted.set(mapKey(row['key'] as Uint8Array), countedContent(row))
    return calls.map((changes) =>
      changes.map((change) =>
        change.previous.corrupt === undefined ? change : { ...change, previous: counted.get(mapKey(change.key)) ?? {} }
      )
    )
  }

  async #writeAlone(changes: Call): Promise<boolean> {
    const [isWritten = false] = await this.#writeTogether([changes])
    return isWritten
  }
}

/** A group has each key once: a call whose earlier write has timed out may repeat it. */
function newGroup(): (changes: Call) => boolean {
  const keys = new Set<string>()
  return (changes) => {
    const names = changes.map(({ key }) => mapKey(key))
    if (keys.size > 0 && (keys.size + names.length > maxKeys || names.some((name) => keys.has(name)))) return false
    for (const name of names) keys.add(name)
    return true
  }
}

/** The parameters of the function. */
function valuesOf(calls: readonly Call[], counted: readonly Call[], lockTimeout: number, shard: number): unknown[] {
  const columns = new Map<string, unknown[]>(writeParameters.slice(3).map(([name]) => [name, []]))
  const add = (row: Readonly<Record<string, unknown>>): void => {
    for (const [name, value] of Object.entries(row)) (columns.get(name) as unknown[]).push(value)
  }
  let needed = 0
  for (const [call, changes] of calls.entries()) {
    for (const change of changes) {
      const row = rowOf(change)
      add({ calls: call, ...row })
      needed |= workFor(row)
    }
    const { totals, accounts } = accountChanges(counted[call] ?? changes)
    const { records, bytes, marks, publications, publishedRecords, publishedBytes } = totals
    add({ records, bytes, marks, publications, published_records: publishedRecords, published_bytes: publishedBytes })
    for (const account of accounts) {
      if (account.records < 0 || account.marks < 0) needed |= work.shrink
      add({
        account_calls: call,
        account_names: account.name,
        account_groups: groupOfAccount(account.name) !== undefined,
        account_records: account.records,
        account_bytes: account.bytes,
        account_marks: account.marks
      })
    }
  }
  return [lockTimeout, shard, needed, ...columns.values()]
}

function workFor({ previous, entries, damaged }: Readonly<Record<string, unknown>>): number {
  const isNew = previous === null
  const change = entries === null ? (isNew ? 0 : work.delete) : isNew ? work.insert : work.update
  return damaged === true ? change | work.quarantine : change
}

function rowOf({ key, previous, next }: StoreChange): Readonly<Record<string, unknown>> {
  const { record, mark, publication } = next
  const parts =
    (record === undefined ? 0 : part.record) |
    (mark === undefined ? 0 : part.mark) |
    (publication === undefined ? 0 : part.publication)
  // what is published counts towards no group
  const isCounted = publication === undefined
  const recordShare = record !== undefined && isCounted ? (next.recordShare ?? noShare) : undefined
  const markShare = mark !== undefined && isCounted ? (next.markShare ?? noShare) : undefined
  return {
    keys: key,
    previous: previous.version ?? null,
    entries: parts === 0 ? null : encodeStoreEntry(key, next),
    due: dueOf(next),
    parts,
    record_groups: recordShare?.group ?? null,
    record_since: recordShare === undefined ? null : signedTime(recordShare.since),
    mark_groups: markShare?.group ?? null,
    mark_since: markShare === undefined ? null : signedTime(markShare.since),
    record_bytes: record === undefined ? null : key.length + record.value.length + record.rank.length,
    authors: record?.author ?? null,
    damaged: previous.corrupt !== undefined
  }
}

/** What a damaged entry counted for when it was written: contents of the same sizes, for `accountChanges`. */
function countedContent(row: Readonly<Record<string, unknown>>): StoreEntry {
  const key = row['key'] as Uint8Array
  const size = row['record_bytes'] as number | null
  const rank = new Uint8Array(32)
  const shareOf = (part: string): Share | undefined => {
    const group = row[`${part}_group`] as Uint8Array | null
    return group === null ? undefined : { group, since: unsignedTime(row[`${part}_since`] as string) }
  }
  // another program has written it
  if (row['has_record'] === true && size === null) return {}
  const value = new Uint8Array(Math.max(0, (size ?? 0) - key.length - rank.length))
  const author = (row['author'] as Uint8Array | null) ?? undefined
  return {
    ...(row['has_record'] === true ? { record: { key, rank, value, author, timeReceived: 0n } } : {}),
    ...(row['has_mark'] === true ? { mark: { key, rank, until: 0n } } : {}),
    ...(row['has_publication'] === true ? { publication: { key, network: false } } : {}),
    recordShare: shareOf('record'),
    markShare: shareOf('mark')
  }
}

/** The time at which an entry must be swept next. A record that lapses stays while it is published. */
function dueOf({ record, mark, publication }: EntryContent): string | null {
  const times = [publication === undefined ? record?.expires : undefined, mark?.until].filter(
    (time) => time !== undefined
  )
  return times.length === 0 ? null : signedTime(times.reduce((first, time) => (time < first ? time : first)))
}

function unsignedTime(time: string): bigint {
  return BigInt(time) + 9_223_372_036_854_775_808n
}

/** A time as the database has it: PostgreSQL has no unsigned integers. */
export function signedTime(time: bigint): string {
  return (time - 9_223_372_036_854_775_808n).toString()
}
