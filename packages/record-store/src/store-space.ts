import type { MaybePromise } from '@recordkit/record-types'
import { equalBytes } from '@recordkit/record-types'
import { BoundedMap, isPromise, mapKey } from '@recordkit/record-types/internal'
import type { AccountSize, AccountTotals, MemberKind, StoreAccounts } from './accounts.ts'
import { groupAccount, namespaceAccount } from './accounts.ts'
import { AdmissionRate } from './admission-rate.ts'
import type { StoreBackend, StoreChange, StoreEntry } from './backend.ts'
import type { CheckedBounds } from './bounds.ts'
import { MemoryAccounts } from './memory-accounts.ts'
import type { Attempt, CountedGrowth, NeededSpace, PublishedGrowth } from './put-admission.ts'
import { neededAccounts, PutAdmission } from './put-admission.ts'
import type { EntryTransaction } from './store-transaction.ts'
import { groupOf } from './store-transaction.ts'
import type { StoreOperation } from './store.ts'

/** Keys that are removed at a time. */
const removalSize = 256
/** Of how many of the oldest records of a group the farthest is removed. */
const comparedByDistance = 16
/** Where a record of a full namespace is searched: in the oldest of the largest groups. */
const searchedGroups = 16
const searchedRecords = 1024
/** ns for which totals are not read again while the store has much space: 1 s */
const totalsAge = 1_000_000_000n
/** A store that may contain fewer records reads its totals for every put. */
const leastForOldTotals = 10_000

/** Of how many accounts it is known what was added while their sizes are read. */
const maxWrittenAccounts = 65_536

const noCount = (): number => 0
const noNames: ReadonlyMap<string, Uint8Array> = /* @__PURE__ */ new Map()

/** How a store removes entries. Each resolves to the number of entries that changed. */
export interface Removals {
  /** Removes some expired records. */
  expired(): Promise<number>
  records(keys: readonly Uint8Array[]): Promise<number>
  marks(keys: readonly Uint8Array[]): Promise<number>
}

/** Keys that could not be removed: their entries are damaged, or of a newer version, or the accounts are wrong about them. */
class KeptKeys {
  readonly #names = new Set<string>()

  get size(): number {
    return this.#names.size
  }

  has(key: Uint8Array): boolean {
    return this.#names.has(mapKey(key))
  }

  add(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#names.add(mapKey(key))
  }
}

/** Keeps a store within its bounds. */
export class StoreSpace {
  readonly #bounds: CheckedBounds
  readonly #accounts: StoreAccounts
  /** the accounts, when the backend keeps none */
  readonly #memory: MemoryAccounts | undefined
  readonly #call: <Result>(work: () => MaybePromise<Result>) => MaybePromise<Result>
  readonly #removals: Removals
  readonly #rate = new AdmissionRate()
  /** what calls are about to write */
  readonly #reserved = { records: 0, bytes: 0, publishedRecords: 0, publishedBytes: 0 }
  /** what calls have written since the store was opened, without what was removed */
  readonly #written = { records: 0, bytes: 0, publishedRecords: 0, publishedBytes: 0 }
  /** number of records that calls are about to add to accounts, by map name */
  readonly #reservedAccounts = new Map<string, number>()
  /** number of records that calls have added to accounts, without what was removed, by map name */
  readonly #writtenAccounts = new BoundedMap<string, number>(maxWrittenAccounts)
  #known: { readonly totals: AccountTotals; readonly time: bigint } | undefined
  #running: Promise<unknown> = Promise.resolve()

  /** @param call - calls the backend, with its timeout */
  constructor(
    bounds: CheckedBounds,
    backend: StoreBackend,
    call: <Result>(work: () => MaybePromise<Result>) => MaybePromise<Result>,
    removals: Removals
  ) {
    this.#bounds = bounds
    this.#memory = backend.accounts === undefined ? new MemoryAccounts() : undefined
    this.#accounts = backend.accounts ?? (this.#memory as MemoryAccounts)
    this.#call = call
    this.#removals = removals
  }

  /** The accounts in memory; `undefined` when the backend keeps them. */
  get memory(): MemoryAccounts | undefined {
    return this.#memory
  }

