import { decodePublicKey, encodePublicKey } from '@recordkit/record-codec'
import { importPrivateKey, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { isRecordError } from '@recordkit/record-types'
import { keyAlgorithms } from './algorithms.ts'
import { base64 } from './text.ts'
import type { Inspection } from './inspection.ts'
import { accepted, peerFields, unverified } from './inspection.ts'

/** Explains a public key in the encoding of libp2p. @throws RecordError the codes of `decodePublicKey` */
export function inspectPublicKey(bytes: Uint8Array): Inspection {
  const key = decodePublicKey(bytes)
  return {
    kind: 'public-key',
    type: key.type,
    ...peerFields(peerIdFromPublicKey(key)),
    data: base64(key.data),
    size: bytes.length,
    ...accepted
  }
}

/** Explains a private key in any form, without showing it. @throws RecordError the codes of `importPrivateKey` */
export async function inspectPrivateKey(bytes: Uint8Array): Promise<Inspection> {
  try {
    const { publicKey, peerId } = await importPrivateKey(bytes, { algorithms: keyAlgorithms })
    return {
      kind: 'private-key',
      type: publicKey.type,
      ...peerFields(peerId),
      encrypted: false,
      publicKey: base64(encodePublicKey(publicKey)),
      size: bytes.length,
      ...accepted
    }
  } catch (error) {
    if (!isRecordError(error, 'PASSPHRASE_MISSING')) throw error
    const named = /^Peer ID: (\S{1,80})$/m.exec(new TextDecoder().decode(bytes))?.[1]
    return {
      kind: 'private-key',
      peerId: named ?? null,
      encrypted: true,
      size: bytes.length,
      ...unverified('PASSPHRASE_MISSING', 'the key is encrypted; importing it needs its passphrase')
    }
  }
}
