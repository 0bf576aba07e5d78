import { isBytes } from '@recordkit/record-types/internal'
import { limits } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { checkObject, failArgument, failType, throwRecordError } from './throw-record-error.ts'
import { assertPeerId } from './peer-id.ts'
import { readBytes, readUint64 } from './field-offsets.ts'
import { readFields, readRepeatedBytes } from './protobuf-reader.ts'
import { nonzero, writeFields } from './protobuf-writer.ts'
import type { ProtobufValue } from './protobuf-writer.ts'

/** The payload of a signed peer record. */
export interface PeerRecord {
  readonly peerId: PeerId
  /** only to be compared, not a time: implementations use seconds, milliseconds or nanoseconds */
  readonly sequence: bigint
  /** binary multiaddrs, none of them empty */
  readonly addresses: readonly Uint8Array[]
}

/** Maximum number of addresses. */
const addressLimit = 64

/** Envelope domain of peer records. */
export const peerRecordDomain: string = 'libp2p-peer-record'

/** Envelope payload type of peer records: `03 01`. Do not change its bytes. */
export const peerRecordPayloadType: Uint8Array = /* @__PURE__ */ Uint8Array.of(3, 1)

/** Tags of the fields, which are read by their index here. */
const tags: readonly number[] = [10, 16, 26]
const peerIdField = 0
const sequenceField = 1
const addressesField = 2

/**
 * Encodes a peer record. Empty addresses are omitted.
 *
 * @throws RecordError `INVALID_ARGUMENT` for fields of the wrong type, more than 64 addresses and more than 8 KiB; the
 * codes of `assertPeerId`
 * @see libp2p RFC 0003, "Peer Record Data"
 * @example
 * ```ts
 * const payload = encodePeerRecord({ peerId, sequence: 1n, addresses: [multiaddr('/ip4/127.0.0.1/tcp/4001').bytes] })
 * ```
 */
export function encodePeerRecord(record: PeerRecord): Uint8Array<ArrayBuffer> {
  checkObject(record, 'peer record')
  const { addresses } = record
  if (!Array.isArray(addresses)) failType(addresses, 'addresses', 'an array')
  if (addresses.length > addressLimit)
    failArgument(`there are ${addresses.length} addresses; the limit is ${addressLimit}`)
  const fields: ProtobufValue[] = [10, assertPeerId(record.peerId), 16, nonzero(record.sequence, 'sequence')]
  for (const address of addresses as readonly Uint8Array[]) {
    if (address?.length !== 0) {
      fields.push(
        26,
        writeFields([10, isBytes(address) ? address : failType(address, 'address', 'the Uint8Array of a multiaddr')])
      )
    }
  }
  const bytes = writeFields(fields)
  if (bytes.length > limits.peerRecord) {
    failArgument(`peer record is ${bytes.length} bytes; the limit is ${limits.peerRecord}`)
  }
  return bytes
}

/**
 * Decodes a peer record. Its byte fields are views of `bytes`. Empty addresses are skipped. Does not compare the peer
 * ID with the signer of the envelope.
 *
 * @param bytes - protobuf `PeerRecord`, at most `options.limit` (8 KiB)
 * @throws RecordError `PEER_RECORD_INVALID` without a peer ID and for more than 64 addresses; `TOO_LARGE`,
 * `PROTOBUF_…`; the codes of `assertPeerId`
 * @example
 * ```ts
 * const { peerId, addresses } = decodePeerRecord(envelope.payload)
 * ```
 */
export function decodePeerRecord(bytes: Uint8Array, options?: DecodeOptions): PeerRecord {
  const limit = limitOf(options, limits.peerRecord)
  const fields = readFields(bytes, limit, 'peer record', tags, true)
  const peerId = readBytes(fields, peerIdField)
  const addresses = readRepeatedBytes(fields, addressesField)
    .map((info) => readBytes(readFields(info, limit, 'address', [10]), 0))
    .filter((address) => address !== undefined && address.length > 0) as Uint8Array[]
  if (peerId === undefined) throwRecordError('PEER_RECORD_INVALID', 'peer record has no peer ID')
  if (addresses.length > addressLimit) {
    throwRecordError(
      'PEER_RECORD_INVALID',
      `peer record has ${addresses.length} addresses; the limit is ${addressLimit}`
    )
  }
  return { peerId: assertPeerId(peerId), sequence: readUint64(fields, sequenceField), addresses }
}
