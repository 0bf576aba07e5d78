import {
  readBytes,
  readFieldsLeniently,
  readRepeatedBytes,
  readUint32,
  writeFields
} from '@recordkit/record-codec/protobuf'
import type { ProtobufFields, ProtobufValue } from '@recordkit/record-codec/protobuf'
import { limits } from '@recordkit/record-types'

/** A message of the Kademlia DHT, and its one encoding. */
export interface DhtMessage {
  /** 0 is PUT_VALUE, 1 GET_VALUE; as in all implementations, a missing type is PUT_VALUE */
  readonly type: number
  /** the record that it contains */
  readonly record?: { readonly key: Uint8Array; readonly value: Uint8Array } | undefined
  /**
   * The message with every known field once, in the order of their numbers, and nothing else. Implementations read unusual encodings
   * differently: js-libp2p reads a known field of another wire type, and others skip it. Only the normal form is one message to all.
   * Of the peers that it names, it has at most 20 closer ones and 20 providers, with at most 32 addresses of 512 bytes each: js-libp2p
   * keeps all of them in its peer store for hours.
   */
  readonly normal: Uint8Array
}

/**
 * What is kept of the peers that a message names: the `k` of the specification, and what `limitAddresses` of store-dht keeps. A message
 * of 4 MiB can name two million, which would take seconds to read here and in kad-dht.
 */
const maxPeers = 20
const maxAddresses = 32
const maxAddressSize = 512
/** bytes; peer IDs are multihashes, of an Ed25519 or secp256k1 key or a SHA-256 */
const maxPeerIdSize = 128
/** addresses that are read, some of which may be too long */
const maxReadAddresses = 64

const empty: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/**
 * Reads a message as leniently as other implementations do.
 *
 * @throws RecordError `TOO_LARGE`, `PROTOBUF_…`
 * @see libp2p Kademlia DHT specification, "RPC messages"
 */
export function readDhtMessage(bytes: Uint8Array): DhtMessage {
  // type, key, record, cluster level; providers
  const fields = read(bytes, [8, 18, 26, 80, 74], maxPeers)
  const closer = normalPeers(66, readRepeatedBytes(read(bytes, [66], maxPeers), 0))
  const providers = normalPeers(74, readRepeatedBytes(fields, 4))
  const encoded = readBytes(fields, 2)
  const record = encoded && read(encoded, recordTags)
  const type = readUint32(fields, 0)
  const head = [8, type, 18, readBytes(fields, 1), 26, record && writeKnown(record)]
  return {
    type: type ?? 0,
    record: record && { key: readBytes(record, 0) ?? empty, value: readBytes(record, 1) ?? empty },
    normal: writeFields([...head, ...closer, ...providers, 80, readUint32(fields, 3)])
  }
}

/** key, value, time of receipt, and what only rust-libp2p has: publisher, time to live */
const recordTags: readonly number[] = [10, 18, 42, 5330, 6216]

function writeKnown(fields: ProtobufFields): Uint8Array {
  return writeFields(
    recordTags.flatMap((tag, index): ProtobufValue[] => [
      tag,
      tag % 8 === 2 ? readBytes(fields, index) : readUint32(fields, index)
    ])
  )
}

/** The first peers, each with its ID, its kind of connection and its first addresses. */
function normalPeers(tag: number, peers: readonly Uint8Array[]): ProtobufValue[] {
  return peers.slice(0, maxPeers).flatMap((peer) => {
    const fields = read(peer, [10, 24, 18], maxReadAddresses)
    const id = readBytes(fields, 0)
    const addresses = readRepeatedBytes(fields, 2)
      .filter(({ length }) => length <= maxAddressSize)
      .slice(0, maxAddresses)
      .flatMap((address) => [18, address])
    return id !== undefined && id.length > maxPeerIdSize
      ? []
      : [tag, writeFields([10, id, ...addresses, 24, readUint32(fields, 1)])]
  })
}

/** @param most - occurrences of the last known field that are read. @default 0: it occurs once, and the last one counts */
function read(bytes: Uint8Array, tags: readonly number[], most = 0): ProtobufFields {
  return readFieldsLeniently(bytes, limits.dhtMessage, 'DHT message', tags, most)
}
