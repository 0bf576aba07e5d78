import type { RecordManager } from '@recordkit/record-manager'
import type { AbortOptions } from '@recordkit/record-types'
import { checkRouter, getValue } from './router-options.ts'
import type { RouterGetOptions, RouterOptions } from './router-options.ts'

/** An `IPNSRouting` of `@helia/ipns`. */
export interface IpnsRouter {
  /** Stores a signed record, publishes it, and republishes it until it expires. */
  put(routingKey: Uint8Array, marshaledRecord: Uint8Array, options?: AbortOptions): Promise<void>
  /** The best valid record. Rejects with an error named `NotFoundError` when there is none. */
  get(routingKey: Uint8Array, options?: RouterGetOptions): Promise<Uint8Array<ArrayBuffer>>
  toString(): string
}

/**
 * A manager as a router of `@helia/ipns`. Helia signs its records with the keys of its keychain and renews them itself: here they are
 * records of another author, which are verified, ordered, stored, published and republished unchanged until they expire. Helia also
 * uses its local store and the routing of its node, whatever routers it has.
 *
 * `get` rejects with an error named `NotFoundError` when there is no valid record, as other routers do. `put` rejects with the
 * `RecordError` of the manager: `STALE` for a record that ranks below a known one.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the argument
 * @see IPNS record specification
 * @example
 * ```ts
 * const helia = await createHelia({ libp2p: withRecords(libp2pOptions) }).start()
 * const name = ipns(helia, { routers: [ipnsRouter(helia.libp2p.services.records.manager)] })
 * ```
 */
export function ipnsRouter(manager: RecordManager, options: RouterOptions = {}): IpnsRouter {
  const { copies } = checkRouter(manager, options)
  return {
    async put(routingKey, marshaledRecord, { signal } = {}) {
      await manager.putSigned(routingKey, marshaledRecord, { copies, signal })
    },
    get: (routingKey, getOptions = {}) => getValue(manager, routingKey, getOptions),
    toString: () => 'RecordKitRouting()'
  }
}
