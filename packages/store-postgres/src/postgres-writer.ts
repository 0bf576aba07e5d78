import type { MaybePromise } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import type { EntryContent, StoreChange } from '@recordkit/record-store'
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
  readonly #random: () => number
  readonly #onWrite: () => void
  readonly #queue: CallQueue<Call, boolean>

  /** @param onWrite - called after each transaction that changed something */
  constructor(database: PostgresDatabase, schema: string, random: () => number, onWrite: () => void) {
    this.#database = database
    const parameters = writeParameters.map(([, type], index) => `$${index + 1}::${type}`).join(', ')
    this.#statement = `SELECT refused FROM ${quoted(schema)}.write_1(${parameters}) AS t(refused)`
    this.#random = random
    this.#onWrite = onWrite
    this.#queue = new CallQueue((calls) => this.#writeTogether(calls), lanes, newGroup)
  }

  /** @returns whether the entries were those on which the changes are based: otherwise nothing was changed */
  write(changes: Call): Promise<boolean> {
    return this.#queue.add(changes)
  }

  async #writeTogether(calls: readonly Call[]): Promise<readonly MaybePromise<boolean>[]> {
    const values = valuesOf(calls, Math.floor(this.#random() * shardCount))
    let refused: ReadonlySet<unknown>
    try {
      const rows = await this.#database.transaction((query) => query(this.#statement, values))
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
function valuesOf(calls: readonly Call[], shard: number): unknown[] {
  const columns = new Map<string, unknown[]>(writeParameters.slice(2).map(([name]) => [name, []]))
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
    const { totals, accounts } = accountChanges(changes)
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
  return [shard, needed, ...columns.values()]
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
    damaged: previous.corrupt !== undefined
  }
}

/** The time at which an entry must be swept next. A record that lapses stays while it is published. */
function dueOf({ record, mark, publication }: EntryContent): string | null {
  const times = [publication === undefined ? record?.expires : undefined, mark?.until].filter(
    (time) => time !== undefined
  )
  return times.length === 0 ? null : signedTime(times.reduce((first, time) => (time < first ? time : first)))
}

/** A time as the database has it: PostgreSQL has no unsigned integers. */
export function signedTime(time: bigint): string {
  return (time - 9_223_372_036_854_775_808n).toString()
}
