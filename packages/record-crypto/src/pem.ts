import { equalBytes, RecordError } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import { fromBase64, toBase64 } from './base64.ts'
import { keyPairFromSeed } from './ed25519-key-pair.ts'
import { readPrivateKey } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { readPkcs8, writePkcs8 } from './private-key-info.ts'

/**
 * The private key of `pair` as PKCS#8 in PEM, which OpenSSL and most other tools read. Not encrypted.
 *
 * @see RFC 7468, section 10; RFC 5958
 */
export function exportPrivateKeyPem(pair: Pick<KeyPair, 'privateKey'>): string {
  const lines = toBase64(writePkcs8(readPrivateKey(pair.privateKey))).match(/.{1,64}/g) as string[]
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n')
}

/**
 * Reads a PKCS#8 private key of any of the four types from PEM. What makes a key pair of it: `keyPairFromPrivateKey` and
 * its like on the subpaths.
 *
 * @param text - one block `PRIVATE KEY`; what stands before and after it is skipped
 * @throws RecordError `PRIVATE_KEY_INVALID` for text without one, encrypted keys, and keys of no type that libp2p has
 */
export async function importPrivateKeyPem(text: string): Promise<PrivateKey> {
  if (typeof text !== 'string') throw new RecordError('INVALID_ARGUMENT', `PEM is text; got a ${typeof text}`)
  const [, body] = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(text) ?? []
  if (body === undefined) throw new RecordError('PRIVATE_KEY_INVALID', 'the text has no PEM block "PRIVATE KEY"')
  const { type, data, publicKey } = readPkcs8(decoded(body))
  if (type !== 'Ed25519') return readPrivateKey({ type, data })
  const { privateKey } = await keyPairFromSeed(data)
  if (publicKey !== undefined && !equalBytes(publicKey, privateKey.data.subarray(32))) {
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      'the public half of the Ed25519 private key does not belong to its seed'
    )
  }
  return privateKey
}

function decoded(body: string): Uint8Array {
  try {
    return fromBase64(body.replaceAll(/\s/g, ''))
  } catch (cause) {
    throw new RecordError('PRIVATE_KEY_INVALID', 'the PEM block "PRIVATE KEY" is not base64', { cause })
  }
}
