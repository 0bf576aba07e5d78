import { decodePublicKey, encodePublicKey, decodePrivateKey } from '@recordkit/record-codec'
import { isRecordError } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'
import { hex, unhex } from './bytes.ts'
import { newKeyPair } from './own.ts'
import { type Peer, PeerRefused, PeerUnsupported } from './peer.ts'

/**
 * Where an implementation departs from the specification, known by name and looked at live each time: the day it is
 * mended, its cells run. Nothing else that fails is excused.
 */
interface Gap {
  readonly peer: string
  readonly type: KeyType
  readonly reason: string
  /** whether the implementation still departs */
  stands(peer: Peer): Promise<boolean>
}

async function refusesOurKey(peer: Peer, type: KeyType): Promise<boolean> {
  const pair = await newKeyPair(type)
  try {
    await peer.call('key.fromPublic', { bytes: { public: encodePublicKey(pair.publicKey) } })
    return false
  } catch (error) {
    if (error instanceof PeerRefused || error instanceof PeerUnsupported) return true
    throw error
  }
}

const gaps: readonly Gap[] = [
  {
    peer: 'js',
    type: 'ECDSA',
    reason:
      'js-libp2p has ECDSA public keys in a structure of its own and not the SPKI of the peer-id specification, and no ECDSA peer IDs',
    stands: (peer) => refusesOurKey(peer, 'ECDSA')
  },
  {
    peer: 'python',
    type: 'ECDSA',
    reason: 'py-libp2p has no ECDSA keys',
    stands: (peer) => refusesOurKey(peer, 'ECDSA')
  }
]

/** @throws PeerUnsupported when the implementation is known, and found again, to have no such keys */
export async function mustHave(peer: Peer, type: KeyType): Promise<void> {
  const gap = gaps.find((one) => one.peer === peer.name && one.type === type)
  if (gap !== undefined && (await gap.stands(peer))) throw new PeerUnsupported(gap.reason)
}

/** py-libp2p's Ed25519 private key is the bare seed, in the protobuf too. */
export function isBareSeed(peer: Peer, privateKey: Uint8Array): boolean {
  if (peer.name !== 'python' || !hex(privateKey).startsWith('08011220')) return false
  try {
    decodePrivateKey(privateKey)
    return false
  } catch (error) {
    return isRecordError(error, 'PRIVATE_KEY_INVALID')
  }
}

/** py-libp2p leaves the type out of an RSA key in an envelope, as proto3 does with a 0: Go and we refuse that. */
export function isKeyWithoutType(peer: Peer, type: KeyType, envelope: Uint8Array): boolean {
  if (peer.name !== 'python' || type !== 'RSA') return false
  // Envelope { PublicKey { Data …: the field of 294 bytes stands where the type should
  const key = hex(envelope).match(/^0aa902(?<key>12a602.*)$/u)?.groups?.['key']
  if (key === undefined) return false
  try {
    decodePublicKey(unhex(key).subarray(0, 297))
    return false
  } catch {
    return true
  }
}
