import type { MaybePromise } from '@recordkit/record-types'
import { isRecordError } from '@recordkit/record-types'
import type { StoreChange, StoreEntry } from '@recordkit/record-store'
import { accountChanges, decodeStoreEntry } from '@recordkit/record-store'
import { mapKey } from '@recordkit/record-types/internal'
import { CallQueue } from './call-queue.ts'
import { changeValues, countedContent } from './entry-row.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { ContentionError } from './postgres-errors.ts'
import { quoted, statementName } from './postgres-names.ts'
import { shardCount } from './postgres-schema.ts'
import type { RecentEntries } from './recent-entries.ts'
import { callOf, totalNames, work, writeManyParameters, writeParameters } from './write-functions.ts'

/** Transactions of one process that run concurrently. */
const lanes = 2
/** Keys that one transaction changes, unless a single call changes more. */
const maxKeys = 1000

type Call = readonly StoreChange[]
/** `true`: written; the entries of the call: refused, as they are others; `false`: refused, as other transactions were in the way */
type Written = boolean | readonly StoreEntry[]

/** Writes the changes of all waiting calls in one transaction. */
export class PostgresWriter {
  readonly #database: PostgresDatabase
  readonly #recent: RecentEntries
  readonly #writeOne: readonly [string, string]
  readonly #writeMany: readonly [string, string]
  readonly #selectCounted: string
  readonly #onWrite: () => void
  readonly #queue: CallQueue<Call, Written>
  #shard: number

