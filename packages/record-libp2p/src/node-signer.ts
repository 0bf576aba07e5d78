import type { PrivateKey } from '@libp2p/interface'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, KeyType, Signer } from '@recordkit/record-types'

const types: Readonly<Record<PrivateKey['type'], KeyType>> = {
  Ed25519: 'Ed25519',
  RSA: 'RSA',
  ECDSA: 'ECDSA',
  secp256k1: 'Secp256k1'
}

/**
 * A signer with the private key of a node.
 *
 * @throws RecordError `KEY_TYPE_UNKNOWN` for a key type that libp2p records do not have
 */
export function nodeSigner(privateKey: PrivateKey): Signer {
  const type = types[privateKey.type] as KeyType | undefined
  if (type === undefined) throw new RecordError('KEY_TYPE_UNKNOWN', `the node has a key of the type ${privateKey.type}`)
  return {
    publicKey: { type, data: privateKey.publicKey.raw },
    sign: (message: Uint8Array, { signal }: AbortOptions = {}) => privateKey.sign(message, signal && { signal })
  }
}
