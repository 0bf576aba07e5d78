import type { ConnectionGater } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import { kademliaNamed, teach } from './node-kademlia.ts'
import { recordHouse } from './record-house.ts'
import type { RecordComponents, RecordHouseOptions } from './record-house.ts'
import type { RecordsService } from './records-service.ts'

/** What is used of the options of `createLibp2p`. */
export interface NodeOptions {
  /** what the node keeps beside records */
  readonly datastore: Datastore
  /** factories by name, the one of Kademlia among them */
  readonly services: Readonly<Record<string, (components: never) => unknown>>
  /** asked beside ours, which denies peers that are barred */
  readonly connectionGater?: ConnectionGater
}

/** Options of `createLibp2p` whose node has records. */
export type WithRecords<Options extends NodeOptions> = Omit<Options, 'datastore' | 'services' | 'connectionGater'> & {
  readonly datastore: Datastore
  readonly connectionGater: ConnectionGater
  readonly services: Options['services'] & { readonly records: (components: RecordComponents) => RecordsService }
}

/**
 * Records in a js-libp2p node that serves a DHT, all in one place: the service `records` is added, the node's Kademlia
 * believes whom the engine believes, what it keeps goes the manager's path into the store, and who sends it too much, or
 * forgeries, is barred for a while.
 *
 * ```ts
 * const libp2p = await createLibp2p(
 *   withRecords({ engine, store, signer }, {
 *     datastore: new MemoryDatastore(),
 *     services: { identify: identify(), ping: ping(), dht: kadDHT({ clientMode: false }) }
 *   })
 * )
 * await libp2p.services.records.put('/config/…', bytes)
 * ```
 *
 * Where {@link recordHouse} hands out pieces, this puts them where they belong. A Kademlia with a `datastorePrefix` of
 * its own needs the same as `prefix`.
 */
export function withRecords<Options extends NodeOptions>(
  options: RecordHouseOptions,
  node: Options
): WithRecords<Options> {
  const house = recordHouse(options)
  const { dht = 'dht' } = options
  const services: Record<string, unknown> = { ...node.services, records: house.service() }
  if (dht !== false) {
    const inner = node.services[dht]
    const make = inner === undefined ? undefined : house.guarded(inner)
    services[dht] = (components: never): unknown => {
      const kademlia = kademliaNamed(make?.(components), dht)
      teach(kademlia, house.kademlia)
      return kademlia
    }
  }
  const datastore = house.datastore(node.datastore)
  const connectionGater = house.gater(node.connectionGater)
  return { ...node, datastore, services, connectionGater } as unknown as WithRecords<Options>
}
