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

/**
 * Adds validators and selectors to a kad-dht service. They stay: `@helia/ipns` assigns its own to every kad-dht service that it finds,
 * and then no refusal would count against its sender.
 */
export function installValidation(dht: KadDhtService, { validators, selectors }: KadDhtValidation): void {
  defineMembers(dht.validators, validators)
  defineMembers(dht.selectors, selectors)
}

/** Adds members that an assignment does not replace. */
function defineMembers(target: object, members: object): void {
  for (const [name, member] of Object.entries(members))
    Object.defineProperty(target, name, {
      get: () => member as unknown,
      set() {
        // without a setter, the assignment would throw in the module that assigns
      },
      enumerable: true,
      configurable: true
    })
}
