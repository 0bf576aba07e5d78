import { multiaddr } from '@multiformats/multiaddr'
import {
  decodePeerRecord,
  decodeSignedRecord,
  decodeUnverifiedEnvelope,
  peerRecordDomain,
  peerRecordPayloadType,
  signedRecordDomain,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import type { UnverifiedEnvelope } from '@recordkit/record-codec'
import { openEnvelope, openPeerRecord, openSignedRecord, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { equalBytes } from '@recordkit/record-types'
import { toHex } from '@recordkit/record-types/internal'
import { algorithms } from './algorithms.ts'
import type { InspectContext, Inspection, VerdictFields } from './inspection.ts'
import {
  keyText,
  peerFields,
  rangeIn,
  secondsUntil,
  timeText,
  unverified,
  verdictOf,
  verdictOfOpening
} from './inspection.ts'
import { base64, textOf } from './text.ts'

/**
 * Explains an envelope: a peer record, a signed record, or a payload of another type.
 *
 * @throws RecordError the codes of `decodeUnverifiedEnvelope`
 */
export async function inspectEnvelope(bytes: Uint8Array, context: InspectContext): Promise<Inspection> {
  const envelope = decodeUnverifiedEnvelope(bytes)
  if (equalBytes(envelope.payloadType, peerRecordPayloadType)) return inspectPeerRecord(bytes, envelope, context)
  if (equalBytes(envelope.payloadType, signedRecordPayloadType)) return inspectSignedRecord(bytes, envelope, context)
  const { domain } = context
  const verdict =
    domain === undefined
      ? unverified('INVALID_ARGUMENT', 'the signature covers a domain that is not in the envelope; pass the domain')
      : await verdictOfOpening(() => openEnvelope(bytes, { domain, payloadType: envelope.payloadType, algorithms }))
  return {
    kind: 'envelope',
    ...commonFields(bytes, envelope, domain ?? null),
    payload: base64(envelope.payload),
    ...expectedAuthor(envelope, context, verdict)
  }
}

/** @throws RecordError the codes of `decodePeerRecord` */
async function inspectPeerRecord(
  bytes: Uint8Array,
  envelope: UnverifiedEnvelope,
  context: InspectContext
): Promise<Inspection> {
  const record = decodePeerRecord(envelope.payload)
  const verdict = await verdictOfOpening(() => openPeerRecord(bytes, { algorithms }))
  return {
    kind: 'peer-record',
    peer: peerFields(record.peerId),
    sequence: record.sequence,
    addresses: record.addresses.map(addressText),
    ...commonFields(bytes, envelope, peerRecordDomain),
    ...expectedAuthor(envelope, context, verdict)
  }
}

/** @throws RecordError the codes of `decodeSignedRecord` */
async function inspectSignedRecord(
  bytes: Uint8Array,
  envelope: UnverifiedEnvelope,
  context: InspectContext
): Promise<Inspection> {
  const record = decodeSignedRecord(envelope.payload)
  // the signature first: without it the policy of the key says nothing
  const opened = await verdictOfOpening(() => openSignedRecord(bytes, { algorithms }))
  const verdict = opened.status === 'accept' ? await verdictOf(context, record.key, bytes) : opened
  return {
    kind: 'signed-record',
    key: keyText(record.key),
    content: textOf(record.content) ?? base64(record.content),
    contentBytes: base64(record.content),
    sequence: record.sequence,
    issued: timeText(record.issued),
    expires: timeText(record.expires),
    timeLeft: secondsUntil(record.expires, context.now),
    ttl: record.ttl,
    revoked: record.revoked,
    ...commonFields(bytes, envelope, signedRecordDomain),
    ...expectedAuthor(envelope, context, verdict)
  }
}

function commonFields(bytes: Uint8Array, envelope: UnverifiedEnvelope, domain: string | null): object {
  return {
    author: peerFields(peerIdFromPublicKey(envelope.publicKey)),
    publicKey: { type: envelope.publicKey.type, data: base64(envelope.publicKey.data) },
    payloadType: payloadTypeText(envelope.payloadType),
    signature: base64(envelope.signature),
    signed: {
      domain,
      payloadType: rangeIn(bytes, envelope.payloadType),
      payload: rangeIn(bytes, envelope.payload)
    },
    size: bytes.length
  }
}

/** The verdict, or a refusal when the caller expects another author. */
function expectedAuthor(
  { publicKey }: UnverifiedEnvelope,
  { name }: InspectContext,
  verdict: VerdictFields
): VerdictFields {
  const isExpected = name === undefined || equalBytes(peerIdFromPublicKey(publicKey), name)
  if (isExpected || verdict.status !== 'accept') return verdict
  return {
    status: 'ignore',
    code: 'AUTHOR_FORBIDDEN',
    message: 'the author is not the one of the name that was passed'
  }
}

/** Most payload types are text; that of peer records is the two bytes of a multicodec. */
function payloadTypeText(bytes: Uint8Array): string {
  const text = textOf(bytes)
  return text !== null && /^[\x21-\x7e]+$/.test(text) ? text : `0x${toHex(bytes)}`
}

function addressText(bytes: Uint8Array): string {
  try {
    return multiaddr(bytes).toString()
  } catch {
    return base64(bytes)
  }
}
