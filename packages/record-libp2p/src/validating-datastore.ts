import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { ReceiveResult, RecordManager } from '@recordkit/record-manager'
import { copyBytes, equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { ownCopy } from '@recordkit/record-types/internal'
import type { Batch, Datastore, Key, KeyQuery, Pair, Query } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import type { RecordSender } from './record-senders.ts'

/** The part of a manager that is used. */
export type RecordReceiver = Pick<RecordManager, 'receive' | 'getForPeers'>

/** The part of a datastore that is used. */
export type InnerDatastore = Pick<Datastore, 'has' | 'get' | 'put' | 'delete' | 'batch' | 'query' | 'queryKeys'>

export interface ValidatingDatastoreOptions {
  /** the `datastorePrefix` of kad-dht. @default '/dht' */
  readonly datastorePrefix?: string | undefined
  /** the peer that sent a record which kad-dht puts, and its group. @default records have no sender */
  readonly senderOf?: ((key: Uint8Array, value: Uint8Array) => RecordSender | undefined) | undefined
  /** called with the result of every record that kad-dht puts, stored or refused, and with what `senderOf` returned */
  readonly onResult?: ((key: Uint8Array, result: ReceiveResult, sender: RecordSender | undefined) => void) | undefined
}

/**
 * A datastore that makes a stock js-libp2p node monotonic. Records of kad-dht go through the manager into its store: an older
 * record is refused, an identical one is refreshed, and the receive time is this node's. What was put offline is not returned: kad-dht would
 * answer peers with it. Everything else goes to `datastore`.
 *
 * Kad-dht deletes records by their age. The store expires records itself, so that these deletes are ignored: otherwise kad-dht
 * would delete the records that this node publishes.
 *
 * @see https://github.com/libp2p/js-libp2p/issues/3377
 * @example
 * ```ts
 * const libp2p = await createLibp2p({ datastore: validatingDatastore(new MemoryDatastore(), manager) })
 * ```
 */
export function validatingDatastore(
  datastore: InnerDatastore,
  receiver: RecordReceiver,
  options: ValidatingDatastoreOptions = {}
): Datastore {
  const prefix = `${options.datastorePrefix ?? '/dht'}/record/`

  function recordKey(key: Key): Uint8Array | undefined {
    const text = key.toString()
    return text.startsWith(prefix) ? base32.decode(`b${text.slice(prefix.length)}`) : undefined
  }

  async function putRecord(key: Uint8Array, bytes: Uint8Array, signal: AbortOptions): Promise<void> {
    const record = decodeRecord(bytes)
    if (!equalBytes(record.key, key)) {
      throw new RecordError('KEY_MISMATCH', 'the key in the record differs from the key under which it is put', {
        key,
        details: { status: 'ignore' }
      })
    }
    const from = ownCopy(options.senderOf?.(copyBytes(key), copyBytes(record.value)))
    const result = await receiver.receive(key, record.value, {
      signal: signal.signal,
      sender: from?.sender,
      group: from?.group
    })
    const { status, code = 'STALE', message = status, cause } = result
    options.onResult?.(copyBytes(key), result, from)
    if (status === 'stored' || status === 'refreshed') return
    throw new RecordError(code, message, {
      key,
      cause,
      details: { status: status === 'rejected' ? 'reject' : 'ignore', counted: from !== undefined }
    })
  }

  async function getRecord(key: Uint8Array, signal: AbortOptions): Promise<Uint8Array | undefined> {
    const record = await receiver.getForPeers(key, { signal: signal.signal })
    return record === undefined
      ? undefined
      : encodeRecord({ key, value: record.value, timeReceived: record.timeReceived })
  }

  const validating: Datastore = {
    async has(key, signal = {}) {
      const record = recordKey(key)
      return record === undefined ? datastore.has(key, signal) : (await getRecord(record, signal)) !== undefined
    },
    async put(key, value, signal = {}) {
      const record = recordKey(key)
      if (record === undefined) return datastore.put(key, value, signal)
      await putRecord(record, value, signal)
      return key
    },
    async get(key, signal = {}) {
      const record = recordKey(key)
      if (record === undefined) return datastore.get(key, signal)
      const bytes = await getRecord(record, signal)
      if (bytes === undefined) throw notFound(key)
      return bytes
    },
    async delete(key, signal = {}) {
      if (recordKey(key) === undefined) await datastore.delete(key, signal)
    },
    async *putMany(source, signal = {}) {
      for await (const { key, value } of source) yield await validating.put(key, value, signal)
    },
    async *getMany(source, signal = {}): AsyncGenerator<Pair> {
      for await (const key of source) yield { key, value: await validating.get(key, signal) }
    },
    async *deleteMany(source, signal = {}) {
      for await (const key of source) {
        await validating.delete(key, signal)
        yield key
      }
    },
    batch(): Batch {
      const rest = datastore.batch()
      const records: [Key, Uint8Array][] = []
      return {
        put(key, value) {
          if (recordKey(key) === undefined) rest.put(key, value)
          else records.push([key, value])
        },
        delete(key) {
          if (recordKey(key) === undefined) rest.delete(key)
        },
        async commit(signal = {}) {
          for (const [key, value] of records) await validating.put(key, value, signal)
          await rest.commit(signal)
        }
      }
    },
    query: (query: Query, signal = {}) => datastore.query(query, signal),
    queryKeys: (query: KeyQuery, signal = {}) => datastore.queryKeys(query, signal)
  }
  return validating
}

/** The error that users of interface-datastore expect, recognized by its name. */
function notFound(key: Key): Error {
  const error = new Error(`${key.toString()} was not found`)
  error.name = 'NotFoundError'
  return error
}