  /** @param onWrite - called after each transaction that changed something */
  constructor(
    database: PostgresDatabase,
    schema: string,
    recent: RecentEntries,
    random: () => number,
    onWrite: () => void
  ) {
    this.#database = database
    this.#recent = recent
    const s = quoted(schema)
    this.#writeOne = named('write_1', `SELECT ${s}.${callOf('write_1', writeParameters())} AS entry`)
    const writeMany = callOf('write_many_1', writeManyParameters())
    this.#writeMany = named('write_many_1', `SELECT call, entry FROM ${s}.${writeMany}`)
    this.#selectCounted = `SELECT key, has_record, has_mark, has_publication, record_group, record_since::text AS record_since,
      mark_group, mark_since::text AS mark_since, record_bytes, author FROM ${s}.entries WHERE key = ANY ($1::bytea[])`
    this.#shard = Math.floor(random() * shardCount)
    this.#onWrite = onWrite
    this.#queue = new CallQueue((calls) => this.#writeTogether(calls), lanes, newGroup)
  }

  write(changes: Call): Promise<Written> {
    return this.#queue.add(changes)
  }

  async #writeTogether(calls: readonly Call[]): Promise<readonly MaybePromise<Written>[]> {
    const isDamaged = calls.some((changes) => changes.some(({ previous }) => previous.corrupt !== undefined))
    const counted = isDamaged ? await this.#countedCalls(calls) : calls
    // not one that another transaction of this process locks
    this.#shard = (this.#shard + 1) % shardCount
    const rows = calls.map((changes) => changes.map(changeValues))
    const changes = calls.flat()
    const [change] = changes
    let results: readonly Written[]
    try {
      results =
        changes.length === 1 && change !== undefined && isSimple(change)
          ? [await this.#one(change, rows[0]?.[0] as unknown[])]
          : await this.#many(calls, counted, rows)
    } catch (error) {
      // each call reads again and decides anew, with pauses that grow
      if (error instanceof ContentionError) return calls.map(() => false)
      // one key is locked by another program: the calls for other keys do not fail with it
      if (calls.length > 1 && isRecordError(error, 'STORE_CONTENDED'))
        return calls.map((call) => this.#writeAlone(call))
      throw error
    }
    if (results.includes(true)) this.#onWrite()
    for (const [call, result] of results.entries()) {
      for (const [index, { key }] of (calls[call] as Call).entries()) {
        const entry = result === true ? rows[call]?.[index]?.[2] : result === false ? undefined : result[index]?.version
        this.#recent.set(key, (entry ?? undefined) as Uint8Array | undefined)
      }
    }
    return results
  }

  async #one(change: StoreChange, row: readonly unknown[]): Promise<Written> {
    const { totals, accounts } = accountChanges([change])
    const [found] = await this.#database.statement(...this.#writeOne, [
      this.#database.lockTimeout,
      this.#shard,
      ...row,
      totalNames.map((name) => totals[name]),
      ...accountArrays(accounts)
    ])
    const entry = found?.['entry'] as Uint8Array | null
    if (entry === null) return true
    // no entry, or an empty one, which is damaged: read to find out
    return entry.length > 0 && [entryOf(change.key, entry)]
  }

  async #many(
    calls: readonly Call[],
    counted: readonly Call[],
    rows: readonly (readonly (readonly unknown[])[])[]
  ): Promise<readonly Written[]> {
    const sums = counted.map((changes) => accountChanges(changes))
    const changes = calls.flat()
    const found = await this.#database.statement(...this.#writeMany, [
      this.#database.lockTimeout,
      this.#shard,
      changes.reduce((needed, change) => needed | workFor(change), 0),
      calls.length,
      calls.flatMap((call, index) => call.map(() => index)),
      ...columnsOf(rows.flat()),
      changes.map(({ previous }) => previous.corrupt !== undefined),
      sums.flatMap(({ totals }) => totalNames.map((name) => totals[name])),
      sums.flatMap(({ accounts }, index) => accounts.map(() => index)),
      ...accountArrays(sums.flatMap(({ accounts }) => accounts))
    ])
    const refused = new Map<number, StoreEntry[]>()
    for (const row of found) {
      const call = Number(row['call'])
      const entries = refused.get(call) ?? []
      const change = calls[call]?.[entries.length] as StoreChange
      entries.push(entryOf(change.key, row['entry'] as Uint8Array | null))
      refused.set(call, entries)
    }
    return calls.map((_, index) => refused.get(index) ?? true)
  }

  /** The calls, with what was counted for damaged entries in place of what they contain. */
  async #countedCalls(calls: readonly Call[]): Promise<readonly Call[]> {
    const damaged = calls.flat().filter(({ previous }) => previous.corrupt !== undefined)
    const counted = new Map<string, StoreEntry>()
    for (const row of await this.#database.read(this.#selectCounted, [damaged.map(({ key }) => key)]))
      counted.set(mapKey(row['key'] as Uint8Array), countedContent(row))
    return calls.map((changes) =>
      changes.map((change) =>
        change.previous.corrupt === undefined ? change : { ...change, previous: counted.get(mapKey(change.key)) ?? {} }
      )
    )
  }

  async #writeAlone(changes: Call): Promise<Written> {
    const [written = false] = await this.#writeTogether([changes])
    return written
  }
}

function named(name: string, text: string): readonly [string, string] {
  return [statementName(name, text), text]
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

/** Whether a change is one of those that `write_1` applies. */
function isSimple(change: StoreChange): boolean {
  const needed = workFor(change)
  return needed === work.insert || needed === work.update || needed === work.delete
}

function workFor({ previous, next }: StoreChange): number {
  const isNew = previous.version === undefined
  const isRemoved = (next.record ?? next.mark ?? next.publication) === undefined
  const change = isRemoved ? (isNew ? 0 : work.delete) : isNew ? work.insert : work.update
  return previous.corrupt === undefined ? change : change | work.quarantine
}

function columnsOf(rows: readonly (readonly unknown[])[]): unknown[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]))
}

function accountArrays(accounts: ReturnType<typeof accountChanges>['accounts']): unknown[][] {
  return [
    accounts.map(({ name }) => name),
    accounts.map(({ records }) => records),
    accounts.map(({ bytes }) => bytes),
    accounts.map(({ marks }) => marks)
  ]
}

function entryOf(key: Uint8Array, entry: Uint8Array | null): StoreEntry {
  return entry === null ? {} : decodeStoreEntry(key, entry)
}
