import {
  decodeIpnsRecord,
  decodePeerRecord,
  decodeSignedRecord,
  decodeUnverifiedEnvelope,
  ipnsRoutingKey,
  joinRecordKey,
  peerRecordPayloadType,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import { peerIdFromEncodedKey } from '@recordkit/record-crypto'
import { equalBytes, isRecordError } from '@recordkit/record-types'

/**
 * The record key that a value names itself: that of a signed record, of a peer record, or of an IPNS record that contains its public
 * key. `undefined` for other values: their key must come from elsewhere.
 *
 * @example
 * ```ts
 * const key = recordKeyOf(value) ?? ipnsRoutingKey(name)
 * ```
 */
export function recordKeyOf(value: Uint8Array): Uint8Array | undefined {
  return firstOf([ipnsKey, envelopeKey], value)
}

function ipnsKey(value: Uint8Array): Uint8Array | undefined {
  const { publicKey } = decodeIpnsRecord(value)
  return publicKey === undefined ? undefined : ipnsRoutingKey(peerIdFromEncodedKey(publicKey))
}

function envelopeKey(value: Uint8Array): Uint8Array | undefined {
  const { payload, payloadType } = decodeUnverifiedEnvelope(value)
  if (equalBytes(payloadType, signedRecordPayloadType)) return decodeSignedRecord(payload).key
  if (!equalBytes(payloadType, peerRecordPayloadType)) return undefined
  return joinRecordKey('peer', decodePeerRecord(payload).peerId)
}

function firstOf(
  readers: readonly ((value: Uint8Array) => Uint8Array | undefined)[],
  value: Uint8Array
): Uint8Array | undefined {
  for (const read of readers) {
    try {
      const key = read(value)
      if (key !== undefined) return key
    } catch (error) {
      if (!isRecordError(error)) throw error
    }
  }
  return undefined
}
