import type { ConnectionGater } from '@libp2p/interface'
import { RecordError } from '@recordkit/record-types'
import { isPromise, nameOf } from '@recordkit/record-types/internal'
import type { Datastore } from 'interface-datastore'
import type { DefaultParts } from './default-parts.ts'
import { createIntegration } from './integration.ts'
import type { Libp2pComponents, RecordsOptions } from './integration.ts'
import { installValidation, kadDhtService } from './kad-dht-service.ts'
import type { RecordsService } from './records-service.ts'
import { withComponent } from './wrap-components.ts'

/** The options of `createLibp2p` that are used. */
export interface NodeOptions {
  /** factories by name, with the one of kad-dht */
  readonly services?: Readonly<Record<string, (components: never) => unknown>> | undefined
  /** refuses further peers, besides those that are banned */
  readonly connectionGater?: ConnectionGater | undefined
}

/** Options of `createLibp2p` for a node with records. The object can be changed before the node is created. */
export type WithRecords<Options extends NodeOptions> = Omit<Options, 'services' | 'connectionGater'> & {
  connectionGater: ConnectionGater
  services: NonNullable<Options['services']> & { records: (components: Libp2pComponents) => RecordsService }
}

/**
 * Adds components to the options of a node; see `withRecords`.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function addRecords<Options extends NodeOptions>(
  node: Options,
  options: RecordsOptions,
  defaults: DefaultParts | undefined
): WithRecords<Options> {
  if (typeof node !== 'object' || node === null || isPromise(node))
    throw new RecordError('INVALID_ARGUMENT', `the options of the node are ${nameOf(node)}; an object is expected`)
  if ('start' in node && typeof node.start === 'function')
    throw new RecordError(
      'INVALID_ARGUMENT',
      'withRecords received a node; it takes the options of one that is not created yet: `createLibp2p(withRecords({ services: { dht: kadDHT(), … } }))`'
    )
  const given = node.services ?? {}
  if ('records' in given)
    throw new RecordError(
      'INVALID_ARGUMENT',
      'the node has a service with the name `records` already, which is the name of the service that withRecords adds; rename or remove it'
    )
  const components = createIntegration(options, false, defaults)
  const { dht = {} } = options
  const services: Record<string, unknown> = { ...given, records: components.service() }
  if (dht !== false) {
    const { service = 'dht' } = dht
    const make = given[service]
    const limited = make === undefined ? undefined : components.limitInbound(make)
    services[service] = (nodeComponents: { readonly datastore: Datastore }): unknown => {
      const datastore = components.datastore(nodeComponents.datastore)
      const made = kadDhtService(limited?.(withComponent(nodeComponents, 'datastore', datastore) as never), service)
      installValidation(made, components.kadDhtInit)
      return made
    }
  }
  const connectionGater = components.connectionGater(node.connectionGater)
  return { ...node, services, connectionGater } as unknown as WithRecords<Options>
}
