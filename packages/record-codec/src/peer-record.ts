import { limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import type { DecodeOptions } from './decode-options.ts'
import { checkObject, throwRecordError, failArgument } from './throw-record-error.ts'
import { assertPeerId } from './peer-id.ts'
import { readBytes, readUint64 } from './field-offsets.ts'
import { readFields, readRepeatedBytes } from './protobuf-reader.ts'
import { nonzero, writeFields } from './protobuf-writer.ts'
import type { ProtobufValue } from './protobuf-writer.ts'

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

/** Envelope payload type of peer records: `03 01`. Do not change its bytes. */
export const peerRecordPayloadType: Uint8Array = /* @__PURE__ */ Uint8Array.of(3, 1)

/**
 * Encodes a peer record; empty addresses are left out.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type, more than 64 addresses or 8 KiB; as `checkPeerId`
 * @see libp2p RFC 0003, "Peer Record Data"
 */
export function encodePeerRecord(record: PeerRecord): Uint8Array {
  checkObject(record, 'peer record')
  const { addresses } = record
  if (!Array.isArray(addresses) || addresses.length > addressLimit) {
    failArgument(`addresses must be an array of at most ${addressLimit}`)
  }
  const fields: ProtobufValue[] = [10, assertPeerId(record.peerId), 16, nonzero(record.sequence, 'sequence')]
  for (const address of addresses as readonly Uint8Array[]) {
    if (address?.length !== 0)
      fields.push(26, writeFields([10, address ?? failArgument('an address is no Uint8Array')]))
  }
  const bytes = writeFields(fields)
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
  const fields = readFields(bytes, limit, 'peer record', [10, 16, 26], true)
  const peerId = readBytes(fields, 0)
  const addresses = readRepeatedBytes(fields, 2)
    .map((info) => readBytes(readFields(info, limit, 'address', [10]), 0))
    .filter((address) => address !== undefined && address.length > 0) as Uint8Array[]
  if (peerId === undefined) throwRecordError('PEER_RECORD_INVALID', 'peer record has no peer ID')
  if (addresses.length > addressLimit) {
    throwRecordError(
      'PEER_RECORD_INVALID',
      `peer record has ${addresses.length} addresses; at most ${addressLimit} are read`
    )
  }
  return { peerId: assertPeerId(peerId), sequence: readUint64(fields, 1), addresses }
}
