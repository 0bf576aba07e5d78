import { isRecordError, RecordError } from '@recordkit/record-types'
import type { Algorithm, MaybePromise } from '@recordkit/record-types'
import { keyPairOf } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import type { SigningKey } from './platform/platform.ts'

/**
 * Returns a key pair after testing that its public half verifies what its private half signs. A private key of RSA or
 * ECDSA can contain any public half, and not every platform checks it.
 *
 * @param data - of the private key
 * @param importKey - throws when the key is invalid
 * @throws RecordError `PRIVATE_KEY_INVALID`; a RecordError that `importKey` throws is thrown unchanged
 */
export async function checkedKeyPair(
  algorithm: Algorithm,
  data: Uint8Array,
  importKey: () => MaybePromise<SigningKey>
): Promise<KeyPair> {
  const { type } = algorithm
  try {
    const key = await importKey()
    const publicKey = { type, data: key.publicKey }
    const pair = keyPairOf(publicKey, peerIdFromPublicKey(publicKey), { type, data }, (message) => key.sign(message))
    const probe = new Uint8Array(1)
    if (await algorithm.verify(key.publicKey, probe, await key.sign(probe))) return pair
  } catch (cause) {
    if (isRecordError(cause)) throw cause
    throw new RecordError('PRIVATE_KEY_INVALID', `the platform refused to import the ${type} private key`, { cause })
  }
  throw new RecordError(
    'PRIVATE_KEY_INVALID',
    `the public half of the ${type} private key does not belong to its private half`
  )
}
