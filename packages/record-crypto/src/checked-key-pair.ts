import { isRecordError, RecordError } from '@recordkit/record-types'
import type { Algorithm, MaybePromise } from '@recordkit/record-types'
import { keyPairOf } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { peerIdFromPublicKey } from './peer-id.ts'
import type { SigningKey } from './platform/platform.ts'

/**
 * A key pair whose public half verifies what its private half signs: tried once, since a private key of RSA or ECDSA
 * can name any public half, and not every platform looks.
 *
 * @param data - of the private key
 * @param importKey - what it throws is about the key
 * @throws RecordError `PRIVATE_KEY_INVALID`
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
    throw new RecordError('PRIVATE_KEY_INVALID', `the platform refuses the ${type} private key`, { cause })
  }
  throw new RecordError('PRIVATE_KEY_INVALID', `the ${type} private key does not sign for its public half`)
}
