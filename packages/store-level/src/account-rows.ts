import type { AccountChange, AccountSize } from '@recordkit/record-store'
import { groupOfAccount } from '@recordkit/record-store'
import { sizeBucket } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { decodeAccount, encodeAccount, tryDecode } from './entry-format.ts'
import type { LevelDatabase, LevelOperation } from './level-database.ts'
import { readBytes } from './level-database.ts'
import { entryKey, entryType, groupSizeKey, measures } from './level-layout.ts'

/** The size of an account without a row. */
export const noSize: AccountSize = /* @__PURE__ */ Object.freeze({ records: 0, bytes: 0, marks: 0 })

/** Rows in memory; at most twice as many. */
const cacheSize = 2048
const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

interface ChangingAccount {
  readonly name: Uint8Array
  before: AccountSize | undefined
  added: AccountSize
  after: AccountSize
}

/** The rows of the accounts, and the index of groups by size. Keeps the rows in memory that were written last. */
export class AccountRows {
  readonly #database: LevelDatabase
  readonly #changing = new Map<string, ChangingAccount>()
  #recent = new Map<string, AccountSize>()
  #older = new Map<string, AccountSize>()

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  /** The size of an account. */
  read(name: Uint8Array): AccountSize | Promise<AccountSize> {
    return this.#cached(mapKey(name)) ?? this.#load(name)
  }

  /** Adds to an account, in the batch that is prepared. */
  add({ name, records, bytes, marks }: AccountChange): void {
    const mapName = mapKey(name)
    const changing = this.#changing.get(mapName)
    if (changing === undefined) {
      const added = { records, bytes, marks }
      this.#changing.set(mapName, { name, before: this.#cached(mapName), added, after: noSize })
    } else {
      const { added } = changing
      changing.added = { records: added.records + records, bytes: added.bytes + bytes, marks: added.marks + marks }
    }
  }

  /** Reads the rows that change and are not in memory; `undefined` when the database reads synchronously. */
  load(): Promise<unknown> | undefined {
    let loading: Promise<void>[] | undefined
    for (const changing of this.#changing.values()) {
      if (changing.before !== undefined) continue
      const before = this.#load(changing.name)
      if (before instanceof Promise) {
        loading ??= []
        loading.push(before.then((size) => void (changing.before = size)))
      } else changing.before = before
    }
    return loading && Promise.all(loading)
  }

  /**
   * Adds the operations that change the rows, which {@link load} has read.
   *
   * @returns by how much the number of groups changes
   */
  pushOperations(operations: LevelOperation[]): number {
    let groups = 0
    for (const changing of this.#changing.values()) {
      const { name } = changing
      const before = changing.before as AccountSize
      const after = sum(before, changing.added)
      changing.after = after
      if (sameSize(before, after)) continue
      pushAccount(operations, name, before, after)
      if (exists(before) !== exists(after) && groupOfAccount(name) !== undefined) groups += exists(after) ? 1 : -1
    }
    return groups
  }

  /** Keeps the changed rows in memory: the batch was written. */
  written(): void {
    for (const [mapName, { after }] of this.#changing) this.#keep(mapName, after)
    this.#changing.clear()
  }

  /** Forgets all rows: the database may contain others. */
  clear(): void {
    this.#changing.clear()
    this.#recent.clear()
    this.#older.clear()
  }

  #cached(mapName: string): AccountSize | undefined {
    return this.#recent.get(mapName) ?? this.#older.get(mapName)
  }

  #keep(mapName: string, size: AccountSize): void {
    this.#recent.set(mapName, size)
    if (this.#recent.size < cacheSize) return
    this.#older = this.#recent
    this.#recent = new Map()
  }

  #load(name: Uint8Array): AccountSize | Promise<AccountSize> {
    const key = entryKey(entryType.account, name)
    const bytes = readBytes(this.#database, key)
    // a damaged row counts as absent, until a repair counts the entries
    return bytes instanceof Promise
      ? bytes.then((read) => tryDecode(decodeAccount, key, read) ?? noSize)
      : (tryDecode(decodeAccount, key, bytes) ?? noSize)
  }
}

/** Whether a row of this size is kept. */
export function exists({ records, marks }: AccountSize): boolean {
  return records > 0 || marks > 0
}

export function sameSize(a: AccountSize, b: AccountSize): boolean {
  return a.records === b.records && a.bytes === b.bytes && a.marks === b.marks
}

/** Adds the operations that change the row of an account, and those that move a group in the index by size. */
export function pushAccount(
  operations: LevelOperation[],
  name: Uint8Array,
  before: AccountSize,
  after: AccountSize
): void {
  const key = entryKey(entryType.account, name)
  operations.push(exists(after) ? { type: 'put', key, value: encodeAccount(key, after) } : { type: 'del', key })
  const group = groupOfAccount(name)
  if (group === undefined) return
  for (const measure of measures) {
    const from = sizeBucket(before[measure])
    const to = sizeBucket(after[measure])
    if (from === to) continue
    if (from > 0) operations.push({ type: 'del', key: groupSizeKey(measure, from, group) })
    if (to > 0) operations.push({ type: 'put', key: groupSizeKey(measure, to, group), value: emptyValue })
  }
}

/** A sum, at least 0: the rows of a damaged store may be too small. */
function sum(a: AccountSize, b: AccountSize): AccountSize {
  const total = {
    records: Math.max(0, a.records + b.records),
    bytes: Math.max(0, a.bytes + b.bytes),
    marks: Math.max(0, a.marks + b.marks)
  }
  return exists(total) ? total : noSize
}
