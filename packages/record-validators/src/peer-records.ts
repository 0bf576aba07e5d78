import {
  assertPeerId,
  decodePeerRecord,
  decodeUnverifiedEnvelope,
  envelopeSigningInput,
  joinRecordKey,
  peerRecordDomain,
  peerRecordPayloadType,
  splitRecordKey
} from '@recordkit/record-codec'
import type { PeerRecord, UnverifiedEnvelope } from '@recordkit/record-codec'
import { peerIdFromPublicKey, peerIdFromEncodedKey, verifySignature } from '@recordkit/record-crypto'
import { equalBytes, limits as defaultLimits } from '@recordkit/record-types'
import type { Namespace, NamespaceOptions } from '@recordkit/record-types'
import { sequenceIn, sequenceOrder } from './unsigned.ts'
import { envelopeIdentity } from './envelope-identity.ts'
import { limitsOf, verifyingOptions } from './options.ts'
import { refusalOf, reject } from './refusal.ts'

/** What a peer record is read into. */
export interface PeerRecordFields {
  readonly record: PeerRecord
  readonly envelope: UnverifiedEnvelope
}

/**
 * Signed peer records (libp2p RFC 0003) under `/name/` and the binary peer ID: the addresses of a peer, by that peer.
 * The key, the record's `peer_id` and the signer are the same peer. They carry no expiry: a higher `seq` replaces them.
 */
export function peerRecords(
  options: NamespaceOptions & { readonly name?: string | undefined } = {}
): Namespace<PeerRecordFields> & Required<Pick<Namespace, 'keyFor'>> {
  const name = options.name ?? 'peer'
  const limits = limitsOf(options.limits, defaultLimits.peerRecord)
  return {
    name,
    limits,

    parse(key, value) {
      try {
        const author = assertPeerId(splitRecordKey(key).path)
        const envelope = decodeUnverifiedEnvelope(value, { limit: limits.value, canonical: true })
        if (!equalBytes(envelope.payloadType, peerRecordPayloadType)) {
          return reject('ENVELOPE_PAYLOAD_TYPE', 'the envelope holds something else than a peer record')
        }
        const record = decodePeerRecord(envelope.payload)
        if (!equalBytes(record.peerId, author))
          return reject('KEY_MISMATCH', "the peer record is about another peer than the key's")
        const { sequence } = record
        return {
          key,
          value,
          order: sequenceOrder(sequence),
          signed: () => envelopeIdentity(peerRecordDomain, envelope),
          author,
          sequence,
          fields: { record, envelope }
        }
      } catch (error) {
        return refusalOf(error)
      }
    },

    async verify(unverified, context) {
      const { record, envelope } = unverified.fields
      const { publicKey, publicKeyBytes, payload, signature } = envelope
      if (!equalBytes(peerIdFromEncodedKey(publicKeyBytes), record.peerId)) {
        return reject('SIGNER_MISMATCH', 'a peer record is signed by the peer it is about; this one is by another')
      }
      const input = envelopeSigningInput(peerRecordDomain, peerRecordPayloadType, payload)
      if (await verifySignature(publicKey, input, signature, verifyingOptions(options, context)))
        return { status: 'accept' }
      return reject('SIGNATURE_INVALID', "the peer record's signature is not by its peer's key")
    },

    sequenceOf: (rank) => sequenceIn(rank),

    keyFor: (signer) => joinRecordKey(name, peerIdFromPublicKey(signer.publicKey))
  }
}
