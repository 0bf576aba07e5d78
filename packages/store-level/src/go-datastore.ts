import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { RecordStore, StoredRecord, StoreQuery } from '@recordkit/record-store'
import type { AbortOptions } from '@recordkit/record-types'
import { equalBytes, isRecordError } from '@recordkit/record-types'
import { checkDuration, nanosecondsOf } from '@recordkit/record-types/internal'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** One entry of a datastore of go-libp2p-kad-dht. */
export interface DatastoreEntry {
  /** such as `/ipns/F5UXA3TT…` */
  readonly key: string
  /** protobuf `Record` */
  readonly value: Uint8Array
}

/** The result of an import. */
export interface ImportReport {
  /** number of records that were stored, or that the store already contained */
  readonly imported: number
  /** number of records that rank below the stored record or mark, or for which the store has no room */
  readonly stale: number
  /** entries that were skipped, and why */
  readonly skipped: readonly { readonly key: string; readonly reason: string }[]
}

export interface ImportOptions extends AbortOptions {
  /**
   * Returns the rank of a record and other fields to store with it, or `undefined` to skip the record. Verify the record
   * here: a file is as untrusted as a peer.
   */
  readonly open: (
    key: Uint8Array,
    value: Uint8Array
  ) => DatastoreRecordInfo | undefined | Promise<DatastoreRecordInfo | undefined>
  /** ms from the receipt of a record until it expires. @default 172_800_000 (48 hours, as in Go) */
  readonly maxAge?: number | undefined
}

/** The fields of a record that its validation returns. Its rank is order followed by identity, 32 to 63 bytes. */
export type DatastoreRecordInfo = Pick<StoredRecord, 'rank' | 'expires' | 'author'>

const providers = 'providers'
const batchSize = 256

/**
 * Returns the key under which go-libp2p-kad-dht stores the value of a record key: `/` namespace `/` base32 of the record key.
 *
 * @see go-libp2p-kad-dht, `records/value_store.go`, `valueDsKey`
 * @example
 * ```ts
 * datastoreKey(new TextEncoder().encode('/v/hello')) // '/v/F53C62DFNRWG6'
 * ```
 */
export function datastoreKey(recordKey: Uint8Array): string {
  const namespace = namespaceOf(recordKey)
  const encoded = encodeBase32(recordKey)
  // Go datastores normalize their keys as paths, which removes these segments
  if (namespace === '' || namespace === '.' || namespace === '..') return `/${encoded}`
  return `/${namespace === providers ? encodeBase32(new TextEncoder().encode(providers)) : namespace}/${encoded}`
}

/**
 * Returns the record key of a datastore key; `undefined` when it is the key of something else, such as a provider record.
 *
 * @example
 * ```ts
 * recordKeyFromDatastoreKey('/v/F53C62DFNRWG6') // the bytes of '/v/hello'
 * ```
 */
export function recordKeyFromDatastoreKey(key: string): Uint8Array | undefined {
  const recordKey = decodeBase32(key.slice(key.lastIndexOf('/') + 1))
  if (recordKey === undefined || recordKey.length === 0) return undefined
  return datastoreKey(recordKey) === key ? recordKey : undefined
}

/**
 * Exports the unexpired records of a store as entries of a go-libp2p-kad-dht datastore. Ranks and marks are not exported,
 * because that layout has no fields for them.
 *
 * @throws RecordError the codes of `store.iterate`
 * @example
 * ```ts
 * for await (const { key, value } of exportDatastore(store)) await datastore.put(new Key(key), value)
 * ```
 */
export async function* exportDatastore(
  store: RecordStore,
  query: StoreQuery = {},
  options: AbortOptions = {}
): AsyncGenerator<DatastoreEntry, undefined> {
  for await (const { key, value, timeReceived } of store.iterate(query, options)) {
    yield { key: datastoreKey(key), value: encodeRecord({ key, value, timeReceived }) }
  }
  return undefined
}

/**
 * Puts the records of a go-libp2p-kad-dht datastore into a store. Like every put, it never replaces a record by one that
 * ranks lower. Entries that cannot be imported are skipped and reported.
 *
 * @throws RecordError `INVALID_ARGUMENT` for a wrong `maxAge`, the codes of `store.batch`; what `open` throws, unless it is a
 * `RecordError`; the reason of `signal` when it aborts
 * @example
 * ```ts
 * const { imported, skipped } = await importDatastore(store, entries, {
 *   open: async (key, value) => {
 *     const record = await engine.verify(key, value)
 *     return isRefusal(record) ? undefined : record
 *   }
 * })
 * ```
 */
export async function importDatastore(
  store: RecordStore,
  entries: Iterable<DatastoreEntry> | AsyncIterable<DatastoreEntry>,
  options: ImportOptions
): Promise<ImportReport> {
  const { signal } = options
  const skipped: { key: string; reason: string }[] = []
  let pending: StoredRecord[] = []
  let imported = 0
  let stale = 0
  const putAll = async (records: readonly StoredRecord[]): Promise<void> => {
    const results = await store.batch(
      records.map((record) => ({ type: 'put', record })),
      options
    )
    for (const result of results) {
      if ('status' in result && (result.status === 'stored' || result.status === 'refreshed')) imported++
      else stale++
    }
  }
  const flush = async (): Promise<void> => {
    const records = pending
    pending = []
    try {
      await putAll(records)
    } catch (error) {
      if (!isRecordError(error, 'INVALID_ARGUMENT')) throw error
      // a record exceeds the limits of the store, and nothing was written: put each alone to find out which
      for (const record of records) {
        await putAll([record]).catch((reason: unknown) => {
          if (!isRecordError(reason, 'INVALID_ARGUMENT')) throw reason
          skipped.push({ key: datastoreKey(record.key), reason: `the store refuses the record: ${reason.message}` })
        })
      }
    }
  }
  for await (const entry of entries) {
    signal?.throwIfAborted()
    const record = await readEntry(entry, options)
    if (typeof record === 'string') skipped.push({ key: entry.key, reason: record })
    else pending.push(record)
    if (pending.length >= batchSize) await flush()
  }
  await flush()
  return { imported, stale, skipped }
}

/** Returns the record of an entry, or the reason why it is skipped. */
async function readEntry(entry: DatastoreEntry, { open, maxAge }: ImportOptions): Promise<StoredRecord | string> {
  const key = recordKeyFromDatastoreKey(entry.key)
  if (key === undefined) return 'its key is not the key of a value record'
  try {
    const { key: innerKey, value, timeReceived } = decodeRecord(entry.value)
    if (!equalBytes(innerKey, key)) return 'the record inside has another key'
    if (timeReceived === undefined) return 'the record has no time of receipt, so it counts as expired'
    const info = await open(key, value)
    if (info === undefined) return '`open` returned undefined'
    const latest = timeReceived + nanosecondsOf(checkDuration(maxAge, 'maxAge', 172_800_000))
    const expires = info.expires === undefined || info.expires > latest ? latest : info.expires
    return { key, value, rank: info.rank, timeReceived, expires, author: info.author }
  } catch (error) {
    if (isRecordError(error)) return `the record cannot be read: ${error.message}`
    throw error
  }
}

/** The text between the first two slashes of a key that begins with a slash; otherwise empty. */
function namespaceOf(recordKey: Uint8Array): string {
  const end = recordKey[0] === 0x2f ? recordKey.indexOf(0x2f, 1) : 0
  return end < 2 ? '' : new TextDecoder().decode(recordKey.subarray(1, end))
}
