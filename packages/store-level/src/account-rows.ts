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

/** Rows in memory; twice as many at most between batches. */
const cacheSize = 2048
const emptyValue: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** A row in memory. It is changed in place, because most batches change the same few rows. */
interface AccountRow {
  readonly name: Uint8Array
  readonly group: Uint8Array | undefined
  /** as it was written; `undefined` until it is read */
  size: AccountSize | undefined
  /** what the batch that is prepared adds */
  records: number
  bytes: number
  marks: number
  isChanging: boolean
}

/** The rows of the accounts, and the index of groups by size. Keeps the rows in memory that were changed last. */
export class AccountRows {
  readonly #database: LevelDatabase
  #changing: AccountRow[] = []
  #recent = new Map<string, AccountRow>()
  #older = new Map<string, AccountRow>()

  constructor(database: LevelDatabase) {
    this.#database = database
  }

  /** The size of an account. */
  read(name: Uint8Array): AccountSize | Promise<AccountSize> {
    const mapName = mapKey(name)
    return (this.#recent.get(mapName) ?? this.#older.get(mapName))?.size ?? this.#load(name)
  }

  /** Adds to an account, in the batch that is prepared. */
  add({ name, records, bytes, marks }: AccountChange): void {
    const row = this.#rowOf(name)
    if (!row.isChanging) {
      row.isChanging = true
      this.#changing.push(row)
    }
    row.records += records
    row.bytes += bytes
    row.marks += marks
  }

  /** Reads the rows that change and are not in memory; `undefined` when the database reads synchronously. */
  load(): Promise<unknown> | undefined {
    let loading: Promise<void>[] | undefined
    for (const row of this.#changing) {
      if (row.size !== undefined) continue
      const size = this.#load(row.name)
      if (size instanceof Promise) {
        loading ??= []
        loading.push(size.then((loaded) => void (row.size = loaded)))
      } else row.size = size
    }
    return loading && Promise.all(loading)
  }

  /**
   * Adds the operations that change the rows, which {@link load} has read. Then the batch must be written, or the rows be
   * cleared.
   *
   * @returns by how much the number of groups changes
   */
  pushOperations(operations: LevelOperation[]): number {
    let groups = 0
    for (const row of this.#changing) {
      const before = row.size as AccountSize
      const after = sum(before, row)
      row.size = after
      if (sameSize(before, after)) continue
      pushAccount(operations, row, before, after)
      if (row.group !== undefined) groups += Number(exists(after)) - Number(exists(before))
    }
    return groups
  }

  /** Begins a new batch: the last one was written. */
  written(): void {
    for (const row of this.#changing) {
      row.records = row.bytes = row.marks = 0
      row.isChanging = false
    }
    this.#changing = []
    if (this.#recent.size < cacheSize) return
    this.#older = this.#recent
    this.#recent = new Map()
  }

  /** Begins a new batch and forgets all rows: the database may contain others. */
  clear(): void {
    this.#changing = []
    this.#recent = new Map()
    this.#older = new Map()
  }

  #rowOf(name: Uint8Array): AccountRow {
    const mapName = mapKey(name)
    const recent = this.#recent.get(mapName)
    if (recent !== undefined) return recent
    const row = this.#older.get(mapName) ?? {
      name,
      group: groupOfAccount(name),
      size: undefined,
      records: 0,
      bytes: 0,
      marks: 0,
      isChanging: false
    }
    this.#recent.set(mapName, row)
    return row
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

/** Whether an account of this size has a row. */
export function exists({ records, marks }: AccountSize): boolean {
  return records > 0 || marks > 0
}

export function sameSize(a: AccountSize, b: AccountSize): boolean {
  return a.records === b.records && a.bytes === b.bytes && a.marks === b.marks
}

/** Adds the operations that change the row of an account, and those that move a group in the index by size. */
export function pushAccount(
  operations: LevelOperation[],
  { name, group }: Pick<AccountRow, 'name' | 'group'>,
  before: AccountSize,
  after: AccountSize
): void {
  const key = entryKey(entryType.account, name)
  operations.push(exists(after) ? { type: 'put', key, value: encodeAccount(key, after) } : { type: 'del', key })
  if (group === undefined) return
  for (const measure of measures) {
    if (before[measure] === after[measure]) continue
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
