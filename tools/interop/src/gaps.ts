import { decodePublicKey, encodePublicKey, decodePrivateKey } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'
import { hex, unhex } from './bytes.ts'
import { newKeyPair } from './own.ts'
import { type Implementation, OperationRefused, OperationUnsupported } from './implementation.ts'

/**
 * A known deviation of an implementation from the specification. It is checked in every run: once it is fixed, the cells run. No
 * other failure is excused.
 */
interface Gap {
  readonly implementation: string
  readonly type: KeyType
  readonly reason: string
  /** whether the implementation still deviates */
  exists(implementation: Implementation): Promise<boolean>
}

async function refusesOurKey(implementation: Implementation, type: KeyType): Promise<boolean> {
  const pair = await newKeyPair(type)
  try {
    await implementation.call('key.fromPublic', { bytes: { public: encodePublicKey(pair.publicKey) } })
    return false
  } catch (error) {
    if (error instanceof OperationRefused || error instanceof OperationUnsupported) return true
    throw error
  }
}

const gaps: readonly Gap[] = [
  {
    implementation: 'js',
    type: 'ECDSA',
    reason:
      'js-libp2p encodes ECDSA public keys in a structure of its own instead of the SPKI of the peer-id specification, and has no ECDSA peer IDs',
    exists: (implementation) => refusesOurKey(implementation, 'ECDSA')
  },
  {
    implementation: 'python',
    type: 'ECDSA',
    reason: 'py-libp2p has no ECDSA keys',
    exists: (implementation) => refusesOurKey(implementation, 'ECDSA')
  }
]

/** @throws OperationUnsupported when the implementation does not support the key type, by a known gap that still exists */
export async function mustHave(implementation: Implementation, type: KeyType): Promise<void> {
  const gap = gaps.find((one) => one.implementation === implementation.name && one.type === type)
  if (gap !== undefined && (await gap.exists(implementation))) throw new OperationUnsupported(gap.reason)
}

/** py-libp2p encodes an Ed25519 private key as the seed alone, also in the protobuf. */
export function isBareSeed(implementation: Implementation, privateKey: Uint8Array): boolean {
  if (implementation.name !== 'python' || !hex(privateKey).startsWith('08011220')) return false
  try {
    decodePrivateKey(privateKey)
    return false
  } catch (error) {
    return isRecordError(error, 'PRIVATE_KEY_INVALID')
  }
}

/** py-libp2p omits the type of an RSA key in an envelope, as proto3 does with a 0. Go and RecordKit refuse that. */
export function isKeyWithoutType(implementation: Implementation, type: KeyType, envelope: Uint8Array): boolean {
  if (implementation.name !== 'python' || type !== 'RSA') return false
  // Envelope { PublicKey { Data …: the field of 294 bytes is where the type should be
  const key = hex(envelope).match(/^0aa902(?<key>12a602.*)$/u)?.groups?.['key']
  if (key === undefined) return false
  try {
    decodePublicKey(unhex(key).subarray(0, 297))
    return false
  } catch {
    return true
  }
}
