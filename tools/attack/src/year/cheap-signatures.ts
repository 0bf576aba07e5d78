import { createHash } from 'node:crypto'
import type { Algorithm, Signer } from '@recordkit/record-types'

/** Signatures that anyone could forge, and that cost nothing: the simulation is about time. */
export const cheapSignatures: Algorithm = {
  type: 'Ed25519',
  verify: (publicKey, message, signature) => Buffer.compare(signatureOf(publicKey, message), signature) === 0
}

export function cheapSigner(seed: number): Signer {
  const data = new Uint8Array(createHash('sha256').update(`year ${seed}`).digest())
  return { publicKey: { type: 'Ed25519', data }, sign: (message) => signatureOf(data, message) }
}

function signatureOf(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(publicKey).update(message).digest())
}
