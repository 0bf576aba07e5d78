import type { RecordManager } from '@recordkit/record-manager'
import type { AbortOptions } from '@recordkit/record-types'
import { recordRouterName } from '@recordkit/record-types/internal'
import { checkRouter, getValue, unlessUnknown } from './router-options.ts'
import type { RouterGetOptions, RouterOptions } from './router-options.ts'

/** A `Router` of a Helia node, for values. */
export interface RecordRouter {
  readonly name: string
  /** Stores a signed value, publishes it, and republishes it until it expires. Ignores keys of other namespaces. */
  put(key: Uint8Array, value: Uint8Array, options?: AbortOptions): Promise<void>
  /** The best valid record. Rejects with an error named `NotFoundError` when there is none. */
  get(key: Uint8Array, options?: RouterGetOptions): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * A manager as a router of a Helia node, beside or instead of its other ones: `helia.routing.get` and `put` use it for records of all
 * namespaces of the manager. For a manager with a network of its own, such as gateways. A node whose options are those of
 * `withRecords` does not need it: its libp2p router reaches the same DHT. `libp2pContentRouting(helia.routing)` does not ask this
 * router, because a manager would wait for itself.
 *
 * Helia's `put` fails when one of its routers fails: this one ignores keys of namespaces that the manager does not have.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the argument
 * @example
 * ```ts
 * const helia = await createHelia({ routers: [recordRouter(manager)] }).start()
 * const value = await helia.routing.get(ipnsRoutingKey(name))
 * ```
 */
export function recordRouter(manager: RecordManager, options: RouterOptions = {}): RecordRouter {
  const { copies } = checkRouter(manager, options)
  return {
    name: recordRouterName,
    async put(key, value, { signal } = {}) {
      await unlessUnknown(() => manager.putSigned(key, value, { copies, signal }))
    },
    get: (key, getOptions = {}) => getValue(manager, key, getOptions)
  }
}
