import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey, ipnsValueToString } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { readBytes, readFieldsLeniently, readUint32 } from '@recordkit/record-codec/protobuf'
import { peerIdFromEncodedKey } from '@recordkit/record-crypto'
import { isRecordError } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { base64 } from './text.ts'
import type { InspectContext, Inspection } from './inspection.ts'
import { rangeIn, secondsUntil, unverified, verdictOf } from './inspection.ts'

/**
 * Explains an IPNS record. Its name is the one that the caller passes, else that of the key in the record.
 *
 * @throws RecordError the codes of `decodeIpnsRecord`
 */
export async function inspectIpnsRecord(bytes: Uint8Array, context: InspectContext): Promise<Inspection> {
  let record: IpnsRecord
  try {
    record = decodeIpnsRecord(bytes)
  } catch (error) {
    if (!isRecordError(error) || !isLikeIpnsRecord(bytes)) throw error
    return malformed(bytes, context)
  }
  const name = context.name ?? nameOfEmbeddedKey(record)
  const verdict =
    name === undefined
      ? unverified('PUBLIC_KEY_NOT_FOUND', 'the record does not contain its key; pass its name to verify the signature')
      : await verdictOf(context, ipnsRoutingKey(name), bytes)
  return {
    kind: 'ipns-record',
    name: name === undefined ? null : ipnsNameToString(name),
    value: valueText(record.value),
    sequence: record.sequence,
    validity: new TextDecoder().decode(record.validityBytes),
    timeLeft: secondsUntil(record.validity, context.now),
    ttl: record.ttl ?? null,
    publicKey: record.publicKey === undefined ? null : base64(record.publicKey),
    signatureV1: record.signatureV1 === undefined ? null : base64(record.signatureV1),
    signatureV2: base64(record.signatureV2),
    signed: { prefix: 'ipns-signature:', ...rangeIn(bytes, record.data) },
    extra: record.extra === undefined ? null : [...record.extra.keys()],
    size: bytes.length,
    ...verdict
  }
}

/** Whether bytes have the two fields without which no IPNS record is valid, and not the first field of a DHT message. */
function isLikeIpnsRecord(bytes: Uint8Array): boolean {
  try {
    const fields = readFieldsLeniently(bytes, bytes.length, 'IPNS record', [66, 74, 8])
    return (
      readBytes(fields, 0) !== undefined && readBytes(fields, 1) !== undefined && readUint32(fields, 2) === undefined
    )
  } catch (error) {
    if (isRecordError(error)) return false
    throw error
  }
}

/** An IPNS record that violates its format: without fields, because none of them can be trusted. */
async function malformed(bytes: Uint8Array, context: InspectContext): Promise<Inspection> {
  // the identity multihash of an Ed25519 key: decoding does not depend on the name
  const name = context.name ?? Uint8Array.of(0, 36, 8, 1, 18, 32, ...new Uint8Array(32))
  return {
    kind: 'ipns-record',
    name: context.name === undefined ? null : ipnsNameToString(context.name),
    size: bytes.length,
    ...(await verdictOf(context, ipnsRoutingKey(name), bytes))
  }
}

/** The peer ID of the key in a record; `undefined` without a key that can be read. */
function nameOfEmbeddedKey({ publicKey }: IpnsRecord): PeerId | undefined {
  try {
    return publicKey && peerIdFromEncodedKey(publicKey)
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}

function valueText(value: Uint8Array): string {
  try {
    return ipnsValueToString(value)
  } catch (error) {
    if (isRecordError(error)) return base64(value)
    throw error
  }
}
