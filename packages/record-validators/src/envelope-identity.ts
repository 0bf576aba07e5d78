import { encodeUvarint } from '@recordkit/record-codec'
import type { UnverifiedEnvelope } from '@recordkit/record-codec'

/**
 * What the identity of a record in an envelope is the hash of: domain, payload type, public key and payload, each after its
 * length. The signature is not part of it, because anyone can change an ECDSA signature into another valid one.
 */
export function envelopeIdentity(domain: string, envelope: UnverifiedEnvelope): Uint8Array {
  const { payloadType, publicKeyBytes, payload } = envelope
  const parts = [new TextEncoder().encode(domain), payloadType, publicKeyBytes, payload].flatMap((part) => [
    encodeUvarint(BigInt(part.length)),
    part
  ])
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
