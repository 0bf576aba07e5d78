/** A program that a page might hold, and what it may weigh. */
export interface Program {
  readonly name: string
  readonly code: string
  /** bundled with the condition `ed25519-native`: without a fallback for platforms that have no Ed25519 */
  readonly native?: true
  /** gzip, bytes: what was set out for */
  readonly budget?: number
  /** the same work with the libraries there are */
  readonly peer?: string
}

const crypto = (names: string): string => `export { ${names} } from '@recordkit/record-crypto'`
const codec = (names: string): string => `export { ${names} } from '@recordkit/record-codec'`
const judge = (names: string): string => `export { ValidationEngine, ${names} } from '@recordkit/record-validators'`
const managed = `
  export { RecordManager } from '@recordkit/record-manager'
  export { MemoryRecordStore } from '@recordkit/store-memory'
  export { keyPairFromSeed } from '@recordkit/record-crypto'
  ${judge('signed, ownerInKey')}`
const validator = `export { ipnsValidator } from 'ipns/validator'`

export const programs: readonly Program[] = [
  {
    name: 'encode and decode a Record',
    code: codec('encodeRecord, decodeRecord'),
    budget: 900,
    peer: `export { Libp2pRecord } from '@libp2p/record'`
  },
  {
    name: 'verify an IPNS record, native Ed25519 only',
    code: crypto('openIpnsRecord'),
    native: true,
    budget: 3000,
    peer: validator
  },
  { name: 'verify an IPNS record', code: crypto('openIpnsRecord'), budget: 6500, peer: validator },
  {
    name: 'create an IPNS record, native Ed25519 only',
    code: crypto('signIpnsRecord, keyPairFromSeed'),
    native: true,
    budget: 6000,
    peer: `export { createIPNSRecord, marshalIPNSRecord } from 'ipns'; export { generateKeyPair } from '@libp2p/crypto/keys'`
  },
  { name: 'create an IPNS record', code: crypto('signIpnsRecord, keyPairFromSeed') },
  {
    name: 'open a peer record, native Ed25519 only',
    code: crypto('openPeerRecord'),
    native: true,
    budget: 5000,
    peer: `export { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'`
  },
  { name: 'open a peer record', code: crypto('openPeerRecord') },
  {
    name: 'check a /pk/ record, all four key types',
    code: `export { publicKey } from '@recordkit/record-validators'`,
    budget: 12_000,
    peer: `export { publicKeyFromProtobuf } from '@libp2p/crypto/keys'`
  },
  { name: 'the key in a peer ID', code: codec('publicKeyFromPeerId'), budget: 2000 },
  { name: 'manager, memory store, signed records, native Ed25519 only', code: managed, native: true, budget: 14_000 },
  { name: 'manager, memory store, signed records', code: managed },
  {
    name: 'record-manager/quick, with all it fills in',
    code: `export { createRecordManager } from '@recordkit/record-manager/quick'`
  },
  { name: 'record-types: guardStore', code: `export { guardStore } from '@recordkit/record-types'` },
  { name: 'record-codec: parse an IPNS record', code: codec('decodeIpnsRecord, ipnsNameOfKey') },
  { name: 'record-codec: everything', code: `export * from '@recordkit/record-codec'` },
  { name: 'record-crypto: open an envelope', code: crypto('openEnvelope') },
  { name: 'record-validators: judge IPNS records', code: judge('ipnsReader') },
  { name: 'record-validators: judge and make IPNS records', code: judge('ipns') },
  { name: 'record-validators: judge signed records', code: judge('signed, ownerInKey') },
  { name: 'store-memory', code: `export * from '@recordkit/store-memory'` },
  { name: 'store-level', code: `export * from '@recordkit/store-level'` },
  { name: 'store-dht', code: `export * from '@recordkit/store-dht'` },
  { name: 'store-dht/libp2p', code: `export * from '@recordkit/store-dht/libp2p'` },
  { name: 'store-dht/delegated', code: `export * from '@recordkit/store-dht/delegated'` },
  { name: 'record-manager', code: `export { RecordManager } from '@recordkit/record-manager'` },
  { name: 'record-libp2p', code: `export * from '@recordkit/record-libp2p'` }
]
