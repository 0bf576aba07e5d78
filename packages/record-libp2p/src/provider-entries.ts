import type { AbortOptions } from '@libp2p/interface'
import { peerIdFromName } from '@recordkit/record-codec/internal'
import type { PeerId } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'
import { Key } from 'interface-datastore'
import { LargestGroups } from './largest-groups.ts'
import type { InnerDatastore } from './validating-datastore.ts'

export interface ProviderEntriesOptions {
  /** the `datastorePrefix` of kad-dht. @default '/dht' */
  readonly datastorePrefix?: string | undefined
  /** maximum number of entries of other peers */
  readonly maxEntries: number
  /** the group of a peer */
  readonly groupOf: (peer: PeerId) => Uint8Array
  /** whether this is the ID of the node itself, whose entries stay: kad-dht announces them again */
  readonly isOwn: (peer: PeerId) => boolean
}

/**
 * A datastore that keeps a bounded number of the entries in which kad-dht remembers, for 48 hours, what other peers provide. When it
 * is full, the oldest entry of the group of peers with the most entries is removed. Everything else goes to `datastore`.
 */
export function boundProviderEntries(datastore: InnerDatastore, options: ProviderEntriesOptions): InnerDatastore {
  const prefix = `${options.datastorePrefix ?? '/dht'}/provider/`
  const { maxEntries, groupOf, isOwn } = options
  const entries = new LargestGroups()
  let loading: Promise<void> | undefined

  /** Adds an entry of another peer. @returns whether it is one */
  function add(text: string): boolean {
    const peer = providerOf(text)
    if (peer !== undefined && isOwn(peer)) return false
    entries.add(text, peer === undefined ? '' : mapKey(groupOf(peer)))
    return true
  }

  /** Adds the entries of an earlier run of the node, whose order is unknown, as the oldest. */
  async function load(): Promise<void> {
    for await (const key of datastore.queryKeys({ prefix })) if (add(key.toString())) await trim()
  }

  async function trim(signal?: AbortOptions): Promise<void> {
    while (entries.size > maxEntries) await datastore.delete(new Key(entries.removeOldest(), false), signal)
  }

  async function putEntry(key: Key, value: Uint8Array, signal?: AbortOptions): Promise<Key> {
    loading ??= load()
    try {
      await loading
    } catch (error) {
      loading = undefined
      throw error
    }
    if (add(key.toString())) await trim(signal)
    return datastore.put(key, value, signal)
  }

  return {
    // without a turn more: the nodes of a network in memory connect too early or late then
    has: (key, signal) => datastore.has(key, signal),
    get: (key, signal) => datastore.get(key, signal),
    batch: () => datastore.batch(),
    query: (query, signal) => datastore.query(query, signal),
    queryKeys: (query, signal) => datastore.queryKeys(query, signal),
    put(key, value, signal) {
      const text = key.toString()
      return text.startsWith(prefix) ? putEntry(key, value, signal) : datastore.put(key, value, signal)
    },
    delete(key, signal) {
      entries.delete(key.toString())
      return datastore.delete(key, signal)
    }
  }
}

/** The peer at the end of the key of an entry. */
function providerOf(text: string): PeerId | undefined {
  try {
    return peerIdFromName(text.slice(text.lastIndexOf('/') + 1), 'provider')
  } catch {
    return undefined
  }
}
