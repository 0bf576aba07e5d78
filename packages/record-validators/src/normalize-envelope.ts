import { encodeEnvelope } from '@recordkit/record-codec'
import type { UnverifiedEnvelope } from '@recordkit/record-codec'
import { normalizeSignature } from '@recordkit/record-crypto'
import type { NamespaceOptions } from '@recordkit/record-types'

/** The normal form of a verified envelope. Its payload stays as it was signed. */
export function normalizeEnvelope(envelope: UnverifiedEnvelope, { algorithms }: NamespaceOptions): Uint8Array {
  const signature = normalizeSignature(envelope.publicKey, envelope.signature, algorithms)
  return encodeEnvelope({ ...envelope, signature })
}
