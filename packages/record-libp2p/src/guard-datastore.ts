import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import type { Outcome, RecordManager } from '@recordkit/record-manager'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import type { Batch, Datastore, Key, KeyQuery, Pair, Query } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'

/** What a guard needs of a manager: the path that every record takes, and what is held. */
export type RecordKeeper = Pick<RecordManager, 'receive' | 'getRecord'>

export interface GuardOptions {
  /** Kademlia's `datastorePrefix` */
  readonly prefix?: string
  /** told what became of every record that Kademlia puts */
  readonly onOutcome?: (key: Uint8Array, outcome: Outcome) => void
}

/**
 * A datastore that makes a stock js-libp2p node monotonic. Kademlia's records go the manager's one path into its store:
 * an older one is refused, an identical one refreshes, the receive time is ours. Everything else goes to `datastore`.
 *
 * Kademlia deletes a record it holds for too old; the store expires by its own clock, so that this is not passed on: a
 * record we publish ourselves must not go that way.
 *
 * @see https://github.com/libp2p/js-libp2p/issues/3377
 */
export function guardDatastore(datastore: Datastore, keeper: RecordKeeper, options: GuardOptions = {}): Datastore {
  const prefix = `${options.prefix ?? '/dht'}/record/`

  function recordKey(key: Key): Uint8Array | undefined {
    const text = key.toString()
    return text.startsWith(prefix) ? base32.decode(`b${text.slice(prefix.length)}`) : undefined
  }

  async function putRecord(key: Uint8Array, bytes: Uint8Array, signal: AbortOptions): Promise<void> {
    const record = decodeRecord(bytes)
    if (!equalBytes(record.key, key)) {
      throw new RecordError('KEY_MISMATCH', 'the record names another key than the one it is put under', {
        key,
        details: { verdict: 'reject' }
      })
    }
    const outcome = await keeper.receive(key, record.value, signal)
    options.onOutcome?.(key, outcome)
    if (outcome.outcome === 'stored' || outcome.outcome === 'refreshed') return
    const { code = 'STALE', message = outcome.outcome, cause } = outcome
    const details = { verdict: outcome.outcome === 'rejected' ? 'reject' : 'ignore' }
    throw new RecordError(code, message, { key, cause, details })
  }

  async function getRecord(key: Uint8Array, signal: AbortOptions): Promise<Uint8Array | undefined> {
    const held = await keeper.getRecord(key, { ...signal, offline: true })
    return held === undefined ? undefined : encodeRecord({ key, value: held.bytes, timeReceived: held.timeReceived })
  }

  const guarded: Datastore = {
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
      for await (const { key, value } of source) yield await guarded.put(key, value, signal)
    },
    async *getMany(source, signal = {}): AsyncGenerator<Pair> {
      for await (const key of source) yield { key, value: await guarded.get(key, signal) }
    },
    async *deleteMany(source, signal = {}) {
      for await (const key of source) {
        await guarded.delete(key, signal)
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
          for (const [key, value] of records) await guarded.put(key, value, signal)
          await rest.commit(signal)
        }
      }
    },
    query: (query: Query, signal = {}) => datastore.query(query, signal),
    queryKeys: (query: KeyQuery, signal = {}) => datastore.queryKeys(query, signal)
  }
  return guarded
}

/** What interface-datastore's users look for: an error of this name. */
function notFound(key: Key): Error {
  const error = new Error(`nothing is held under ${key.toString()}`)
  error.name = 'NotFoundError'
  return error
}
