import { RecordError } from '@recordkit/record-types'
import type { Kademlia } from '@recordkit/store-dht/libp2p'
import type { KademliaValidation } from './kademlia-validation.ts'

/** What is used of the Kademlia in a node, all of it public. */
export type NodeKademlia = Kademlia & KademliaValidation & { readonly protocol?: string }

/** @throws RecordError `INVALID_ARGUMENT` when `service` is no Kademlia */
export function kademliaNamed(service: unknown, name: string): NodeKademlia {
  if (typeof service === 'object' && service !== null && 'get' in service && 'put' in service)
    return service as NodeKademlia
  throw new RecordError('INVALID_ARGUMENT', `the node has no Kademlia named "${name}" among its services`)
}

/** Makes a Kademlia believe whom an engine believes. */
export function teach(kademlia: NodeKademlia, { validators, selectors }: KademliaValidation): void {
  Object.assign(kademlia.validators, validators)
  Object.assign(kademlia.selectors, selectors)
}
