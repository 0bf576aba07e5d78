import { RecordError } from '@recordkit/record-types'
import type { KadDht } from '@recordkit/store-dht/libp2p'
import type { KadDhtValidation } from './kad-dht-validation.ts'

/** The public members of a node's kad-dht service that are used. */
export type KadDhtService = KadDht & KadDhtValidation & { readonly protocol?: string }

/** @throws RecordError `INVALID_ARGUMENT` when `service` is not a kad-dht service */
export function kadDhtService(service: unknown, name: string): KadDhtService {
  if (typeof service === 'object' && service !== null && 'get' in service && 'put' in service)
    return service as KadDhtService
  throw new RecordError(
    'INVALID_ARGUMENT',
    `the node has no kad-dht service named "${name}"; add \`${name}: kadDHT()\` to its services, pass the name of another one as \`dht.service\`, or use \`records({ dht: false })\` without kad-dht`
  )
}

/** Adds validators and selectors to a kad-dht service. */
export function installValidation(dht: KadDhtService, { validators, selectors }: KadDhtValidation): void {
  Object.assign(dht.validators, validators)
  Object.assign(dht.selectors, selectors)
}
