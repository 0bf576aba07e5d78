import { concat } from '@recordkit/record-codec/internal'
import { RecordError } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import { fromBase64 } from './base64.ts'
import { checkPrivateKey } from './key-pair.ts'
import { readPkcs8 } from './private-key-info.ts'

/**
 * Decodes a PKCS#8 private key from PEM. Text before and after the block is skipped. The data of an Ed25519 key is its
 * seed, followed by the public half when the block contains one.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID` for text without a block `PRIVATE KEY`, encrypted keys, and other key types
 */
export function decodePrivateKeyPem(text: string): PrivateKey {
  const [, body] = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(text) ?? []
  if (body === undefined) throw new RecordError('PRIVATE_KEY_INVALID', 'the text has no PEM block "PRIVATE KEY"')
  const { type, data, publicKey } = readPkcs8(decodeBase64(body))
  if (type !== 'Ed25519') return checkPrivateKey({ type, data })
  if (publicKey === undefined) return { type, data }
  if (publicKey.length !== 32) {
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      `the public half of the Ed25519 key is ${publicKey.length} bytes, not 32`
    )
  }
  return { type, data: concat(data, publicKey) }
}

function decodeBase64(body: string): Uint8Array {
  try {
    return fromBase64(body.replaceAll(/\s/g, ''))
  } catch (cause) {
    throw new RecordError('PRIVATE_KEY_INVALID', 'the PEM block "PRIVATE KEY" is not base64', { cause })
  }
}
