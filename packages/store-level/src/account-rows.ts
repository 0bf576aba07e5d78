import type { AccountChange, AccountSize } from '@recordkit/record-store'
import { groupOfAccount } from '@recordkit/record-store'
import { isPromise, mapKey } from '@recordkit/record-types/internal'
import { accountOperation, exists, noSize, pushGroupSizes } from './account-operations.ts'
import type { Account } from './entry-format.ts'
import { decodeAccount, tryDecode } from './entry-format.ts'
import { readCounters } from './level-counters.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes } from './level-database.ts'
import { entryKey, entryType } from './level-layout.ts'

/** Accounts in memory; twice as many at most between batches. */
const cacheSize = 2048
/** Accounts whose sizes are part of the counters. More cost puts by many authors more than they save. */
const recentSize = 4

/** An account in memory. It is changed in place, because most batches change the same few accounts. */
interface CachedAccount extends Account {
  readonly group: Uint8Array | undefined
  records: number
  bytes: number
  marks: number
  /** whether the size is known */
  isLoaded: boolean
  isChanging: boolean
  /** what the batch that is prepared adds */
  addedRecords: number
  addedBytes: number
  addedMarks: number
  /** whether the row may be outdated */
  isRecent: boolean
  /** a number that is higher than that of every account changed before */
  lastChange: number
}

/**
 * The sizes of the accounts, and the index of groups by size. Keeps the accounts in memory that were changed last. The very
 * last of them have no current row: their sizes are part of the counters, which every batch writes, and go into their rows
 * when others take their place. So a put need not write the rows of its group and namespace.
 */
export class AccountRows {
  readonly #database: LevelDatabase
  #changing: CachedAccount[] = []
  /** `undefined` after a batch that may have been written or not */
  #recent: CachedAccount[] | undefined
  #cached = new Map<string, CachedAccount>()
  #cachedBefore = new Map<string, CachedAccount>()
  #changes = 0

  /** @param recent - the recent accounts of the counters */
  constructor(database: LevelDatabase, recent: readonly Account[]) {
    this.#database = database
    this.reset(recent)
  }

  /** The accounts whose rows may be outdated, with their sizes: to be written with the counters. */
  get recent(): readonly Account[] {
    return this.#recent ?? []
  }

  /** The size of an account. */
  read(name: Uint8Array): AccountSize | Promise<AccountSize> {
    const mapName = mapKey(name)
    const account = this.#cached.get(mapName) ?? this.#cachedBefore.get(mapName)
    if (account?.isLoaded === true) return sizeOf(account)
    return this.#recent === undefined ? this.#readUncertain(name) : this.#readRow(name)
  }

  /** Adds to an account, in the batch that is prepared. */
  add({ name, records, bytes, marks }: AccountChange): void {
    const account = this.#account(name)
    if (!account.isChanging) {
      account.isChanging = true
      this.#changing.push(account)
    }
    account.addedRecords += records
    account.addedBytes += bytes
    account.addedMarks += marks
    account.lastChange = ++this.#changes
  }

  /** Reads the accounts that change and are not in memory; `undefined` when the database reads synchronously. */
  load(): Promise<unknown> | undefined {
    let loading: Promise<void>[] | undefined
    for (const account of this.#changing) {
      if (account.isLoaded) continue
      const size = this.#readRow(account.name)
      if (isPromise(size)) {
        loading ??= []
        loading.push(
          size.then((loaded) => {
            // an earlier batch that failed may have read it too
            if (!account.isLoaded) setSize(account, loaded)
          })
        )
      } else setSize(account, size)
    }
    return loading && Promise.all(loading)
  }

