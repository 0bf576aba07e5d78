import { addRecords } from './add-records.ts'
import type { NodeOptions, WithRecords } from './add-records.ts'
import { defaultParts } from './default-parts.ts'
import type { RecordsOptions } from './integration.ts'

/**
 * Adds records to the options of a js-libp2p node that serves a DHT: the service `records`, the validators of the engine
 * for its kad-dht, a datastore of kad-dht through which the records of the DHT go to the manager, and limits that ban peers which
 * flood the node or send forged records. Signer, engine and store have defaults: the key of the node, the usual namespaces, and a
 * bounded store in memory.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option. A node without a kad-dht service of that name fails with the same
 * code when it is created.
 * @example
 * ```ts
 * const libp2p = await createLibp2p(
 *   withRecords({
 *     services: { identify: identify(), ping: ping(), dht: kadDHT({ clientMode: false }) }
 *   })
 * )
 * await libp2p.services.records.manager.put('/config/…', bytes)
 * ```
 */
export function withRecords<Options extends NodeOptions>(
  node: Options,
  options: RecordsOptions = {}
): WithRecords<Options> {
  return addRecords(node, options, defaultParts)
}
