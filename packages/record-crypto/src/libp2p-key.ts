import type { PrivateKey } from '@recordkit/record-types'
import { decryptAes, derivePbkdf2, wrongPassphrase } from './pbes2.ts'
import type { Passphrase } from './passphrase.ts'
import { decodeProtobuf, requiredPassphrase } from './private-key-bytes.ts'

/**
 * Decrypts a key that a js-libp2p keychain encrypted as `libp2p-key`: a salt (16), a nonce (12), then the protobuf with AES-128-GCM.
 * The key is derived with PBKDF2, SHA-256 and 32,767 iterations.
 *
 * @throws RecordError `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, also when the bytes were changed
 */
export async function decryptLibp2pKey(
  bytes: Uint8Array<ArrayBuffer>,
  passphrase: Passphrase | undefined
): Promise<PrivateKey> {
  const kdf = { salt: bytes.slice(0, 16), iterations: 32_767, hash: 'SHA-256' }
  const key = await derivePbkdf2(requiredPassphrase(passphrase), kdf, 16)
  const decrypted = await decryptAes({ name: 'AES-GCM', iv: bytes.slice(16, 28) }, key, bytes.slice(28))
  if (decrypted === undefined) throw wrongPassphrase()
  return decodeProtobuf(decrypted)
}
