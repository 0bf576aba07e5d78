import type { EntryKind, EntryPages, ScanRange } from '@recordkit/record-store'
import type { PostgresDatabase } from './postgres-database.ts'

/** Rows of the first page, and of the largest one. */
const [firstPage, largestPage] = [64, 4096]
/** bytes of entries for which a page is made */
const pageBytes = 2_097_152
/** Rows after which a scan reads ahead: few scans end after them. */
const readAlone = 192

const columns = { records: 'has_record', marks: 'has_mark', publications: 'has_publication' } as const

/** A row of the table `entries`. */
export interface EntryRow {
  readonly key: Uint8Array
  readonly entry: Uint8Array
}

/** Reads the entries of a range in pages, each of which begins after the last key of the page before it. */
export class ScanPages implements EntryPages<EntryRow> {
  readonly #database: PostgresDatabase
  readonly #statement: string
  readonly #reverse: boolean
  readonly #limit: number
  #start: Uint8Array
  #end: Uint8Array | null
  #size: number
  #count = 0
  #isLast = false
  #ahead: Promise<readonly EntryRow[]> | undefined

  constructor(database: PostgresDatabase, schema: string, kind: EntryKind, range: ScanRange) {
    const { start, end, reverse = false, limit = Number.POSITIVE_INFINITY } = range
    this.#database = database
    this.#reverse = reverse
    this.#limit = limit
    // smaller than every key, when nothing else is: keys are not empty
    this.#start = start ?? new Uint8Array(0)
    this.#end = end ?? null
    this.#size = Math.min(firstPage, limit + 1)
    this.#statement = `SELECT key, entry FROM ${schema}.entries
      WHERE ${columns[kind]} AND key >= $1::bytea AND ($2::bytea IS NULL OR key < $2::bytea)
      ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT $3::integer`
  }

  async next(): Promise<readonly EntryRow[]> {
    const reading = this.#ahead ?? (this.#isLast ? undefined : this.#read())
    if (reading === undefined) return []
    const rows = await reading
    // the server reads the next page while this one is used
    const readsAhead = !this.#isLast && this.#count >= readAlone && this.#count < this.#limit
    this.#ahead = readsAhead ? this.#read() : undefined
    this.#ahead?.catch(() => undefined)
    return rows
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined)
  }

  async #read(): Promise<readonly EntryRow[]> {
    const values = [this.#start, this.#end, this.#size]
    const rows = (await this.#database.read(this.#statement, values)) as readonly unknown[] as readonly EntryRow[]
    const key = rows.at(-1)?.key
    this.#isLast = key === undefined || rows.length < this.#size
    if (key === undefined) return rows
    if (this.#reverse) this.#end = key
    else this.#start = justAfter(key)
    this.#count += rows.length
    const bytes = rows.reduce((sum, { entry }) => sum + entry.length, 0)
    this.#size = Math.max(1, Math.min(this.#size * 2, largestPage, Math.floor((pageBytes * rows.length) / bytes)))
    return rows
  }
}

/** The smallest byte string above `bytes`. */
function justAfter(bytes: Uint8Array): Uint8Array {
  const next = new Uint8Array(bytes.length + 1)
  next.set(bytes)
  return next
}
