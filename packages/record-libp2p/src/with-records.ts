import type { ConnectionGater } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import { createRecordComponents } from './integration.ts'
import type { Libp2pComponents, RecordsOptions } from './integration.ts'
import { installValidation, kadDhtService } from './kad-dht-service.ts'
import type { RecordsService } from './records-service.ts'

/** The options of `createLibp2p` that are used. */
export interface NodeOptions {
  /** stores everything but records */
  readonly datastore: Datastore
  /** factories by name, with the one of kad-dht */
  readonly services: Readonly<Record<string, (components: never) => unknown>>
  /** refuses further peers, besides those that are banned */
  readonly connectionGater?: ConnectionGater | undefined
}

/** Options of `createLibp2p` for a node with records. */
export type WithRecords<Options extends NodeOptions> = Omit<Options, 'datastore' | 'services' | 'connectionGater'> & {
  readonly datastore: Datastore
  readonly connectionGater: ConnectionGater
  readonly services: Options['services'] & { readonly records: (components: Libp2pComponents) => RecordsService }
}

/**
 * Adds records to the options of a js-libp2p node that serves a DHT: the service `records`, the validators of the engine
 * for its kad-dht, a datastore through which the records of the DHT go to the manager, and limits that ban peers which
 * flood the node or send forged records.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option. A node without a kad-dht service of that name fails with the same
 * code when it is created.
 * @example
 * ```ts
 * const libp2p = await createLibp2p(
 *   withRecords(
 *     {
 *       datastore: new MemoryDatastore(),
 *       services: { identify: identify(), ping: ping(), dht: kadDHT({ clientMode: false }) }
 *     },
 *     { engine, store, signer }
 *   )
 * )
 * await libp2p.services.records.manager.put('/config/…', bytes)
 * ```
 */
export function withRecords<Options extends NodeOptions>(node: Options, options: RecordsOptions): WithRecords<Options> {
  const components = createRecordComponents(options)
  const { dht = {} } = options
  const services: Record<string, unknown> = { ...node.services, records: components.service() }
  if (dht !== false) {
    const { service = 'dht' } = dht
    const make = node.services[service]
    const limited = make === undefined ? undefined : components.limitInbound(make)
    services[service] = (nodeComponents: never): unknown => {
      const made = kadDhtService(limited?.(nodeComponents), service)
      installValidation(made, components.kadDhtInit)
      return made
    }
  }
  const datastore = components.datastore(node.datastore)
  const connectionGater = components.connectionGater(node.connectionGater)
  return { ...node, datastore, services, connectionGater } as unknown as WithRecords<Options>
}
