/** A program that a page may contain, and the target of its size. */
export interface Program {
  readonly name: string
  readonly code: string
  /** bundled with the condition `ed25519-native`: without a fallback for platforms that have no Ed25519 */
  readonly native?: true
  /** gzip, bytes */
  readonly target?: number
  /** the same work with other libraries */
  readonly alternative?: string
}

const crypto = (names: string): string => `export { ${names} } from '@recordkit/record-crypto'`
const codec = (names: string): string => `export { ${names} } from '@recordkit/record-codec'`
const validators = (names: string): string =>
  `export { ValidationEngine, ${names} } from '@recordkit/record-validators'`
const managed = `
  export { RecordManager } from '@recordkit/record-manager'
  export { MemoryRecordStore } from '@recordkit/store-memory'
  export { keyPairFromSeed } from '@recordkit/record-crypto'
  ${validators('signed, ownerInKey')}`
const validator = `export { ipnsValidator } from 'ipns/validator'`

export const programs: readonly Program[] = [
  {
    name: 'encode and decode a Record',
    code: codec('encodeRecord, decodeRecord'),
    target: 900,
    alternative: `export { Libp2pRecord } from '@libp2p/record'`
  },
  {
    name: 'verify an IPNS record, native Ed25519 only',
    code: crypto('openIpnsRecord'),
    native: true,
    target: 3000,
    alternative: validator
  },
  { name: 'verify an IPNS record', code: crypto('openIpnsRecord'), target: 6500, alternative: validator },
  {
    name: 'create an IPNS record, native Ed25519 only',
    code: crypto('createIpnsRecord, keyPairFromSeed'),
    native: true,
    target: 6000,
    alternative: `export { createIPNSRecord, marshalIPNSRecord } from 'ipns'; export { generateKeyPair } from '@libp2p/crypto/keys'`
  },
  { name: 'create an IPNS record', code: crypto('createIpnsRecord, keyPairFromSeed') },
  {
    name: 'open a peer record, native Ed25519 only',
    code: crypto('openPeerRecord'),
    native: true,
    target: 5000,
    alternative: `export { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'`
  },
  { name: 'open a peer record', code: crypto('openPeerRecord') },
  {
    name: 'check a /pk/ record, all four key types',
    code: `export { publicKeys } from '@recordkit/record-validators'`,
    target: 12_000,
    alternative: `export { publicKeyFromProtobuf } from '@libp2p/crypto/keys'`
  },
  { name: 'the key in a peer ID', code: codec('publicKeyFromPeerId'), target: 2000 },
  { name: 'manager, memory store, signed records, native Ed25519 only', code: managed, native: true, target: 14_000 },
  { name: 'manager, memory store, signed records', code: managed },
  {
    name: 'record-manager/quick, with its defaults',
    code: `export { createRecordManager } from '@recordkit/record-manager/quick'`
  },
  { name: 'record-store: createStore', code: `export { createStore } from '@recordkit/record-store'` },
  { name: 'record-codec: parse an IPNS record', code: codec('decodeIpnsRecord, ipnsNameFromKey') },
  { name: 'record-codec: everything', code: `export * from '@recordkit/record-codec'` },
  { name: 'record-crypto: open an envelope', code: crypto('openEnvelope') },
  { name: 'record-validators: validate IPNS records', code: validators('ipnsReader') },
  { name: 'record-validators: validate and create IPNS records', code: validators('ipns') },
  { name: 'record-validators: validate signed records', code: validators('signed, ownerInKey') },
  { name: 'record-access', code: `export * from '@recordkit/record-access'` },
  { name: 'store-memory', code: `export * from '@recordkit/store-memory'` },
  { name: 'store-level', code: `export * from '@recordkit/store-level'` },
  { name: 'store-postgres', code: `export * from '@recordkit/store-postgres'` },
  { name: 'store-sqlite', code: `export * from '@recordkit/store-sqlite'` },
  { name: 'store-indexeddb', code: `export * from '@recordkit/store-indexeddb'` },
  { name: 'record-http', code: `export * from '@recordkit/record-http'` },
  { name: 'store-dht', code: `export * from '@recordkit/store-dht'` },
  { name: 'store-dht: DhtRecordStore', code: `export { DhtRecordStore } from '@recordkit/store-dht'` },
  { name: 'store-dht/libp2p', code: `export * from '@recordkit/store-dht/libp2p'` },
  { name: 'store-dht/delegated', code: `export * from '@recordkit/store-dht/delegated'` },
  { name: 'store-dht/gateway', code: `export * from '@recordkit/store-dht/gateway'` },
  { name: 'store-dht/pubsub', code: `export * from '@recordkit/store-dht/pubsub'` },
  { name: 'record-manager', code: `export { RecordManager } from '@recordkit/record-manager'` },
  { name: 'record-libp2p', code: `export * from '@recordkit/record-libp2p'` },
  {
    name: 'record-libp2p/own-parts, without an engine and a store',
    code: `export { withRecords } from '@recordkit/record-libp2p/own-parts'`
  },
  { name: 'record-libp2p/pubsub', code: `export * from '@recordkit/record-libp2p/pubsub'` },
  { name: 'record-helia', code: `export * from '@recordkit/record-helia'` }
]
