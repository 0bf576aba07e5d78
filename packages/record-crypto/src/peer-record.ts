import { decodePeerRecord, encodePeerRecord, peerRecordDomain, peerRecordPayloadType } from '@recordkit/record-codec'
import type { PeerRecord } from '@recordkit/record-codec'
import { equalBytes, limits, RecordError, systemClock } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import type { OpenOptions } from './envelope.ts'
import type { Opened, SealOptions } from './opened.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import { signerOf } from './signer-of.ts'

/** The addresses of a peer. */
export interface PeerRecordContent {
  /** binary multiaddrs */
  readonly addresses: readonly Uint8Array[]
  /** must exceed the sequence of the last record. @default the current time in nanoseconds */
  readonly sequence?: bigint | undefined
  /** @default the peer ID of the signer, the only one that is accepted */
  readonly peerId?: PeerId | undefined
}

/**
 * Creates a signed peer record of the signer: the addresses at which it can be reached.
 *
 * @returns protobuf `Envelope`
 * @throws RecordError `INVALID_ARGUMENT`; `SIGNER_MISMATCH` when the record names another peer than the signer
 * @see libp2p RFC 0003
 * @example
 * ```ts
 * const value = await sealPeerRecord({ addresses: [multiaddr('/ip4/127.0.0.1/tcp/4001').bytes] }, { signer })
 * ```
 */
export async function sealPeerRecord(
  content: PeerRecordContent,
  options: SealOptions
): Promise<Uint8Array<ArrayBuffer>> {
  const peerId = peerIdFromPublicKey(signerOf(options).publicKey)
  if (content.peerId !== undefined && !equalBytes(content.peerId, peerId)) throw signerMismatch()
  const { addresses, sequence = systemClock() } = content
  const payload = encodePeerRecord({ peerId, addresses, sequence })
  return sealEnvelope({ domain: peerRecordDomain, payloadType: peerRecordPayloadType, payload }, options)
}

/**
 * Opens a signed peer record. Its signer must be the peer that it describes.
 *
 * @param value - protobuf `Envelope`, at most `limit` bytes (8 KiB)
 * @throws RecordError `SIGNER_MISMATCH` when another key signed it; the codes of `openEnvelope`; the codec's codes
 * @see libp2p RFC 0003
 * @example
 * ```ts
 * const { author, content } = await openPeerRecord(value)
 * console.log(peerIdToString(author), content.addresses.length)
 * ```
 */
export async function openPeerRecord(value: Uint8Array, options: OpenOptions = {}): Promise<Opened<PeerRecord>> {
  const opened = await openEnvelope(value, {
    ...options,
    limit: options.limit ?? limits.peerRecord,
    domain: peerRecordDomain,
    payloadType: peerRecordPayloadType
  })
  const content = decodePeerRecord(opened.content)
  if (!equalBytes(content.peerId, opened.author)) throw signerMismatch()
  return { ...opened, content }
}

/**
 * Returns the sequence of the next record of a peer: the current time, or one more than the last sequence when that is
 * later.
 *
 * @param last - the sequence of the last record, if there is one
 * @param now - nanoseconds since the Unix epoch
 * @throws RecordError `SEQUENCE_EXHAUSTED` when the result would be 2^64; `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const sequence = nextPeerRecordSequence(last, timeFromDate(new Date()))
 * ```
 */
export function nextPeerRecordSequence(last: bigint | undefined, now: bigint): bigint {
  if (typeof now !== 'bigint' || now < 0n || (last !== undefined && typeof last !== 'bigint')) {
    throw new RecordError('INVALID_ARGUMENT', 'last must be a bigint or undefined, and now a bigint of at least 0')
  }
  const next = last === undefined || now > last ? now : last + 1n
  if (next >= 1n << 64n) {
    throw new RecordError('SEQUENCE_EXHAUSTED', `the next sequence is ${next}; the largest is 2^64 - 1`)
  }
  return next
}

function signerMismatch(): RecordError<'SIGNER_MISMATCH'> {
  return new RecordError('SIGNER_MISMATCH', 'the peer record is of another peer than its signer')
}
