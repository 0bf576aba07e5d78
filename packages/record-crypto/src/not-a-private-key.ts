import { RecordError } from '@recordkit/record-types'

/**
 * Returns the error for something that is not a private key.
 *
 * @param found - names it, with an article
 */
export function notAPrivateKey<Code extends 'PRIVATE_KEY_INVALID' | 'INVALID_ARGUMENT'>(
  found: string,
  code: Code,
  cause?: unknown
): RecordError<Code> {
  const message = `found ${found}; a private key is expected: a libp2p PrivateKey, its protobuf, or PKCS#8, PKCS#1 or SEC 1, as PEM or DER`
  return new RecordError(code, message, { cause })
}
