import { checkAlgorithms } from '@recordkit/record-types/internal'
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
import { peerIdFromEncodedKey } from '@recordkit/record-crypto'
import { equalBytes, limits as defaultLimits } from '@recordkit/record-types'
import type { Namespace, NamespaceOptions } from '@recordkit/record-types'
import { orderFromSequence, sequenceFromRank } from './sequence-order.ts'
import { envelopeIdentity } from './envelope-identity.ts'
import { normalizeEnvelope } from './normalize-envelope.ts'
import { checkSignature, identityOfLarge } from './check-signature.ts'
import { checkNamespaceOptions, limitsOf, namespaceNames } from './options.ts'
import { peerIdPath } from './peer-id-path.ts'
import { ignore, ownerOrUndefined, refusalOf } from './refusal.ts'

/** The fields of a peer record. */
export interface PeerRecordFields {
  readonly record: PeerRecord
  readonly envelope: UnverifiedEnvelope
}

/**
 * The namespace of signed peer records (libp2p RFC 0003), `/peer/<binary peer ID>`: the addresses of a peer, signed by that
 * peer. The key, the `peer_id` of the record and the signer must be the same peer. The records do not expire; a higher `seq`
 * replaces them.
 *
 * @param options - `name`: the name of the namespace. @default 'peer'
 * @example
 * ```ts
 * const engine = new ValidationEngine([peerRecords()])
 * ```
 */
export function peerRecords(
  options: NamespaceOptions & { readonly name?: string | undefined } = {}
): Namespace<PeerRecordFields> & Required<Pick<Namespace, 'keyFor'>> {
  const { name = 'peer' } = options
  checkNamespaceOptions(name, options, { ...namespaceNames, name: 0 })
  checkAlgorithms(options.algorithms)
  const limits = limitsOf(options.limits, defaultLimits.peerRecord)
  return {
    name,
    limits,
    parsePath: peerIdPath,

    parse(key, value) {
      try {
        const author = assertPeerId(splitRecordKey(key).path)
        const envelope = decodeUnverifiedEnvelope(value, { limit: limits.value })
        if (!equalBytes(envelope.payloadType, peerRecordPayloadType)) {
          return ignore('ENVELOPE_PAYLOAD_TYPE', 'the payload type of the envelope is not that of a peer record')
        }
        const record = decodePeerRecord(envelope.payload)
        if (!equalBytes(record.peerId, author))
          return ignore('KEY_MISMATCH', 'the peer ID of the peer record is not that of its record key')
        const { sequence } = record
        return {
          key,
          value,
          order: orderFromSequence(sequence),
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
        return ignore('SIGNER_MISMATCH', 'the peer record is not signed by the peer that it is about')
      }
      const input = envelopeSigningInput(peerRecordDomain, peerRecordPayloadType, payload)
      const what = 'the signature of the peer record under the key of its peer'
      const identity = identityOfLarge(payload.length, () => envelopeIdentity(peerRecordDomain, envelope))
      const refused = await checkSignature({ publicKey, input, signature, identity, what }, options, context)
      return refused ?? { status: 'accept', identity }
    },

    normalize: ({ fields: { envelope } }) => normalizeEnvelope(envelope, options),

    sequenceOf: (rank) => sequenceFromRank(rank),

    keyFor: (author) => joinRecordKey(name, assertPeerId(author)),

    ownerOf: (key) => ownerOrUndefined(() => assertPeerId(splitRecordKey(key).path))
  }
}
