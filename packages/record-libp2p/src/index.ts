export { guardDatastore } from './guard-datastore.ts'
export type { GuardOptions, RecordKeeper } from './guard-datastore.ts'
export { kademliaValidation } from './kademlia-validation.ts'
export type { KademliaValidation } from './kademlia-validation.ts'
