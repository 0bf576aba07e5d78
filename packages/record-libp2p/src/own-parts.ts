import { addRecords } from './add-records.ts'
import type { NodeOptions, WithRecords } from './add-records.ts'
import { createIntegration } from './integration.ts'
import type { Libp2pComponents, RecordComponents, RecordsOptions } from './integration.ts'
import type { RecordsService } from './records-service.ts'

/** Options with an engine and a store. */
export type OwnParts = RecordsOptions & { readonly [Part in 'engine' | 'store']: NonNullable<RecordsOptions[Part]> }

/**
 * As `withRecords` of the package, for options with an engine and a store: the default ones add nothing to a bundle.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option, also for a missing engine or store
 * @example
 * ```ts
 * import { withRecords } from '@recordkit/record-libp2p/own-parts'
 *
 * const libp2p = await createLibp2p(withRecords({ services: { dht: kadDHT() } }, { engine, store }))
 * ```
 */
export function withRecords<Options extends NodeOptions>(node: Options, options: OwnParts): WithRecords<Options> {
  return addRecords(node, options, undefined)
}

/**
 * As `records` of the package, for options with an engine and a store.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option, also for a missing engine or store
 * @example
 * ```ts
 * import { records } from '@recordkit/record-libp2p/own-parts'
 *
 * const libp2p = await createLibp2p({ services: { dht: kadDHT(), records: records({ engine, store }) } })
 * ```
 */
export function records(options: OwnParts): (components: Libp2pComponents) => RecordsService {
  return createIntegration(options, true, undefined).service()
}

/**
 * As `createRecordComponents` of the package, for options with an engine and a store.
 *
 * @throws RecordError `INVALID_ARGUMENT` naming the option, also for a missing engine or store
 * @example
 * ```ts
 * import { createRecordComponents } from '@recordkit/record-libp2p/own-parts'
 *
 * const components = createRecordComponents({ engine, store })
 * ```
 */
export function createRecordComponents(options: OwnParts): RecordComponents {
  return createIntegration(options, false, undefined)
}
