import { decodePrivateKey } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { PrivateKey } from '@recordkit/record-types'
import { algorithmMissing } from './algorithm-missing.ts'
import { ed25519Keys } from './ed25519-key-pair.ts'
import { checkPrivateKey } from './key-pair.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { decodePrivateKeyPem } from './private-key-pem.ts'

/** Options of {@link importPrivateKey}. */
export interface ImportPrivateKeyOptions {
  /**
   * `ed25519Keys`, and `rsaKeys`, `ecdsaKeys` and `secp256k1Keys` of the subpaths of this package.
   * @default [ed25519Keys]
   */
  readonly algorithms?: readonly KeyPairAlgorithm[] | undefined
}

/**
 * Imports a private key.
 *
 * @param key - a libp2p `PrivateKey`, its protobuf, or PEM text with one unencrypted PKCS#8 block `PRIVATE KEY`; copied
 * @throws RecordError `PRIVATE_KEY_INVALID` when its parts do not belong together or the text has no such block;
 * `ALGORITHM_MISSING`, naming the subpath, for a key type that is not among `algorithms`; the codes of record-codec for
 * malformed bytes
 * @example
 * ```ts
 * import { importPrivateKey } from '@recordkit/record-crypto'
 * import { rsaKeys } from '@recordkit/record-crypto/rsa'
 *
 * const signer = await importPrivateKey(pem, { algorithms: [rsaKeys] })
 * ```
 */
export async function importPrivateKey(
  key: PrivateKey | Uint8Array | string,
  { algorithms = [ed25519Keys] }: ImportPrivateKeyOptions = {}
): Promise<KeyPair> {
  const { type, data } = decode(key)
  const algorithm = algorithms.find((candidate) => candidate.type === type)
  if (algorithm === undefined) throw algorithmMissing(type, 'Keys')
  return algorithm.keyPair(new Uint8Array(data))
}

function decode(key: PrivateKey | Uint8Array | string): PrivateKey {
  if (typeof key === 'string') return decodePrivateKeyPem(key)
  if (key instanceof Uint8Array) return decodePrivateKey(key)
  if (key !== null && typeof key === 'object') return checkPrivateKey(key)
  throw new RecordError(
    'INVALID_ARGUMENT',
    `the private key is ${key === null ? 'null' : typeof key}; a PrivateKey, its protobuf or PEM text is expected`
  )
}