  /** Drops what was added, when the batch that is prepared is not written. */
  discard(): void {
    for (const account of this.#changing) endChange(account)
    this.#changing.length = 0
  }

  /**
   * Changes the accounts, which {@link load} has read, and adds the operations for it. Then the batch must be written with
   * the {@link recent} accounts, or all be forgotten with {@link clear}.
   *
   * @returns by how much the number of groups changes
   */
  pushOperations(operations: LevelOperation[]): number {
    const recent = this.#recent as CachedAccount[]
    let groups = 0
    for (const account of this.#changing) {
      const { group, addedRecords, addedBytes, addedMarks } = account
      endChange(account)
      if (addedRecords === 0 && addedBytes === 0 && addedMarks === 0) continue
      const before = group === undefined ? noSize : sizeOf(account)
      // the accounts of a damaged store may be too small
      account.records = Math.max(0, account.records + addedRecords)
      account.marks = Math.max(0, account.marks + addedMarks)
      account.bytes = exists(account) ? Math.max(0, account.bytes + addedBytes) : 0
      if (!account.isRecent) {
        account.isRecent = true
        recent.push(account)
      }
      if (group === undefined) continue
      pushGroupSizes(operations, group, before, account)
      groups += Number(exists(account)) - Number(exists(before))
    }
    this.#changing.length = 0
    while (recent.length > recentSize) operations.push(accountOperation(removeOldest(recent)))
    if (this.#cached.size >= cacheSize) this.#dropCached(recent)
    return groups
  }

  /** Forgets all accounts: the database may contain others. Then {@link reset} must be called before the next batch. */
  clear(): void {
    this.reset([])
    this.#recent = undefined
  }

  /** Forgets all accounts but the recent ones of the counters. */
  reset(recent: readonly Account[]): void {
    this.#changing = []
    this.#cached = new Map()
    this.#cachedBefore = new Map()
    this.#recent = recent.map((each) => {
      const account = this.#account(each.name)
      setSize(account, each)
      account.isRecent = true
      return account
    })
  }

  #account(name: Uint8Array): CachedAccount {
    const mapName = mapKey(name)
    const cached = this.#cached.get(mapName)
    if (cached !== undefined) return cached
    const account = this.#cachedBefore.get(mapName) ?? {
      name,
      group: groupOfAccount(name),
      records: 0,
      bytes: 0,
      marks: 0,
      isLoaded: false,
      isChanging: false,
      addedRecords: 0,
      addedBytes: 0,
      addedMarks: 0,
      isRecent: false,
      lastChange: 0
    }
    this.#cached.set(mapName, account)
    return account
  }

  /** Drops the accounts that have not changed for long. Those without a current row stay. */
  #dropCached(recent: readonly CachedAccount[]): void {
    this.#cachedBefore = this.#cached
    this.#cached = new Map()
    for (const account of recent) this.#cached.set(mapKey(account.name), account)
  }

  #readRow(name: Uint8Array): AccountSize | Promise<AccountSize> {
    const key = entryKey(entryType.account, name)
    const bytes = readBytes(this.#database, key)
    // a damaged row counts as absent, until a repair counts the entries
    return isPromise(bytes)
      ? bytes.then((read) => tryDecode(decodeAccount, key, read) ?? noSize)
      : (tryDecode(decodeAccount, key, bytes) ?? noSize)
  }

  /** Reads the size of an account when the recent ones are not known. */
  async #readUncertain(name: Uint8Array): Promise<AccountSize> {
    const mapName = mapKey(name)
    const counters = await readCounters(this.#database)
    const account = counters?.recentAccounts.find((each) => mapKey(each.name) === mapName)
    return account === undefined ? this.#readRow(name) : sizeOf(account)
  }
}

function sizeOf({ records, bytes, marks }: AccountSize): AccountSize {
  return { records, bytes, marks }
}

function setSize(account: CachedAccount, { records, bytes, marks }: AccountSize): void {
  account.records = records
  account.bytes = bytes
  account.marks = marks
  account.isLoaded = true
}

function endChange(account: CachedAccount): void {
  account.addedRecords = account.addedBytes = account.addedMarks = 0
  account.isChanging = false
}

/** Removes the account whose last change is the longest ago. */
function removeOldest(recent: CachedAccount[]): CachedAccount {
  let oldest = 0
  for (let index = 1; index < recent.length; index++) {
    if ((recent[index] as CachedAccount).lastChange < (recent[oldest] as CachedAccount).lastChange) oldest = index
  }
  const account = recent[oldest] as CachedAccount
  account.isRecent = false
  recent[oldest] = recent.at(-1) as CachedAccount
  recent.pop()
  return account
}
