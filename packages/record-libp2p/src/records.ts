import { defaultParts } from './default-parts.ts'
import { createIntegration } from './integration.ts'
import type { Libp2pComponents, RecordComponents, RecordsOptions } from './integration.ts'
import type { RecordsService } from './records-service.ts'

/**
 * Creates the parts of {@link withRecords}, for nodes that are composed by hand.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @example
 * ```ts
 * const components = createRecordComponents({ engine, store, signer })
 * const libp2p = await createLibp2p({
 *   datastore: components.datastore(new MemoryDatastore()),
 *   connectionGater: components.connectionGater(),
 *   services: {
 *     identify: identify(),
 *     ping: ping(),
 *     dht: components.limitInbound(kadDHT(components.kadDhtInit)),
 *     records: components.service()
 *   }
 * })
 * await libp2p.services.records.manager.put('/config/…', bytes)
 * ```
 */
export function createRecordComponents(options: RecordsOptions = {}): RecordComponents {
  return createIntegration(options, false, defaultParts)
}

/**
 * Creates the records service of a node that reads and publishes records, but serves no other peers: a DHT client, or a node
 * without a DHT. Its kad-dht service receives the validators when the node starts. A node that serves others needs
 * {@link withRecords}: only a datastore that kad-dht receives when it is created can refuse older records of other peers.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @example
 * ```ts
 * const libp2p = await createLibp2p({ services: { dht: kadDHT({ clientMode: true }), records: records() } })
 * ```
 */
export function records(options: RecordsOptions = {}): (components: Libp2pComponents) => RecordsService {
  return createIntegration(options, true, defaultParts).service()
}
