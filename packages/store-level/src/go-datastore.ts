import type { AbortOptions } from '@recordkit/record-types'
import type { RecordStore, StoredRecord, StoreQuery } from '@recordkit/record-store'
import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { equalBytes, isRecordError } from '@recordkit/record-types'
import { checkDuration, nanosecondsOf } from '@recordkit/record-types/internal'
import { decodeBase32, encodeBase32 } from './base32.ts'

/** One entry of a datastore of go-libp2p-kad-dht. */
export interface DatastoreEntry {
  /** such as `/ipns/F5UXA3TT…` */
  readonly key: string
  /** a protobuf `Record` */
  readonly value: Uint8Array
}

/** What came of an import. */
export interface ImportReport {
  /** records that are in the store now, or were before */
  readonly imported: number
  /** records that rank below what the store holds or remembers, or for which it has no room */
  readonly stale: number
  /** what was not taken, and why */
  readonly skipped: readonly { readonly key: string; readonly reason: string }[]
}

export interface ImportOptions extends AbortOptions {
  /**
   * The rank of a record and what else is to be stored with it; `undefined` when it is not to be taken. Here is the
   * place to validate: what comes from a file is trusted no more than what comes from a peer.
   */
  readonly open: (
    key: Uint8Array,
    value: Uint8Array
  ) => DatastoreRecordInfo | undefined | Promise<DatastoreRecordInfo | undefined>
  /** ms from its receipt until a record expires. @default 172_800_000 (48 hours, as in Go) */
  readonly maxAge?: number | undefined
}

/** What a validator knows of a record. */
export type DatastoreRecordInfo = Pick<StoredRecord, 'rank' | 'expires' | 'author' | 'digest'>

const providers = 'providers'
const batchSize = 256

/**
 * Where go-libp2p-kad-dht keeps the value of a record key: `/` namespace `/` base32 of the whole key.
 *
 * @see go-libp2p-kad-dht, `records/value_store.go`, `valueDsKey`
 */
export function datastoreKey(recordKey: Uint8Array): string {
  const namespace = namespaceOf(recordKey)
  const encoded = encodeBase32(recordKey)
  // a Go datastore cleans its keys as paths
  if (namespace === '' || namespace === '.' || namespace === '..') return `/${encoded}`
  return `/${namespace === providers ? encodeBase32(new TextEncoder().encode(providers)) : namespace}/${encoded}`
}

/** The record key of a datastore key; `undefined` when it is that of something else, such as a provider record. */
export function recordKeyFromDatastoreKey(key: string): Uint8Array | undefined {
  const recordKey = decodeBase32(key.slice(key.lastIndexOf('/') + 1))
  if (recordKey === undefined || recordKey.length === 0) return undefined
  return datastoreKey(recordKey) === key ? recordKey : undefined
}

/** The live records of a store as a datastore of go-libp2p-kad-dht holds them. Ranks and marks have no place in it. */
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

/** Puts the records of a go-libp2p-kad-dht datastore into a store, each like any other put: none goes back. */
export async function importDatastore(
  store: RecordStore,
  entries: Iterable<DatastoreEntry> | AsyncIterable<DatastoreEntry>,
  options: ImportOptions
): Promise<ImportReport> {
  const { signal } = options
  const skipped: { key: string; reason: string }[] = []
  let waiting: StoredRecord[] = []
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
    const records = waiting
    waiting = []
    try {
      await putAll(records)
    } catch (error) {
      if (!isRecordError(error, 'INVALID_ARGUMENT')) throw error
      // one of them is beyond the store's limits, and nothing was changed: find out which
      for (const record of records) {
        await putAll([record]).catch((reason: unknown) => {
          if (!isRecordError(reason, 'INVALID_ARGUMENT')) throw reason
          skipped.push({ key: datastoreKey(record.key), reason: `the store does not take it: ${reason.message}` })
        })
      }
    }
  }
  for await (const entry of entries) {
    signal?.throwIfAborted()
    const record = await readEntry(entry, options)
    if (typeof record === 'string') skipped.push({ key: entry.key, reason: record })
    else waiting.push(record)
    if (waiting.length >= batchSize) await flush()
  }
  await flush()
  return { imported, stale, skipped }
}

/** The record of an entry, or why it is none. */
async function readEntry(entry: DatastoreEntry, { open, maxAge }: ImportOptions): Promise<StoredRecord | string> {
  const key = recordKeyFromDatastoreKey(entry.key)
  if (key === undefined) return 'its key is not that of a value record'
  try {
    const { key: own, value, timeReceived } = decodeRecord(entry.value)
    if (!equalBytes(own, key)) return 'the record inside has another key'
    if (timeReceived === undefined) return 'it does not say when it was received, which counts as expired'
    const opened = await open(key, value)
    if (opened === undefined) return 'it was not taken'
    const lapses = timeReceived + nanosecondsOf(checkDuration(maxAge, 'maxAge', 172_800_000))
    const expires = opened.expires === undefined || opened.expires > lapses ? lapses : opened.expires
    return { ...opened, key, value, timeReceived, expires }
  } catch (error) {
    if (isRecordError(error)) return `it cannot be read: ${error.message}`
    throw error
  }
}

/** What stands between the first two slashes of a key that begins with one; empty where there is no such thing. */
function namespaceOf(recordKey: Uint8Array): string {
  const end = recordKey[0] === 0x2f ? recordKey.indexOf(0x2f, 1) : 0
  return end < 2 ? '' : new TextDecoder().decode(recordKey.subarray(1, end))
}
