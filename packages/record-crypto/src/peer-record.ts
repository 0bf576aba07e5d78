import { decodePeerRecord, encodePeerRecord, peerRecordDomain, peerRecordPayloadType } from '@recordkit/record-codec'
import type { PeerRecord } from '@recordkit/record-codec'
import { equalBytes, limits, RecordError } from '@recordkit/record-types'
import type { AbortOptions, PeerId, PublicKey, Signer } from '@recordkit/record-types'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import type { OpenOptions } from './envelope.ts'
import { peerIdOf } from './peer-id.ts'

/** Who signs. */
export interface SealOptions extends AbortOptions {
  readonly signer: Signer
}

/** A peer record that its own peer signed. */
export interface OpenedPeerRecord {
  readonly record: PeerRecord
  readonly publicKey: PublicKey
  readonly author: PeerId
  /** the envelope as it was received, for forwarding */
  readonly bytes: Uint8Array
}

/**
 * Signs where a peer can be reached. The peer is the signer.
 *
 * @returns protobuf `Envelope`
 * @throws RecordError `SIGNER_MISMATCH` when the record names a peer other than the signer
 * @see libp2p RFC 0003
 */
export async function sealPeerRecord(
  record: Omit<PeerRecord, 'peerId'> & { readonly peerId?: PeerId },
  options: SealOptions
): Promise<Uint8Array> {
  const { signer } = options
  const peerId = peerIdOf(signer.publicKey)
  if (record.peerId !== undefined && !equalBytes(record.peerId, peerId)) throw signerMismatch()
  const payload = encodePeerRecord({ ...record, peerId })
  return sealEnvelope({ domain: peerRecordDomain, payloadType: peerRecordPayloadType(), payload, signer }, options)
}

/**
 * Opens a signed peer record, whose signer must be the peer it is about.
 *
 * @param bytes - protobuf `Envelope`, at most `limit` bytes (8 KiB)
 * @throws RecordError `SIGNER_MISMATCH` when someone else signed it; the codes of `openEnvelope`; the codec's codes
 * @see libp2p RFC 0003
 */
export async function openPeerRecord(bytes: Uint8Array, options: OpenOptions = {}): Promise<OpenedPeerRecord> {
  const { payload, publicKey, author } = await openEnvelope(bytes, {
    limit: limits.peerRecord,
    ...options,
    domain: peerRecordDomain,
    payloadType: peerRecordPayloadType()
  })
  const record = decodePeerRecord(payload)
  if (!equalBytes(record.peerId, author)) throw signerMismatch()
  return { record, publicKey, author, bytes }
}

/**
 * The sequence of a peer's next record: the time, unless the last one was not before it.
 *
 * @param last - the sequence of the last one, if there was one
 * @param now - nanoseconds since the Unix epoch
 * @throws RecordError `SEQUENCE_EXHAUSTED` when nothing is left below 2^64; `INVALID_ARGUMENT`
 */
export function nextPeerRecordSequence(last: bigint | undefined, now: bigint): bigint {
  if (typeof now !== 'bigint' || now < 0n || (last !== undefined && typeof last !== 'bigint')) {
    throw new RecordError('INVALID_ARGUMENT', 'the last sequence and the time are bigints, the time not negative')
  }
  const next = last === undefined || now > last ? now : last + 1n
  if (next >= 1n << 64n)
    throw new RecordError('SEQUENCE_EXHAUSTED', `no sequence is left after ${last}; the last is 2^64 - 1`)
  return next
}

function signerMismatch(): RecordError<'SIGNER_MISMATCH'> {
  return new RecordError('SIGNER_MISMATCH', 'the peer record is about another peer than the one whose key signs it')
}