  /** Prepares the decision about operations. */
  admission(
    operations: readonly StoreOperation[],
    transactions: readonly EntryTransaction[],
    now: bigint,
    attempt: Attempt
  ): MaybePromise<PutAdmission> {
    // before the totals are asked: what is written meanwhile may be counted twice, never not at all
    const { records, bytes, publishedRecords, publishedBytes } = this.#written
    const writtenBefore = { records, bytes, publishedRecords, publishedBytes }
    const decide = (totals: AccountTotals): MaybePromise<PutAdmission> => {
      const used = (): PublishedGrowth => this.#used(totals, writtenBefore)
      const names = this.#neededAccounts(operations, transactions, totals)
      const admission = (countOf: (mapName: string) => number): PutAdmission =>
        new PutAdmission({ bounds: this.#bounds, rate: this.#rate, totals, used, countOf, now, attempt })
      if (names.size === 0) return admission(noCount)
      const counts = this.#counts(names)
      return isPromise(counts) ? counts.then(admission) : admission(counts)
    }
    const totals = this.#totals(now)
    return isPromise(totals) ? totals.then(decide) : decide(totals)
  }

  /** The number of records in accounts, with what other calls are about to write. */
  #counts(names: ReadonlyMap<string, Uint8Array>): MaybePromise<(mapName: string) => number> {
    const written = (name: string): number => this.#writtenAccounts.get(name) ?? 0
    // before the sizes are asked: what is written meanwhile may be counted twice, never not at all
    const before = new Map([...names.keys()].map((name) => [name, written(name)]))
    const countsOf = (found: readonly AccountSize[]): ((mapName: string) => number) => {
      const records = new Map([...names.keys()].map((name, index) => [name, found[index]?.records ?? 0]))
      return (name) => {
        const meanwhile = Math.max(0, written(name) - (before.get(name) ?? 0))
        return (records.get(name) ?? 0) + meanwhile + (this.#reservedAccounts.get(name) ?? 0)
      }
    }
    const found = this.#call(() => this.#accounts.sizes([...names.values()]))
    return isPromise(found) ? found.then(countsOf) : countsOf(found)
  }

  /** Names of the accounts that decide about operations, by map name. */
  #neededAccounts(
    operations: readonly StoreOperation[],
    transactions: readonly EntryTransaction[],
    totals: AccountTotals
  ): ReadonlyMap<string, Uint8Array> {
    let names: Map<string, Uint8Array> | undefined
    for (const [index, operation] of operations.entries()) {
      if (operation.type !== 'put') continue
      const { record } = operation
      const before = (transactions[index] as EntryTransaction).previous
      for (const name of neededAccounts(before, record, groupOf(record, operation), totals, this.#bounds)) {
        names ??= new Map()
        names.set(mapKey(name), name)
      }
    }
    return names ?? noNames
  }

  /** What the store contains now, with what other calls are about to write. */
  #used(totals: AccountTotals, writtenBefore: PublishedGrowth): PublishedGrowth {
    const reserved = this.#reserved
    const written = this.#written
    const before = this.#memory === undefined ? writtenBefore : written
    const known = this.#memory?.totals() ?? totals
    return {
      records: known.records + written.records - before.records + reserved.records,
      bytes: known.bytes + written.bytes - before.bytes + reserved.bytes,
      publishedRecords:
        known.publishedRecords + written.publishedRecords - before.publishedRecords + reserved.publishedRecords,
      publishedBytes: known.publishedBytes + written.publishedBytes - before.publishedBytes + reserved.publishedBytes
    }
  }

  /** Counts what a call is about to write, or with a sign of -1 does so no longer. */
  reserve(growth: CountedGrowth, sign: 1 | -1): void {
    addGrowth(this.#reserved, growth, sign)
    if (growth.accounts.size === 0) return
    for (const [name, count] of growth.accounts) {
      const sum = (this.#reservedAccounts.get(name) ?? 0) + sign * count
      if (sum === 0) this.#reservedAccounts.delete(name)
      else this.#reservedAccounts.set(name, sum)
    }
  }

  /** Counts what was written. */
  written(changes: readonly StoreChange[], growth: CountedGrowth): void {
    addGrowth(this.#written, growth, 1)
    if (this.#memory !== undefined) for (const { key, next } of changes) this.#memory.set(key, next)
    else
      for (const [name, count] of growth.accounts)
        this.#writtenAccounts.set(name, (this.#writtenAccounts.get(name) ?? 0) + count)
    if (this.#known === undefined) return
    const { totals, time } = this.#known
    const known = { ...totals }
    for (const name of growthNames) known[name] += growth[name]
    this.#know(known, time)
  }

  /** Counts what was read; see {@link MemoryAccounts}. */
  wasRead(key: Uint8Array, entry: StoreEntry): void {
    this.#memory?.set(key, entry)
  }

  /** The keys that are counted in memory, by map name. */
  countedKeys(): Map<string, Uint8Array> {
    return this.#memory?.keys() ?? new Map()
  }

  /** Removes records until there is space. @returns whether there may be space now */
  makeSpace(needed: NeededSpace): Promise<boolean> {
    return this.#afterOthers(() => this.#makeSpace(needed))
  }

  /** Removes all expired records. @returns whether there was one */
  removeExpired(): Promise<boolean> {
    return this.#afterOthers(async () => {
      let isRemoved = false
      while ((await this.#removals.expired()) > 0) isRemoved = true
      return isRemoved
    })
  }

  /** Removes marks while there are too many. */
  removeExcessMarks(): Promise<boolean> {
    return this.#afterOthers(async () => {
      const kept = new KeptKeys()
      for (;;) {
        const { marks } = await this.#call(() => this.#accounts.totals())
        const excess = marks - this.#bounds.maxMarks
        if (excess <= 0) return true
        const [group, count] = await this.#largest('marks', excess)
        const keys = group === undefined ? [] : await this.#oldest('marks', group, count, kept)
        if (keys.length === 0) return false
        if ((await this.#removals.marks(keys)) === 0) kept.add(keys)
      }
    })
  }

  /** Runs one removal after another: two that run concurrently would remove more than is needed. */
  #afterOthers(work: () => Promise<boolean>): Promise<boolean> {
    const run = this.#running.then(work, work)
    this.#running = run
    return run
  }

  async #makeSpace({ records, bytes, groups, namespace }: NeededSpace): Promise<boolean> {
    const { maxRecords, maxBytes, maxRecordsPerNamespace } = this.#bounds
    const kept = new KeptKeys()
    let removesExpired = true
    for (;;) {
      const totals = await this.#call(() => this.#accounts.totals())
      const excessRecords = records <= 0 ? 0 : totals.records + this.#reserved.records + records - maxRecords
      const excessBytes = bytes <= 0 ? 0 : totals.bytes + this.#reserved.bytes + bytes - maxBytes
      const [size] = namespace === undefined ? [] : await this.#call(() => this.#accounts.sizes([namespace.name]))
      const excessInNamespace =
        size === undefined || namespace === undefined ? 0 : size.records + namespace.records - maxRecordsPerNamespace
      if (excessRecords <= 0 && excessBytes <= 0 && excessInNamespace <= 0) return true
      if (removesExpired) {
        removesExpired = (await this.#removals.expired()) > 0
        if (removesExpired) continue
      }
      let keys: readonly Uint8Array[]
      if (excessInNamespace > 0 && namespace !== undefined) keys = await this.#oldestInNamespace(namespace.name, kept)
      else keys = await this.#oldestOfLargest(excessRecords > 0 ? 'records' : 'bytes', excessRecords, groups, kept)
      if (keys.length === 0) return false
      if ((await this.#removals.records(keys)) === 0) kept.add(keys)
    }
  }

  async #oldestOfLargest(
    measure: 'records' | 'bytes',
    excess: number,
    added: NeededSpace['groups'],
    kept: KeptKeys
  ): Promise<readonly Uint8Array[]> {
    const { distance } = this.#bounds
    const [group, count] = await this.#largest(measure, measure === 'records' ? excess : 1, added)
    if (group === undefined) return []
    const compared = distance === undefined ? count : Math.max(count, comparedByDistance)
    const keys = await this.#oldest('records', group, compared, kept)
    if (distance === undefined) return keys
    const farthest = keys.map((key) => ({ key, from: distance(key) })).sort((a, b) => (a.from > b.from ? -1 : 1))
    return farthest.slice(0, count).map(({ key }) => key)
  }

  /**
   * The largest group, and how many of its records or marks may go until it is as small as the next, at most `excess`.
   *
   * @param added - what is about to be added to groups. Of groups that are then equally large, one that grows is the largest:
   * groups with their fair share take nothing from each other.
   */
  async #largest(
    measure: keyof AccountSize,
    excess: number,
    added: NeededSpace['groups'] = []
  ): Promise<[Uint8Array | undefined, number]> {
    const largest = await this.#call(() => this.#accounts.largestGroups(measure, 2))
    const growing = added.map(({ group }) => group)
    const sizes = await this.#call(() => this.#accounts.sizes([...growing, ...largest].map(groupAccount)))
    const growth = (index: number): number => (measure === 'marks' ? 0 : (added[index]?.[measure] ?? 0))
    const groups = [...growing, ...largest]
      .map((group, index) => ({ group, size: sizes[index]?.[measure] ?? 0, growth: growth(index) }))
      // a group that has nothing yet has nothing to remove
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size + b.growth - (a.size + a.growth))
    const [first] = groups
    const next = groups.find(({ group }) => first !== undefined && !equalBytes(group, first.group))
    if (first === undefined || measure === 'bytes') return [first?.group, 1]
    const difference = first.size + first.growth - (next === undefined ? 0 : next.size + next.growth)
    return [first.group, Math.max(1, Math.min(excess, difference, first.size, removalSize))]
  }

  /** The oldest members of a group that can be removed, as far as is known. */
  async #oldest(kind: MemberKind, group: Uint8Array, count: number, kept: KeptKeys): Promise<readonly Uint8Array[]> {
    const keys = await this.#call(() => this.#accounts.oldest(kind, group, count + kept.size))
    return keys.filter((key) => !kept.has(key)).slice(0, count)
  }

  /** The oldest record in a namespace of the largest group that has one. */
  async #oldestInNamespace(name: Uint8Array, kept: KeptKeys): Promise<readonly Uint8Array[]> {
    const groups = await this.#call(() => this.#accounts.largestGroups('records', searchedGroups))
    for (const group of groups) {
      const keys = await this.#call(() => this.#accounts.oldest('records', group, searchedRecords))
      const found = keys.find((key) => equalBytes(namespaceAccount(key), name) && !kept.has(key))
      if (found !== undefined) return [found]
    }
    return []
  }

  /** The totals; up to a second old while the store has much space. */
  #totals(now: bigint): MaybePromise<AccountTotals> {
    if (this.#memory !== undefined) return this.#memory.totals()
    if (this.#known !== undefined && now >= this.#known.time && now - this.#known.time < totalsAge)
      return this.#known.totals
    const found = this.#call(() => this.#accounts.totals())
    // what is known without waiting costs less than keeping it
    if (!isPromise(found)) return found
    return found.then((totals) => {
      this.#know(totals, now)
      return totals
    })
  }

  #know(totals: AccountTotals, time: bigint): void {
    const { maxRecords, maxBytes } = this.#bounds
    const hasSpace = maxRecords >= leastForOldTotals && totals.records * 2 < maxRecords && totals.bytes * 2 < maxBytes
    this.#known = hasSpace ? { totals, time } : undefined
  }
}

const growthNames = ['records', 'bytes', 'publishedRecords', 'publishedBytes'] as const

/** Adds what grows, or with a sign of -1 subtracts it. */
function addGrowth(sums: Record<keyof PublishedGrowth, number>, growth: PublishedGrowth, sign: 1 | -1): void {
  if (growth.records > 0) sums.records += sign * growth.records
  if (growth.bytes > 0) sums.bytes += sign * growth.bytes
  if (growth.publishedRecords > 0) sums.publishedRecords += sign * growth.publishedRecords
  if (growth.publishedBytes > 0) sums.publishedBytes += sign * growth.publishedBytes
}
