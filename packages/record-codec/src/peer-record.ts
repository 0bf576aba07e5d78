import { limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import type { DecodeOptions } from './decode-options.ts'
import { fail, failArgument } from './fail.ts'
import { checkPeerId } from './peer-id.ts'
import { nextField, openProtobuf, readBytes, readRepeatedBytes, readUint64, skipField } from './protobuf-reader.ts'
import { encodeProtobuf, writeBytes, writeFilledUint64, writeVarint } from './protobuf-writer.ts'

/** The payload of a signed peer record. */
export interface PeerRecord {
  readonly peerId: PeerId
  /** compare it, never read it as a time: implementations count in s, ms or ns */
  readonly sequence: bigint
  /** binary multiaddrs, none of them empty */
  readonly addresses: readonly Uint8Array[]
}

/** Addresses that are read and written at the most. */
const addressLimit = 64

/** Envelope domain of peer records. */
export const peerRecordDomain: string = 'libp2p-peer-record'

/** Envelope payload type of peer records: `03 01`. */
export function peerRecordPayloadType(): Uint8Array {
  return Uint8Array.of(3, 1)
}

/**
 * Encodes a peer record; empty addresses are left out.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type, more than 64 addresses or 8 KiB; as `checkPeerId`
 * @see libp2p RFC 0003, "Peer Record Data"
 */
export function encodePeerRecord(record: PeerRecord): Uint8Array {
  const bytes = encodeProtobuf(writePeerRecord, record)
  if (bytes.length > limits.peerRecord) failArgument(`peer record must be at most ${limits.peerRecord} bytes`)
  return bytes
}

/**
 * Reads a peer record; its bytes are views, at most `options.limit` (8 KiB). Empty addresses are passed over. That the
 * signer is the peer is not looked at here.
 *
 * @throws RecordError `PEER_RECORD_INVALID` without a peer ID or with more than 64 addresses; `TOO_LARGE`,
 * `PROTOBUF_…`; as `checkPeerId`
 */
export function decodePeerRecord(bytes: Uint8Array, options?: DecodeOptions): PeerRecord {
  const limit = options?.limit ?? limits.peerRecord
  const reader = openProtobuf(bytes, limit, 'peer record')
  let peerId: Uint8Array | undefined
  let sequence = 0n
  const addresses: Uint8Array[] = []
  for (let field; (field = nextField(reader)) > 0;) {
    if (field === 1) peerId = readBytes(reader)
    else if (field === 2) sequence = readUint64(reader)
    else if (field === 3) {
      const address = readAddress(readRepeatedBytes(reader), limit)
      if (address.length > 0) addresses.push(address)
    } else skipField(reader)
  }
  if (peerId === undefined) fail('PEER_RECORD_INVALID', 'peer record has no peer ID')
  if (addresses.length > addressLimit) {
    fail('PEER_RECORD_INVALID', `peer record has ${addresses.length} addresses; at most ${addressLimit} are read`)
  }
  return { peerId: checkPeerId(peerId), sequence, addresses }
}

/** The multiaddr of an `AddressInfo`. */
function readAddress(bytes: Uint8Array, limit: number): Uint8Array {
  const reader = openProtobuf(bytes, limit, 'address')
  let address = bytes.subarray(0, 0)
  while (nextField(reader)) {
    if (reader.field === 1) address = readBytes(reader)
    else skipField(reader)
  }
  return address
}

function writePeerRecord(record: PeerRecord, out: Uint8Array | undefined, offset: number): number {
  const { addresses } = record
  if (!Array.isArray(addresses) || addresses.length > addressLimit) {
    failArgument(`addresses must be an array of at most ${addressLimit}`)
  }
  offset = writeBytes(out, offset, 1, checkPeerId(record.peerId))
  offset = writeFilledUint64(out, offset, 2, record.sequence)
  for (const address of addresses as readonly Uint8Array[]) {
    if (address?.length === 0) continue
    offset = writeVarint(out, offset, 26)
    offset = writeVarint(out, offset, writeBytes(undefined, 0, 1, address))
    offset = writeBytes(out, offset, 1, address)
  }
  return offset
}
