import type { AbortOptions } from '@recordkit/record-types'

/**
 * Where the multihashes that a node announces are kept, so that it goes on to announce them after a restart. `record-libp2p` keeps
 * them in the datastore of the node.
 */
export interface AnnouncementStorage {
  /** Every stored multihash, with the time of its last announcement in ns since the Unix epoch. */
  entries(
    options?: AbortOptions
  ): AsyncIterable<{ readonly multihash: Uint8Array; readonly announced?: bigint | undefined }>
  /** @param announced - `undefined` before the first announcement */
  put(multihash: Uint8Array, announced: bigint | undefined): Promise<void>
  /** Does nothing when the multihash is not stored. */
  delete(multihash: Uint8Array): Promise<void>
}
