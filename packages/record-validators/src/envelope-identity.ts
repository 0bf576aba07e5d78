import { joinWithLengths } from '@recordkit/record-codec/internal'
import type { UnverifiedEnvelope } from '@recordkit/record-codec'

/**
 * What the identity of a record in an envelope is the hash of: domain, payload type, public key and payload, each after its
 * length. The signature is not part of it, because anyone can change an ECDSA signature into another valid one.
 */
export function envelopeIdentity(domain: string, envelope: UnverifiedEnvelope): Uint8Array {
  const { payloadType, publicKeyBytes, payload } = envelope
  return joinWithLengths([new TextEncoder().encode(domain), payloadType, publicKeyBytes, payload])
}
