import type { AccountChange, AccountSize, AccountTotals } from '@recordkit/record-store'
import { accountChanges, groupOfAccount } from '@recordkit/record-store'
import { equalBytes } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import type { EntryRow } from './entry-row.ts'
import { decodeRow, entryRow, rowVersion } from './entry-row.ts'
import { noTotals, putAccount, putTotals, readTotals } from './indexeddb-accounts.ts'
import { keyBytes, resultOf } from './requests.ts'
import { storeNames } from './schema.ts'

declare global {
  /** For programs without the types of a page, where this declaration is the only one. */
  interface IDBTransaction {
    abort(): void
  }
}

/** A damaged entry, or something that contradicts the entries. */
export interface StoreProblem {
  readonly kind: 'entry' | 'index' | 'account' | 'totals'
  /** the record key; for `account` the name of the account, for `totals` empty */
  readonly key: Uint8Array
  readonly message: string
}

/** The result of `verify` and `repair`. */
export interface CheckReport {
  /** number of entries that were read */
  readonly checked: number
  readonly problems: readonly StoreProblem[]
  /** number of damaged entries in quarantine, without those that this repair moved there */
  readonly quarantined: number
}

/** Entries that are read at a time. */
const pageSize = 256
const indexedFields = ['due', 'record', 'mark', 'publication'] as const
const fields = ['records', 'bytes', 'marks'] as const

/** Checks all entries in one transaction, so that no tab writes meanwhile; with `repair` it also corrects them. */
export async function checkEntries(
  transaction: IDBTransaction,
  repair: boolean,
  signal: AbortSignal | undefined
): Promise<CheckReport> {
  const checker = new EntryChecker(transaction, repair)
  for await (const [key, row] of rowsOf<EntryRow>(transaction, storeNames.entries, signal)) checker.checkEntry(key, row)
  for await (const [name, size] of rowsOf<AccountSize>(transaction, storeNames.accounts, signal))
    checker.checkAccount(name, size)
  checker.checkRest(await readTotals(transaction))
  const quarantined = await resultOf(transaction.objectStore(storeNames.quarantine).count())
  return { checked: checker.checked, problems: checker.problems, quarantined }
}

class EntryChecker {
  readonly problems: StoreProblem[] = []
  checked = 0
  readonly #transaction: IDBTransaction
  readonly #repair: boolean
  /** what the entries that were read count for, by map name; without those that were compared */
  readonly #accounts = new Map<string, { -readonly [Field in keyof AccountChange]: AccountChange[Field] }>()
  readonly #totals = { ...noTotals }
  /** whether there is an entry of a newer format: what it counts for is not known */
  #hasNewer = false

  constructor(transaction: IDBTransaction, repair: boolean) {
    this.#transaction = transaction
    this.#repair = repair
  }

  checkEntry(key: Uint8Array, row: EntryRow): void {
    this.checked++
    const entry = decodeRow(key, row)
    if (entry.newer !== undefined) {
      this.#hasNewer = true
      return
    }
    const next = entry.corrupt === undefined ? entryRow(key, entry) : undefined
    if (next === undefined) {
      this.#found('entry', key, entry.corrupt?.message ?? 'the entry is empty', (entries) => {
        const value = rowVersion(row)
        this.#transaction.objectStore(storeNames.quarantine).add({ key, value })
        entries.delete(key as BufferSource)
      })
      return
    }
    const wrong = indexedFields.filter((field) => !sameField(row[field], next[field]))
    if (wrong.length > 0) {
      this.#found('index', key, `the indexes contradict the entry: ${wrong.join(', ')}`, (entries) => {
        // the bytes of the entry stay as they are
        entries.put({ ...next, entry: row.entry }, key as BufferSource)
      })
    }
    this.#count(key, entry)
  }

  /** Compares an account with the entries, after all of them. */
  checkAccount(name: Uint8Array, stored: AccountSize): void {
    const mapName = mapKey(name)
    const counted = this.#accounts.get(mapName) ?? { name, records: 0, bytes: 0, marks: 0 }
    this.#accounts.delete(mapName)
    this.#compareAccount(counted, stored)
  }

  /** Compares the accounts without a row, and the totals. */
  checkRest(totals: AccountTotals): void {
    for (const counted of this.#accounts.values()) this.#compareAccount(counted, { records: 0, bytes: 0, marks: 0 })
    const wrong = (Object.keys(noTotals) as (keyof AccountTotals)[]).filter(
      (name) => totals[name] !== this.#totals[name]
    )
    if (this.#hasNewer || wrong.length === 0) return
    const message = wrong.map((name) => `${name} is ${totals[name]} and should be ${this.#totals[name]}`).join(', ')
    this.#found('totals', new Uint8Array(0), message, () => putTotals(this.#transaction, this.#totals))
  }

  #count(key: Uint8Array, content: Parameters<typeof entryRow>[1]): void {
    const { totals, accounts } = accountChanges([{ key, previous: {}, next: content }])
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) this.#totals[name] += totals[name]
    for (const change of accounts) {
      const mapName = mapKey(change.name)
      const account = this.#accounts.get(mapName)
      if (account !== undefined) for (const field of fields) account[field] += change[field]
      else {
        this.#accounts.set(mapName, { ...change })
        if (groupOfAccount(change.name) !== undefined) this.#totals.groups++
      }
    }
  }

  #compareAccount(counted: AccountChange, stored: AccountSize): void {
    const wrong = fields.filter((field) => counted[field] !== stored[field])
    if (this.#hasNewer || wrong.length === 0) return
    const message = wrong.map((field) => `${field} is ${stored[field]} and should be ${counted[field]}`).join(', ')
    this.#found('account', counted.name, message, () => putAccount(this.#transaction, counted.name, counted))
  }

  #found(
    kind: StoreProblem['kind'],
    key: Uint8Array,
    message: string,
    correct: (entries: IDBObjectStore) => void
  ): void {
    this.problems.push({ kind, key: new Uint8Array(key), message })
    if (this.#repair) correct(this.#transaction.objectStore(storeNames.entries))
  }
}

/** All rows of a store, in a transaction that the caller keeps: it must not await anything else. */
async function* rowsOf<Row>(
  transaction: IDBTransaction,
  name: string,
  signal: AbortSignal | undefined
): AsyncGenerator<readonly [Uint8Array, Row], undefined> {
  const store = transaction.objectStore(name)
  let range: IDBKeyRange | undefined
  for (;;) {
    const [keys, rows] = await Promise.all([
      resultOf(store.getAllKeys(range, pageSize)),
      resultOf<Row[]>(store.getAll(range, pageSize))
    ])
    signal?.throwIfAborted()
    for (const [index, key] of keys.entries()) yield [keyBytes(key), rows[index] as Row]
    const last = keys.at(-1)
    if (last === undefined || keys.length < pageSize) return undefined
    range = IDBKeyRange.lowerBound(last, true)
  }
}

function sameField(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b)
}
